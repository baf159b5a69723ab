// Cleans the shares of what is in front: narrow gaps in it close, specks of it go; and what lies behind right beside a silhouette counts as
// not seen, as lenses, scaling, sharpening and compression leave a rim of what is in front in it.
// Twin: src/stage/stereo/reference/.
#version 460
#include "surfaces.glsl"

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform samplerBuffer parallax;
layout(set = 0, binding = 1) uniform usamplerBuffer layer;
layout(set = 0, binding = 2, r32f) uniform writeonly imageBuffer parallax_result;
layout(set = 0, binding = 3, r32ui) uniform writeonly uimageBuffer layer_result;

layout(push_constant) uniform Push {
    ivec2 size;
    int rim; // pixels
} push;

// What is in front is no more than a speck if both ways it ends within so many pixels to each side.
const int ISLAND = 2;

uint word(ivec2 place) {
    place = clamp(place, ivec2(0), push.size - 1);
    return texelFetch(layer, place.y * push.size.x + place.x).r;
}

bool layered(uint word) {
    return (word & 0xffffu) >= uint(APART * 256.0);
}

bool is_front(uint word) {
    return (word >> 31) != 0u;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    int index = here.y * push.size.x + here.x;
    float p = texelFetch(parallax, index).r;
    uint own = texelFetch(layer, index).r;
    Surfaces both = unpacked(p, own);
    bool front = both.share >= 0.5;
    // How far it is to a pixel of the other surface, to each side.
    ivec4 found = ivec4(push.rim + 1);
    for (int i = layered(own) ? push.rim : 0; i >= 1; i--) {
        for (int way = 0; way < 4; way++) {
            uint other = word(here + i * (way < 2 ? ivec2(2 * way - 1, 0) : ivec2(0, 2 * way - 5)));
            found[way] = layered(other) && is_front(other) != front ? i : found[way];
        }
    }
    if (layered(own)) {
        bvec4 close = lessThanEqual(found, ivec4(push.rim));
        if (!front && ((close.x && close.y) || (close.z && close.w))) {
            both.share = 1.0;
        } else if (front && all(lessThanEqual(found, ivec4(min(ISLAND, push.rim))))) {
            both.share = 0.0;
        } else if (both.share < NOTHING) {
            // Along the row only: nothing comes to light above or below.
            both.share = close.x || close.y ? RIM : 0.0;
        }
        p = both.share >= 0.5 ? both.near : both.far;
        own = packed(both.far - both.near, both.share);
    } else {
        own = packed(0.0, 1.0); // what is one surface lies where most of it is
    }
    imageStore(parallax_result, index, vec4(p));
    imageStore(layer_result, index, uvec4(own));
}
