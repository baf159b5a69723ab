// Two eyes become one picture, in any layout and size, with black around it.
// Twin: src/sink/compose.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 32, local_size_y = 4) in;

// Constants and not pushed, because CPU drivers run both sides of every branch that they cannot leave out.
layout(constant_id = 0) const int ARRANGEMENT = 0; // as enum Arrangement
layout(constant_id = 1) const uint EXACT = 0;      // each eye is shown at its own size
layout(constant_id = 2) const int ACROSS = 0;      // pixels that the filter takes
layout(constant_id = 3) const int DOWN = 0;
#include "triangle.glsl"

layout(set = 0, binding = 0) uniform sampler2D left_eye;
layout(set = 0, binding = 1) uniform sampler2D right_eye;
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D result;

layout(push_constant) uniform Push {
    ivec2 size;     // of the result
    ivec2 at;       // of the picture in it
    ivec2 fitted;
    ivec2 eye;      // size of an eye's picture
    ivec2 parity;   // of the result's first pixel on the screen
    int swapped;
    float mixing[18]; // rows R, G, B of (left R, G, B, right R, G, B)
} push;

vec3 read(int eye, ivec2 place, ivec2 area) {
    if (EXACT == 1) {
        return (eye ^ push.swapped) == 0 ? texelFetch(left_eye, place, 0).rgb : texelFetch(right_eye, place, 0).rgb;
    }
    vec2 step = vec2(push.eye) / vec2(area);
    vec2 from = (vec2(place) + 0.5) * step - 0.5;
    if ((eye ^ push.swapped) == 0) {
        return read_triangle(left_eye, from, step, ivec2(0), push.eye - 1);
    }
    return read_triangle(right_eye, from, step, ivec2(0), push.eye - 1);
}

vec3 mixed(vec3 l, vec3 r) {
    vec3 colour;
    for (int row = 0; row < 3; row++) {
        int m = row * 6;
        colour[row] = push.mixing[m] * l.r + push.mixing[m + 1] * l.g + push.mixing[m + 2] * l.b
            + push.mixing[m + 3] * r.r + push.mixing[m + 4] * r.g + push.mixing[m + 5] * r.b;
    }
    return clamp(colour, 0.0, 1.0);
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    ivec2 place = here - push.at;
    vec3 colour = vec3(0.0);
    if (all(greaterThanEqual(place, ivec2(0))) && all(lessThan(place, push.fitted))) {
        ivec2 area = push.fitted;
        ivec2 screen = (here + push.parity) & 1;
        int eye = 0;
        if (ARRANGEMENT == 0) {
            area.x = max(area.x / 2, 1);
            eye = min(place.x / area.x, 1);
            place.x -= eye * area.x;
        } else if (ARRANGEMENT == 1) {
            area.y = max(area.y / 2, 1);
            eye = min(place.y / area.y, 1);
            place.y -= eye * area.y;
        } else if (ARRANGEMENT == 2) {
            eye = screen.y;
        } else if (ARRANGEMENT == 3) {
            eye = screen.x;
        } else if (ARRANGEMENT == 4) {
            eye = screen.x ^ screen.y;
        }
        if (ARRANGEMENT == 6) {
            colour = mixed(read(0, place, area), read(1, place, area));
        } else {
            colour = read(eye, place, area);
        }
    }
    imageStore(result, here, vec4(colour, 1.0));
}
