// Two eyes become one picture, in any layout and size, with black around it.
// Twin: src/sink/compose.rs.
#version 460
layout(local_size_x = 32, local_size_y = 4) in;
#include "compose.glsl"

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
    return read_eye(eye ^ push.swapped, place, area, push.eye);
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
            colour = mixed(push.mixing, read(0, place, area), read(1, place, area));
        } else {
            colour = read(eye, place, area);
        }
    }
    imageStore(result, here, vec4(colour, 1.0));
}
