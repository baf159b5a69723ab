// Two eyes become one picture, in any layout and size: what shaders/compose.comp and shaders/overlay.comp have in common.
#extension GL_EXT_control_flow_attributes : enable

// Constants and not pushed, because CPU drivers run both sides of every branch that they cannot leave out.
layout(constant_id = 0) const int ARRANGEMENT = 0; // as enum Arrangement
layout(constant_id = 1) const uint EXACT = 0;      // each eye is shown at its own size
layout(constant_id = 2) const int ACROSS = 0;      // pixels that the filter takes
layout(constant_id = 3) const int DOWN = 0;
#include "triangle.glsl"

layout(set = 0, binding = 0) uniform sampler2D left_eye;
layout(set = 0, binding = 1) uniform sampler2D right_eye;
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D result;

vec3 read_eye(int eye, ivec2 place, ivec2 area, ivec2 eye_size) {
    if (EXACT == 1) {
        return eye == 0 ? texelFetch(left_eye, place, 0).rgb : texelFetch(right_eye, place, 0).rgb;
    }
    vec2 step = vec2(eye_size) / vec2(area);
    vec2 from = (vec2(place) + 0.5) * step - 0.5;
    if (eye == 0) {
        return read_triangle(left_eye, from, step, ivec2(0), eye_size - 1);
    }
    return read_triangle(right_eye, from, step, ivec2(0), eye_size - 1);
}

vec3 mixed(float mixing[18], vec3 l, vec3 r) {
    vec3 colour;
    for (int row = 0; row < 3; row++) {
        int m = row * 6;
        colour[row] = mixing[m] * l.r + mixing[m + 1] * l.g + mixing[m + 2] * l.b
            + mixing[m + 3] * r.r + mixing[m + 4] * r.g + mixing[m + 5] * r.b;
    }
    return clamp(colour, 0.0, 1.0);
}
