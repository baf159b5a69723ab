// Disparity at the picture's size, as parallax in pixels: each pixel weighs the 4×4 places around it by distance and by likeness of
// colour, and takes one surface where they show two. Then the mapping of src/stage/comfort.rs.
// Twin: src/stage/stereo/reference.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "cluster.glsl"

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer refined;
layout(set = 0, binding = 2, r32f) uniform writeonly imageBuffer parallax;

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 corner; // of what lies between the picture's bars
    ivec2 seen;   // its size
    ivec2 small;
    float gain;   // pixels per part of the shot's span
    float offset; // pixels
    float low;
    float high;
    float front_fade; // pixels
    float behind_fade;
} push;

vec4 spline(float f) {
    float g = 1.0 - f, f2 = f * f, f3 = f2 * f;
    return vec4(g * g * g, 3.0 * f3 - 6.0 * f2 + 4.0, -3.0 * f3 + 3.0 * f2 + 3.0 * f + 1.0, f3) / 6.0;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    ivec2 inside = here - push.corner;
    if (any(lessThan(inside, ivec2(0))) || any(greaterThanEqual(inside, push.seen))) {
        imageStore(parallax, here.y * push.size.x + here.x, vec4(0.0)); // a bar lies on the screen
        return;
    }
    vec3 colour = texelFetch(picture, here, 0).rgb;
    vec2 place = (vec2(inside) + 0.5) * vec2(push.small) / vec2(push.seen) - 0.5;
    vec2 base = floor(place);
    vec4 across = spline(place.x - base.x), down = spline(place.y - base.y);
    ivec2 first = ivec2(base) - 1, last = push.small - 1;
    vec4 taps[16];
    float plain = 0.0, least = 1e9, most = -1e9;
    [[unroll]] for (int tap = 0; tap < 16; tap++) {
        int x = clamp(first.x + (tap & 3), 0, last.x), y = clamp(first.y + (tap >> 2), 0, last.y);
        taps[tap] = texelFetch(refined, y * push.small.x + x);
        plain += across[tap & 3] * down[tap >> 2] * taps[tap].a;
        least = min(least, taps[tap].a);
        most = max(most, taps[tap].a);
    }
    float chosen = plain;
    if (most - least > FLAT) {
        vec2 sum = vec2(0.0);
        [[unroll]] for (int tap = 0; tap < 16; tap++) {
            float weight = across[tap & 3] * down[tap >> 2] * alike(colour, taps[tap].rgb);
            taps[tap].r = weight;
            sum += weight * vec2(1.0, taps[tap].a);
        }
        float middle = sum.y / sum.x;
        vec3 near = vec3(0.0), far = vec3(0.0);
        [[unroll]] for (int tap = 0; tap < 16; tap++) {
            vec3 term = weigh(taps[tap].r, taps[tap].a);
            bool is_near = taps[tap].a < middle;
            near += is_near ? term : vec3(0.0);
            far += is_near ? vec3(0.0) : term;
        }
        chosen = choose(near, far, plain);
    }
    float p = clamp(push.gain * chosen + push.offset, push.low, push.high);
    float side = min(float(inside.x), float(push.seen.x - 1 - inside.x));
    float t = clamp(side / (p < 0.0 ? push.front_fade : push.behind_fade), 0.0, 1.0);
    imageStore(parallax, here.y * push.size.x + here.x, vec4(p * t * t * (3.0 - 2.0 * t)));
}
