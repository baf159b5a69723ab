// Where each 8×8 pixels of a frame are in its neighbour, to four pixels: all places within 16 pixels are tried. Both ways at once (z).
// Twin: src/stage/flow/reference.rs.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer small;
layout(set = 0, binding = 1, rgba32i) uniform writeonly iimageBuffer coarse;

layout(push_constant) uniform Push {
    ivec2 cells;  // of the small guide
    ivec2 blocks; // of the result: half of that, rounded up
    int bases[2]; // this frame and the one before
} push;

const int REACH = 4;
// A cell of movement must pay by so much brightness, summed over 16 cells, so that plain places rest.
const int REST = 8;

ivec4 at(int base, ivec2 place) {
    place = clamp(place, ivec2(0), push.cells - 1);
    return ivec4(texelFetch(small, base + place.y * push.cells.x + place.x));
}

int apart(ivec4 one, ivec4 other) {
    ivec4 d = abs(one - other);
    return d.x + d.y + d.z + d.w;
}

void main() {
    ivec3 here = ivec3(gl_GlobalInvocationID);
    if (any(greaterThanEqual(here.xy, push.blocks))) {
        return;
    }
    int from = push.bases[here.z], to = push.bases[1 - here.z];
    ivec2 corner = here.xy * 2 - 1;
    ivec4 own0 = at(from, corner), own1 = at(from, corner + ivec2(2, 0));
    ivec4 own2 = at(from, corner + ivec2(0, 2)), own3 = at(from, corner + ivec2(2, 2));
    int best = 1 << 30;
    ivec2 vector = ivec2(0);
    for (int y = -REACH; y <= REACH; y++) {
        for (int x = -REACH; x <= REACH; x++) {
            ivec2 place = corner + ivec2(x, y);
            int cost = apart(own0, at(to, place)) + apart(own1, at(to, place + ivec2(2, 0)))
                + apart(own2, at(to, place + ivec2(0, 2))) + apart(own3, at(to, place + ivec2(2, 2)))
                + REST * (abs(x) + abs(y));
            bool better = cost < best;
            best = better ? cost : best;
            vector = better ? ivec2(x, y) : vector;
        }
    }
    imageStore(coarse, (here.z * push.blocks.y + here.y) * push.blocks.x + here.x, ivec4(vector * 4, best, 0));
}
