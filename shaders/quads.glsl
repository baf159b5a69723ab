// How kernels whose lanes make neighbouring channel quads of the same pixels find their work and store it. Wants `push.quads`, quads of a pixel, and on
// software drivers subgroup.glsl's `push.spare` and `push.digits`.
#ifdef STORAGE
#define STORE_QUADS(buffer, pixel, exists, value) if ((exists) != 0) buffer[(pixel) * push.quads + quad] = STORED(value);

// The quad and the number of the tile that this lane makes.
ivec2 quad_and_tile() {
    int index = lane();
    return ivec2(index % push.quads, index / push.quads);
}
#else
#include "subgroup.glsl"

// A workgroup makes one tile of the quads from this one on.
int first_quad = same_for_all(int(gl_WorkGroupID.x)) * LANES;

// The first that each lane stores is its own number, where both exist.
#define STORE_QUADS(buffer, pixel, exists, value)                                                                       \
    {                                                                                                                  \
        int at = place_or((pixel) * push.quads + first_quad, push.spare, exists);                                      \
        [[unroll]] for (int to = 0; to < LANES; to++) {                                                                \
            buffer[place_or(at + to, push.spare, int(first_quad + to < push.quads))] = subgroupShuffle(value, to);     \
        }                                                                                                              \
    }

ivec2 quad_and_tile() {
    int tile = same_for_all(int(gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y));
    return ivec2(min(first_quad + int(gl_SubgroupInvocationID), push.quads - 1), tile);
}
#endif
