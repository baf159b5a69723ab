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
layout(binding = 0, std430) readonly buffer Source0 { TEXEL source0[]; };
layout(binding = 1, std430) readonly buffer Source1 { TEXEL source1[]; };
layout(binding = 2, std430) readonly buffer Source2 { TEXEL source2[]; };
layout(binding = 3, std430) readonly buffer Source3 { TEXEL source3[]; };
layout(binding = 4, std430) readonly buffer Source4 { TEXEL source4[]; };
layout(binding = 5, std430) readonly buffer Weights { TEXEL weights[]; };
#else
layout(binding = 0) uniform samplerBuffer source0;
layout(binding = 1) uniform samplerBuffer source1;
layout(binding = 2) uniform samplerBuffer source2;
layout(binding = 3) uniform samplerBuffer source3;
layout(binding = 4) uniform samplerBuffer source4;
layout(binding = 5) uniform samplerBuffer weights;
#endif
layout(binding = 6, std430) writeonly buffer Sink { TEXEL sink[]; };

vec4 sum[PIXELS * QUADS];

void main() {
    int index = lane();
    int block = index % push.blocks;
    int tile = index / push.blocks;
    int tiles = (push.out_size.x + STEP * PIXELS - 1) / (STEP * PIXELS) * STEP;
    // Rows of one phase follow each other, since they read the same weights.
    int row = tile / tiles;
    int periods = push.out_size.y / STEP;
    int y = row % periods * STEP + row / periods;
    int x0 = tile % tiles / STEP * STEP * PIXELS + tile % STEP;
    if (y >= push.out_size.y) return;

    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = FETCH(weights, block * QUADS + o);
        [[unroll]] for (int p = 0; p < PIXELS; p++) sum[p * QUADS + o] = bias;
    }
    int step = push.blocks * QUADS * 4;
    int first = push.blocks * QUADS + block;
    // Written out rather than looped over: a choice between sources inside the loops would read them all on software drivers.
#define SOURCE source0
#define NUMBER 0
#include "deconv_source.glsl"
#define SOURCE source1
#define NUMBER 1
#include "deconv_source.glsl"
#define SOURCE source2
#define NUMBER 2
#include "deconv_source.glsl"
#define SOURCE source3
#define NUMBER 3
#include "deconv_source.glsl"
#define SOURCE source4
#define NUMBER 4
#include "deconv_source.glsl"
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int x = x0 + p * STEP;
        if (x < push.out_size.x) {
            [[unroll]] for (int o = 0; o < QUADS; o++) {
                int quad = block * QUADS + o;
                if (quad < push.out_quads) {
                    sink[(y * push.out_size.x + x) * push.out_quads + quad] = STORED(activated(sum[p * QUADS + o], push.activation));
                }
            }
        }
    }
}
