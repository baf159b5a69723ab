// Where each 4×4 pixels of a frame are in its neighbour, to a pixel: the coarse movements around are tried, then places near the best of them.
// Blocks of 8×8 pixels around it are compared. Both ways at once (z). Of each: columns, rows, cost (0 to 4080: the sum over 16 pixels).
// Twin: src/stage/flow/reference.rs.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer guide;
layout(set = 0, binding = 1) uniform isamplerBuffer coarse;
layout(set = 0, binding = 2, rgba32i) uniform writeonly iimageBuffer flow;

layout(push_constant) uniform Push {
    ivec2 size;   // of the guide
    ivec2 blocks; // of the result: a quarter, rounded up
    ivec2 coarse_blocks;
    int bases[2]; // this frame and the one before
    int flow_base;
} push;

// A pixel of movement must pay by so much, summed over 16 pixels.
const int REST = 2;

ivec4 at(int base, ivec2 place) {
    place = clamp(place, ivec2(0), push.size - 1);
    return ivec4(texelFetch(guide, base + place.y * push.size.x + place.x));
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
    // Pixels −2, 0, 2 and 4 of the block's own four: evenly around it.
    ivec2 corner = here.xy * 4 - 2;
    ivec4 own0 = at(from, corner), own1 = at(from, corner + ivec2(4, 0));
    ivec4 own2 = at(from, corner + ivec2(0, 4)), own3 = at(from, corner + ivec2(4, 4));
    int best = 1 << 30;
    ivec2 vector = ivec2(0);
    // 0: rest; 1 to 5: the coarse movements here, beside, above or below, across, and on the other side; then two rounds of eight around the best.
    ivec2 side = (here.xy & 1) * 2 - 1;
    ivec2 middle = ivec2(0);
    for (int candidate = 0; candidate < 22; candidate++) {
        ivec2 tried = ivec2(0);
        if (candidate >= 6) {
            int number = candidate - (candidate < 14 ? 6 : 14);
            number += number >= 4 ? 1 : 0;
            middle = candidate == 6 || candidate == 14 ? vector : middle;
            tried = middle + (ivec2(number % 3, number / 3) - 1) * (candidate < 14 ? 2 : 1);
        } else if (candidate > 0) {
            ivec2 around = candidate == 1 ? ivec2(0)
                : candidate == 2 ? ivec2(side.x, 0)
                : candidate == 3 ? ivec2(0, side.y)
                : candidate == 4 ? side
                : -side;
            ivec2 block = clamp(here.xy / 2 + around, ivec2(0), push.coarse_blocks - 1);
            tried = texelFetch(coarse, (here.z * push.coarse_blocks.y + block.y) * push.coarse_blocks.x + block.x).xy;
        }
        ivec2 place = corner + tried;
        int cost = apart(own0, at(to, place)) + apart(own1, at(to, place + ivec2(4, 0)))
            + apart(own2, at(to, place + ivec2(0, 4))) + apart(own3, at(to, place + ivec2(4, 4)))
            + REST * (abs(tried.x) + abs(tried.y));
        bool better = cost < best;
        best = better ? cost : best;
        vector = better ? tried : vector;
    }
    imageStore(flow, push.flow_base + (here.z * push.blocks.y + here.y) * push.blocks.x + here.x, ivec4(vector, best, 0));
}
