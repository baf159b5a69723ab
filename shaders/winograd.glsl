// What both ends of a convolution by Winograd share.
layout(constant_id = 1) const int TILE = 4; // pixels across an output tile: 4 or 2
const int SIDE = TILE + 2;
