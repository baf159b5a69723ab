// Gives a rectangle of the parallax one value, with soft edges: writing over the picture is not bent by what lies behind it.
// Twin: src/stage/stereo/plates.rs.
#version 460
#include "surfaces.glsl"

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) buffer Words {
    uint words[];
};

layout(push_constant) uniform Push {
    ivec2 size;     // of the picture
    ivec2 first;    // of the pixels that are touched
    ivec2 last;     // the pixel after them
    ivec2 from;     // the rectangle
    ivec2 to;
    ivec3 soft;     // over how many pixels it fades: left, right, above and below
    float parallax; // in pixels
    float share;    // of it
    float unit;     // pixels
} push;

float fade(int beyond, int soft) {
    float t = clamp(float(beyond) / float(max(soft, 1)), 0.0, 1.0);
    return 1.0 - t * t * (3.0 - 2.0 * t);
}

void main() {
    ivec2 here = push.first + ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.last)) || any(greaterThanEqual(here, push.size))) {
        return;
    }
    float share = push.share * fade(push.from.x - here.x, push.soft.x) * fade(here.x - push.to.x + 1, push.soft.y)
        * fade(max(push.from.y - here.y, here.y - push.to.y + 1), push.soft.z);
    int at = here.y * push.size.x + here.x;
    Surfaces both = unpacked(words[at], push.unit);
    vec2 moved = mix(vec2(both.near, both.far), vec2(push.parallax), share);
    words[at] = packed(moved.x, moved.y, both.share, push.unit);
}
