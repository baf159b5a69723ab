// What a pixel of the picture is made of: the surface in front and the one behind it, and how much of the pixel is the one in front. One word
// holds the parallax of the one that has the greater share (16 bits, in units), the way to the other one (9 bits, in 128 units) and the share
// (7 bits); where there is one surface only, the parallax alone. How many pixels a unit is the kernels are told.
// Twin: src/stage/stereo/surfaces.rs.

struct Surfaces {
    float near; // parallax in pixels
    float far;
    float share; // of the one in front
};

// Pixels in a row that are looked at together.
const int RUN = 8;
// Surfaces that are nearer to each other than this, in pixels, are one.
const float APART = 1.0;
// A smaller share is nothing, and as much short of one is all.
const float NOTHING = 0.04;
// The parallax of what is not there.
const float ABSENT = 1e9;
// This share says that neither surface is seen clean here.
const float RIM = 0.02;

// Units of parallax in one of the way to the other surface, the most of those, and the steps of a share.
const float STEP = 128.0, FARTHEST = 511.0, SHARES = 127.0;

// The parts of a word; signed, as software drivers take long to make floats of others.
int parallax_in(uint word) {
    return int(word << 16) >> 16;
}

int way_in(uint word) {
    return int(word >> 16 & 0x1ffu);
}

int share_in(uint word) {
    return int(word >> 25);
}

// Ways from here on are between two surfaces.
int apart(float unit) {
    return int(ceil(APART / (unit * STEP)));
}

// Of one surface.
uint packed(float parallax, float unit) {
    return uint(int(round(parallax * (1.0 / unit)))) & 0xffffu;
}

uint packed(float near, float far, float share, float unit) {
    float way = min(round((far - near) * (1.0 / (unit * STEP))), FARTHEST);
    float part = round(share * SHARES);
    float parallax = part < 0.5 * SHARES ? far : near;
    return packed(parallax, unit) | uint(int(way)) << 16 | (way > 0.0 ? uint(int(part)) << 25 : 0u);
}

Surfaces unpacked(uint word, float unit) {
    float parallax = float(parallax_in(word)) * unit, way = float(way_in(word)) * (unit * STEP);
    float share = way > 0.0 ? float(share_in(word)) * (1.0 / SHARES) : 1.0;
    bool front = share >= 0.5;
    return Surfaces(front ? parallax : parallax - way, front ? parallax + way : parallax, share);
}

bool is_single(Surfaces both) {
    return both.far - both.near < APART;
}

// Whether what is behind can be seen at a pixel.
bool is_bare(Surfaces both) {
    return both.share < 0.5 * RIM || is_single(both);
}
