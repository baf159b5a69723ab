// Brightness of the network's input, 0 to 255, packed for matching: each texel holds that of its own pixel and of those two to the right, two down,
// and both, so that four fetches see a block of 8×8 pixels.
// Twin: src/stage/flow/reference.rs.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(constant_id = 0) const float weight0 = 0; // brightness = Σ weight · channel + offset
layout(constant_id = 1) const float weight1 = 0;
layout(constant_id = 2) const float weight2 = 0;
layout(constant_id = 3) const float offset = 0;

layout(set = 0, binding = 0) uniform samplerBuffer source; // the network's input
layout(set = 0, binding = 1, rgba8ui) uniform writeonly uimageBuffer guide;

layout(push_constant) uniform Push {
    ivec2 size;
    int base; // where this frame's texels begin
} push;

uint at(ivec2 place) {
    place = min(place, push.size - 1);
    vec3 colour = texelFetch(source, place.y * push.size.x + place.x).rgb;
    return uint(clamp(dot(colour, vec3(weight0, weight1, weight2)) + offset, 0.0, 255.0) + 0.5);
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    uvec4 four = uvec4(at(here), at(here + ivec2(2, 0)), at(here + ivec2(0, 2)), at(here + ivec2(2, 2)));
    imageStore(guide, push.base + here.y * push.size.x + here.x, four);
}
