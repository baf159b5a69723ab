// Cleans the shares of what is in front: narrow gaps in it close, specks of it go; and what lies behind right beside a silhouette counts as
// not seen, as lenses, scaling, sharpening and compression leave a rim of what is in front in it. The result is kept entry by entry for `settle`.
// Twin: src/stage/stereo/reference/.
#version 460
#include "surfaces.glsl"
#include "lists.glsl"

layout(local_size_x = 128) in;

layout(set = 0, binding = 0) uniform usamplerBuffer surfaces;
layout(set = 0, binding = 1) readonly buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 2) uniform usamplerBuffer edges;
layout(set = 0, binding = 3, r32ui) uniform writeonly uimageBuffer trimmed;

layout(push_constant) uniform Push {
    ivec2 size;
    int rim; // pixels
    float unit;
} push;

// What is in front is no more than a speck if both ways it ends within so many pixels to each side.
const int ISLAND = 2;

// Whether a word is of two surfaces, and which of them has the greater share.
bool is_layered(uint word) {
    return way_in(word) >= apart(push.unit);
}

bool is_front(uint word) {
    return word >> 31 != 0u;
}

uint word_at(ivec2 place) {
    place = clamp(place, ivec2(0), push.size - 1);
    return texelFetch(surfaces, place.y * push.size.x + place.x).r;
}

void main() {
    uint count = lists[0].w * uint(RUN);
    for (uint lane = gl_GlobalInvocationID.x; lane < count; lane += LANES * gl_NumWorkGroups.x) {
        ivec2 run = place_of(texelFetch(edges, int(lane / uint(RUN))).r);
        ivec2 here = ivec2(min(run.x * RUN + int(lane % uint(RUN)), push.size.x - 1), run.y);
        uint own = word_at(here);
        Surfaces both = unpacked(own, push.unit);
        bool layered = is_layered(own), front = is_front(own);
        // How far it is to a pixel of the other surface, to each side.
        ivec4 found = ivec4(push.rim + 1);
        for (int i = layered ? push.rim : 0; i >= 1; i--) {
            for (int way = 0; way < 4; way++) {
                uint other = word_at(here + i * (way < 2 ? ivec2(2 * way - 1, 0) : ivec2(0, 2 * way - 5)));
                found[way] = is_layered(other) && is_front(other) != front ? i : found[way];
            }
        }
        bvec4 close = lessThanEqual(found, ivec4(push.rim));
        if (!layered) {
            // What is one surface lies where most of it is.
            float p = both.share >= 0.5 ? both.near : both.far;
            both = Surfaces(p, p, 1.0);
        } else if (!front && ((close.x && close.y) || (close.z && close.w))) {
            both.share = 1.0;
        } else if (front && all(lessThanEqual(found, ivec4(min(ISLAND, push.rim))))) {
            both.share = 0.0;
        } else if (both.share < NOTHING) {
            // Along the row only: nothing comes to light above or below.
            both.share = close.x || close.y ? RIM : 0.0;
        }
        imageStore(trimmed, int(lane), uvec4(packed(both.near, both.far, both.share, push.unit)));
    }
}
