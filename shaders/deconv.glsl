// The sum of up to five transposed convolutions (kernel 2·factor, stride factor, pad factor/2; factor 1: 1×1), one bias, and activation.
//
// Output column x and source column i meet in kernel column x + factor/2 − i·factor, so every output pixel has two source columns and two
// source rows, and pixels with the same x and y modulo factor ("phase") share their weights. A lane makes PIXELS pixels STEP columns
// apart × QUADS·4 channels; STEP is a multiple of every factor, so all its pixels have one phase in each of the sources.
// Weights: bias (out quads), then for each source, for each phase (y, x), for each tap (row, column), for each quad in, for each of
// QUADS·4 (out quad, in channel), for each block: four channels out.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int SOURCES = 5;
layout(constant_id = 2) const int STEP = 16;
layout(constant_id = 3) const int PIXELS = 12;
layout(constant_id = 4) const int QUADS = 2;

layout(push_constant) uniform Push {
    ivec2 out_size;
    int in_quads;
    int out_quads;
    int blocks;
    int activation;
    int factors[5];
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source0 { vec4 source0[]; };
layout(binding = 1, std430) readonly buffer Source1 { vec4 source1[]; };
layout(binding = 2, std430) readonly buffer Source2 { vec4 source2[]; };
layout(binding = 3, std430) readonly buffer Source3 { vec4 source3[]; };
layout(binding = 4, std430) readonly buffer Source4 { vec4 source4[]; };
layout(binding = 5, std430) readonly buffer Weights { vec4 weights[]; };
#else
layout(binding = 0) uniform samplerBuffer source0;
layout(binding = 1) uniform samplerBuffer source1;
layout(binding = 2) uniform samplerBuffer source2;
layout(binding = 3) uniform samplerBuffer source3;
layout(binding = 4) uniform samplerBuffer source4;
layout(binding = 5) uniform samplerBuffer weights;
#endif
layout(binding = 6, std430) writeonly buffer Sink { vec4 sink[]; };

vec4 sum[PIXELS * QUADS];

// Loops over sources are unrolled, so the choice costs nothing.
vec4 fetch(int source, int at) {
    switch (source) {
        case 0: return FETCH(source0, at);
        case 1: return FETCH(source1, at);
        case 2: return FETCH(source2, at);
        case 3: return FETCH(source3, at);
        default: return FETCH(source4, at);
    }
}

void main() {
    int index = lane();
    int block = index % push.blocks;
    int tile = index / push.blocks;
    int tiles = (push.out_size.x + STEP * PIXELS - 1) / (STEP * PIXELS) * STEP;
    int y = tile / tiles;
    int x0 = tile % tiles / STEP * STEP * PIXELS + tile % STEP;
    if (y >= push.out_size.y) return;

    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = FETCH(weights, block * QUADS + o);
        [[unroll]] for (int p = 0; p < PIXELS; p++) sum[p * QUADS + o] = bias;
    }
    int step = push.blocks * QUADS * 4;
    int first = push.blocks * QUADS + block;
    [[unroll]] for (int source = 0; source < SOURCES; source++) {
        int factor = push.factors[source];
        int taps = factor == 1 ? 1 : 2;
        ivec2 size = push.out_size / factor;
        ivec2 shifted = ivec2(x0, y) + factor / 2;
        ivec2 phase = shifted % factor;
        int at = first + (phase.y * factor + phase.x) * taps * taps * push.in_quads * step;
        for (int tap = 0; tap < taps * taps; tap++) {
            int line = shifted.y / factor - tap / taps;
            int column = shifted.x / factor - tap % taps;
            bool inside = line >= 0 && line < size.y;
            for (int q = 0; q < push.in_quads; q++) {
                vec4 values[PIXELS];
                [[unroll]] for (int p = 0; p < PIXELS; p++) {
                    int x = column + p * (STEP / factor);
                    bool valid = inside && x >= 0 && x < size.x;
                    vec4 value = fetch(source, valid ? (line * size.x + x) * push.in_quads + q : 0);
                    values[p] = valid ? value : vec4(0.0);
                }
                [[unroll]] for (int o = 0; o < QUADS; o++) {
                    vec4 weight0 = FETCH(weights, at + (o * 4 + 0) * push.blocks);
                    vec4 weight1 = FETCH(weights, at + (o * 4 + 1) * push.blocks);
                    vec4 weight2 = FETCH(weights, at + (o * 4 + 2) * push.blocks);
                    vec4 weight3 = FETCH(weights, at + (o * 4 + 3) * push.blocks);
                    [[unroll]] for (int p = 0; p < PIXELS; p++) {
                        vec4 value = values[p];
                        sum[p * QUADS + o] += value.x * weight0 + value.y * weight1 + value.z * weight2 + value.w * weight3;
                    }
                }
                at += step;
            }
        }
        first += factor * factor * taps * taps * push.in_quads * step;
    }
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int x = x0 + p * STEP;
        if (x < push.out_size.x) {
            [[unroll]] for (int o = 0; o < QUADS; o++) {
                int quad = block * QUADS + o;
                if (quad < push.out_quads) {
                    sink[(y * push.out_size.x + x) * push.out_quads + quad] = activated(sum[p * QUADS + o], push.activation);
                }
            }
        }
    }
}
