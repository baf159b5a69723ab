// What a viewer turns: an eye's picture in other colours, and which part of it is seen where, with black around it.
// Twin: src/sink/adjust.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable
layout(local_size_x = 32, local_size_y = 4) in;

layout(constant_id = 0) const int ACROSS = 0; // pixels that the filter takes
layout(constant_id = 1) const int DOWN = 0;
#include "triangle.glsl"

layout(set = 0, binding = 0) uniform sampler2D eye;
layout(set = 0, binding = 1, rgba8) uniform writeonly image2D result;

layout(push_constant) uniform Push {
    ivec2 size;      // of the result
    ivec2 eye;       // of the eye's picture
    vec2 origin;     // the result's upper left corner, in the eye's pixels
    vec2 step;       // the eye's pixels in one of the result
    float matrix[9]; // rows R, G, B
    float offset;
    float exponent;
} push;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    vec2 at = push.origin + (vec2(here) + 0.5) * push.step;
    vec3 colour = vec3(0.0);
    if (all(greaterThanEqual(at, vec2(0.0))) && all(lessThan(at, vec2(push.eye)))) {
        vec3 read = read_triangle(eye, at - 0.5, push.step, ivec2(0), push.eye - 1);
        for (int row = 0; row < 3; row++) {
            int m = row * 3;
            colour[row] = push.matrix[m] * read.r + push.matrix[m + 1] * read.g + push.matrix[m + 2] * read.b + push.offset;
        }
        colour = pow(clamp(colour, 0.0, 1.0), vec3(push.exponent));
    }
    imageStore(result, here, vec4(colour, 1.0));
}
