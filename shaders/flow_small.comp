// The guide at a quarter of its size, each texel the mean brightness of 4×4 pixels, packed with its right, its lower and its diagonal neighbour.
// Twin: src/stage/flow/reference.rs.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer guide;
layout(set = 0, binding = 1, rgba8ui) uniform writeonly uimageBuffer small;

layout(push_constant) uniform Push {
    ivec2 size;  // of the guide
    ivec2 cells; // of the result: a quarter, rounded up
    int base;
    int small_base;
} push;

uint four(ivec2 place) {
    place = min(place, push.size - 1);
    uvec4 texel = texelFetch(guide, push.base + place.y * push.size.x + place.x);
    return texel.x + texel.y + texel.z + texel.w;
}

uint mean(ivec2 cell) {
    ivec2 place = min(cell, push.cells - 1) * 4;
    return (four(place) + four(place + ivec2(1, 0)) + four(place + ivec2(0, 1)) + four(place + ivec2(1, 1)) + 8u) / 16u;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.cells))) {
        return;
    }
    uvec4 result = uvec4(mean(here), mean(here + ivec2(1, 0)), mean(here + ivec2(0, 1)), mean(here + ivec2(1, 1)));
    imageStore(small, push.small_base + here.y * push.cells.x + here.x, result);
}
