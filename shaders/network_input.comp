// The picture made small for the network: W×H texels (first, second, third channel, 0), row by row.
// Twin: src/stage/input.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 8, local_size_y = 8) in;

layout(constant_id = 0) const uint reversed = 0; // channels B, G, R
layout(constant_id = 1) const uint antialias = 1; // 0: plain bilinear, rounded to 8 bits
layout(constant_id = 2) const float mean0 = 0;   // result = (v · 255 − mean) · scale
layout(constant_id = 3) const float mean1 = 0;
layout(constant_id = 4) const float mean2 = 0;
layout(constant_id = 5) const float scale0 = 1;
layout(constant_id = 6) const float scale1 = 1;
layout(constant_id = 7) const float scale2 = 1;
layout(constant_id = 8) const int ACROSS = 0; // pixels that the filter takes
layout(constant_id = 9) const int DOWN = 0;
#include "triangle.glsl"

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1, rgba32f) uniform writeonly imageBuffer result;

layout(push_constant) uniform Push {
    ivec2 corner; // of what is seen of the picture
    ivec2 from;   // its size
    ivec2 to;
} push;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.to))) {
        return;
    }
    vec2 step = vec2(push.from) / vec2(push.to);
    ivec2 first = push.corner, last = push.corner + push.from - 1;
    vec2 from = vec2(first) + (vec2(here) + 0.5) * step - 0.5;
    vec3 value;
    if (antialias == 1u) {
        value = 255.0 * read_triangle(picture, from, step, first, last);
    } else {
        value = round(255.0 * read_triangle(picture, clamp(from, vec2(first), vec2(last)), vec2(1.0), first, last));
    }
    value = reversed == 1u ? value.bgr : value;
    value = (value - vec3(mean0, mean1, mean2)) * vec3(scale0, scale1, scale2);
    imageStore(result, here.y * push.to.x + here.x, vec4(value, 0.0));
}
