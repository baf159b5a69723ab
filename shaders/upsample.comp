// Disparity at the picture's size, as parallax in pixels. Where the map shows an edge, the model of `fit` says by the pixel's colour which of
// the two surfaces it belongs to; elsewhere the map is read between its places. Then the mapping of src/stage/comfort.rs.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "edge.glsl"
#include "surfaces.glsl"

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer model;
layout(set = 0, binding = 2) uniform samplerBuffer range;
layout(set = 0, binding = 3, r32f) uniform writeonly imageBuffer parallax;
layout(set = 0, binding = 4, r32ui) uniform writeonly uimageBuffer layer;

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

float shown(float chosen, float side) {
    float p = clamp(push.gain * chosen + push.offset, push.low, push.high);
    float t = clamp(side / (p < 0.0 ? push.front_fade : push.behind_fade), 0.0, 1.0);
    return p * t * t * (3.0 - 2.0 * t);
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    int index = here.y * push.size.x + here.x;
    ivec2 inside = here - push.corner;
    if (any(lessThan(inside, ivec2(0))) || any(greaterThanEqual(inside, push.seen))) {
        imageStore(parallax, index, vec4(0.0)); // a bar lies on the screen
        imageStore(layer, index, uvec4(packed(0.0, 1.0)));
        return;
    }
    vec2 place = (vec2(inside) + 0.5) * vec2(push.small) / vec2(push.seen) - 0.5;
    vec2 base = floor(place), part = place - base;
    ivec2 first = clamp(ivec2(base), ivec2(0), push.small - 1), last = clamp(ivec2(base) + 1, ivec2(0), push.small - 1);
    ivec4 at = ivec4(first.y * push.small.x + ivec2(first.x, last.x), last.y * push.small.x + ivec2(first.x, last.x));
    vec4 between = mix(mix(texelFetch(range, at.x), texelFetch(range, at.y), part.x),
                       mix(texelFetch(range, at.z), texelFetch(range, at.w), part.x), part.y);
    float near = between.a, far = between.a, share = 1.0;
    float span = between.g - between.r;
    if (span > FLAT && between.b > 0.0) {
        vec3 colour = calm_colour(picture, here, push.corner, push.corner + push.seen - 1);
        vec4 line = mix(mix(texelFetch(model, at.x), texelFetch(model, at.y), part.x),
                        mix(texelFetch(model, at.z), texelFetch(model, at.w), part.x), part.y);
        share = front_share(line, colour, between.r, between.g);
        float told = between.b * min((span - FLAT) / FLAT, 1.0);
        near = mix(near, between.r, told);
        far = mix(far, between.g, told);
    }
    float side = min(float(inside.x), float(push.seen.x - 1 - inside.x));
    float front = shown(near, side), behind = shown(far, side);
    imageStore(parallax, index, vec4(share >= 0.5 ? front : behind));
    imageStore(layer, index, uvec4(packed(behind - front, share)));
}
