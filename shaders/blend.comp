// Each place's model is the mean of those of the 3×3 windows around it, the better fits counting more; and it is believed only where it
// decides for almost every pixel of the picture around the place, decides alike for neighbours, and would be seen to.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "edge.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer guide;
layout(set = 0, binding = 2) uniform samplerBuffer model;
layout(set = 0, binding = 3) uniform samplerBuffer found;
layout(set = 0, binding = 4, rgba32f) uniform writeonly imageBuffer blended;
layout(set = 0, binding = 5, rgba32f) uniform writeonly imageBuffer range; // least and greatest disparity, how far they are two surfaces, disparity
layout(set = 0, binding = 6, r32ui) uniform writeonly uimageBuffer calm; // bits of the disparity, the last one set where there are two surfaces

layout(push_constant) uniform Push {
    ivec2 corner; // of what lies between the picture's bars
    ivec2 from;   // its size
    ivec2 size;
    float gain; // parts of the picture's width per part of the shot's span
} push;

// A fit that leaves this variance counts half as much as an exact one.
const float LEFT = 1e-3;
// Samples of the picture to each side, over so many places.
const int SAMPLES = 8;
const float PLACES = 2.5;
// Of the samples so many may be undecided, and so much may neighbours differ: a silhouette crosses 8 to 16 of 112 pairs.
const vec2 UNSURE = vec2(0.25, 0.5), ROUGH = vec2(0.18, 0.3);

// Of four pixels: nearly as calm as `calm_colour`, by which they are judged later, and half the work.
vec3 mean_of_four(ivec2 at) {
    ivec2 next = min(at + 1, push.corner + push.from - 1);
    return 0.25 * (texelFetch(picture, at, 0).rgb + texelFetch(picture, ivec2(next.x, at.y), 0).rgb
        + texelFetch(picture, ivec2(at.x, next.y), 0).rgb + texelFetch(picture, next, 0).rgb);
}

// How far the choice by `line` between `least` and `most` holds together around a place; of `rows` of samples: SAMPLES, or 0 where nothing is asked.
float coherence(ivec2 here, vec4 line, float least, float most, int rows) {
    vec2 step = vec2(push.from) / vec2(push.size);
    vec2 first = (vec2(here) + 0.5 - 0.5 * PLACES) * step;
    float above[SAMPLES];
    float unsure = 0.0, rough = 0.0;
    for (int y = 0; y < rows; y++) {
        float left = 0.0;
        [[unroll]] for (int x = 0; x < SAMPLES; x++) {
            ivec2 place = clamp(ivec2(first + (vec2(x, y) + 0.5) * PLACES / float(SAMPLES) * step), ivec2(0), push.from - 1);
            float share = front_share(line, mean_of_four(push.corner + place), least, most);
            unsure += 4.0 * share * (1.0 - share);
            rough += (x > 0 ? abs(share - left) : 0.0) + (y > 0 ? abs(share - above[x]) : 0.0);
            left = share;
            above[x] = share;
        }
    }
    unsure /= float(SAMPLES * SAMPLES);
    rough /= float(2 * SAMPLES * (SAMPLES - 1));
    return (1.0 - smoothstep(UNSURE.x, UNSURE.y, unsure)) * (1.0 - smoothstep(ROUGH.x, ROUGH.y, rough));
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    vec4 sum = vec4(0.0);
    float weights = 0.0, edge = 0.0;
    for (int y = -1; y <= 1; y++) {
        for (int x = -1; x <= 1; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            int index = place.y * push.size.x + place.x;
            vec2 fit = texelFetch(found, index).ba;
            float weight = LEFT / (LEFT + fit.x);
            edge += fit.y / 9.0;
            sum += weight * texelFetch(model, index);
            weights += weight;
        }
    }
    int index = here.y * push.size.x + here.x;
    vec4 line = sum / weights;
    vec2 both = texelFetch(found, index).rg;
    float span = both.g - both.r;
    float told = edge * clamp((span - FLAT) / FLAT, 0.0, 1.0);
    told *= clamp(told * span * push.gain / SEEN - 1.0, 0.0, 1.0);
    told *= coherence(here, line, both.r, both.g, told > 0.0 ? SAMPLES : 0);
    imageStore(blended, index, line);
    float own = texelFetch(guide, index).a;
    imageStore(range, index, vec4(both, told, own));
    imageStore(calm, index, uvec4((floatBitsToUint(own) & ~1u) | uint(told > 0.0)));
}
