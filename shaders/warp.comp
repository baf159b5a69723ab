// Both eyes' pictures where all that may land on a pixel is one even surface: a step or two lead to where it comes from. The runs of which that is
// not true are made anew by `warp_edges`.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform isamplerBuffer surfaces; // their parallax alone
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D left_eye;
layout(set = 0, binding = 3, rgba8) uniform writeonly image2D right_eye;

layout(push_constant) uniform Push {
    ivec2 size;
    vec2 shares; // of the parallax that each eye takes
    float unit;  // pixels
} push;

// Where only the right eye is made, it takes all of the parallax, and one more step.
layout(constant_id = 0) const bool BOTH = true;
#include "colour_at.glsl"

// How far what is at x is moved.
float shift_at(int x, int row, float share) {
    return share * push.unit * float(texelFetch(surfaces, row + x).r);
}

// What is seen by the eye that takes `share`.
vec4 seen(ivec2 here, float share) {
    int row = here.y * push.size.x, last = push.size.x - 1;
    int left = clamp(int(round(float(here.x) - shift_at(here.x, row, share))), 0, last);
    if (!BOTH) {
        left = clamp(int(round(float(here.x) - shift_at(left, row, share))), 0, last);
    }
    // As even as the surface is, it goes on as between these two, a pixel to each side.
    float shift = shift_at(left, row, share), next = shift_at(min(left + 1, last), row, share);
    float from = float(left) + (float(here.x - left) - shift) / max(1.0 + next - shift, 0.25);
    return vec4(colour_at(from, here.y), 1.0);
}

// Pixels in a row that a lane makes: software drivers take long to begin one.
const int TOGETHER = 4;

void main() {
    ivec2 begin = ivec2(gl_GlobalInvocationID.xy) * ivec2(TOGETHER, 1);
    if (begin.x >= push.size.x) {
        return;
    }
    [[unroll]] for (int i = 0; i < TOGETHER; i++) {
        ivec2 here = ivec2(min(begin.x + i, push.size.x - 1), begin.y);
        if (BOTH) {
            imageStore(left_eye, here, seen(here, push.shares.x));
        }
        imageStore(right_eye, here, seen(here, push.shares.y));
    }
}
