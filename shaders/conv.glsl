// Dense convolution, bias, activation, and the addition of another map of the same size or of half of it.
//
// A lane makes PIXELS neighbouring pixels of a row × QUADS·4 channels ("block"), all sums in registers. Blocks come in groups; the lanes of
// a subgroup take the blocks of one group at the same pixels, so that they read the same pixels and neighbouring weights.
// With HEAD it is the last layer: a lane makes all channels of its pixels, and instead of them stores their softmax and the parallax expected from it.
// Weights: for each group, for each step (bias, then ky, in quad, kx), for each of QUADS·4 (out quad, in channel), for each block: 4 channels out.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int KERNEL = 3;
layout(constant_id = 2) const int STRIDE = 1;
layout(constant_id = 3) const int PIXELS = 12;
layout(constant_id = 4) const int QUADS = 2;
#ifdef HEAD
layout(constant_id = 5) const int CHANNELS = 33;
#endif

layout(push_constant) uniform Push {
    ivec2 in_size;
    ivec2 out_size;
    int in_quads;
    int out_quads;
    int blocks;
    int group;
    int tiles;
    int pad;
    int activation;
    int residual_shift; // -1: nothing is added, 0: the same size, 1: half of it
    int row_weights; // texels from the weights of one row to those of the next: 0 save for Winograd's products, where each row has its own
} push;

#ifndef SOURCE_TEXEL // the network's input is single precision always
#define SOURCE_TEXEL TEXEL
#endif
#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { SOURCE_TEXEL source[]; };
layout(binding = 1, std430) readonly buffer Weights { TEXEL weights[]; };
#ifdef HEAD
layout(binding = 2, std430) readonly buffer Planes { vec4 planes[]; };
#else
layout(binding = 2, std430) readonly buffer Residual { TEXEL residual[]; };
#endif
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer weights;
#ifdef HEAD
layout(binding = 2) uniform samplerBuffer planes;
#else
layout(binding = 2) uniform samplerBuffer residual;
#endif
#endif
#ifdef HEAD
layout(binding = 3, std430) writeonly buffer Shares { vec4 shares[]; };
layout(binding = 4, std430) writeonly buffer Parallax { float parallax[]; };
#include "expectation.glsl"
#else
layout(binding = 3, std430) writeonly buffer Sink { TEXEL sink[]; };
#endif

const int SPAN = (PIXELS - 1) * STRIDE + KERNEL;

void main() {
    int index = lane();
    int lanes = push.tiles * push.out_size.y * push.group;
    int block = index / lanes * push.group + index % push.group;
    int tile = index % lanes / push.group;
    int y = tile / push.tiles;
    int x0 = tile % push.tiles * PIXELS;
    if (block >= push.blocks) return;

    int step = push.group * QUADS * 4;
    int at = index / lanes * (KERNEL * KERNEL * push.in_quads + 1) * step + index % push.group
           + y * push.row_weights;
    vec4 sum[PIXELS * QUADS];
    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = FETCH(weights, at + o * push.group);
        [[unroll]] for (int p = 0; p < PIXELS; p++) sum[p * QUADS + o] = bias;
    }
    at += step;
    for (int ky = 0; ky < KERNEL; ky++) {
        int line = y * STRIDE + ky - push.pad;
        bool inside = line >= 0 && line < push.in_size.y;
        int from[SPAN];
        float valid[SPAN];
        [[unroll]] for (int s = 0; s < SPAN; s++) {
            int column = x0 * STRIDE + s - push.pad;
            if (KERNEL == 1) {
                // No zeros are needed; sums of pixels beyond the row are not stored.
                from[s] = (line * push.in_size.x + min(column, push.in_size.x - 1)) * push.in_quads;
            } else {
                bool exists = inside && column >= 0 && column < push.in_size.x;
                from[s] = exists ? (line * push.in_size.x + column) * push.in_quads : 0;
                valid[s] = exists ? 1.0 : 0.0;
            }
        }
        for (int q = 0; q < push.in_quads; q++) {
            vec4 values[SPAN];
            [[unroll]] for (int s = 0; s < SPAN; s++) {
                values[s] = FETCH(source, from[s] + q);
                if (KERNEL != 1) values[s] *= valid[s];
            }
            [[unroll]] for (int kx = 0; kx < KERNEL; kx++) {
                [[unroll]] for (int o = 0; o < QUADS; o++) {
                    vec4 weight0 = FETCH(weights, at + (o * 4 + 0) * push.group);
                    vec4 weight1 = FETCH(weights, at + (o * 4 + 1) * push.group);
                    vec4 weight2 = FETCH(weights, at + (o * 4 + 2) * push.group);
                    vec4 weight3 = FETCH(weights, at + (o * 4 + 3) * push.group);
                    [[unroll]] for (int p = 0; p < PIXELS; p++) {
                        vec4 value = values[p * STRIDE + kx];
                        sum[p * QUADS + o] += value.x * weight0 + value.y * weight1 + value.z * weight2 + value.w * weight3;
                    }
                }
                at += step;
            }
        }
    }
#ifdef HEAD
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        if (x0 + p < push.out_size.x) {
            vec4 values[QUADS];
            [[unroll]] for (int o = 0; o < QUADS; o++) values[o] = sum[p * QUADS + o];
            int pixel = y * push.out_size.x + x0 + p;
            parallax[pixel] = expectation(values);
            [[unroll]] for (int o = 0; o < SHARES; o++) shares[pixel * SHARES + o] = values[o];
        }
    }
#else
    int shift = max(push.residual_shift, 0);
    int residual_line = (y >> shift) * (push.out_size.x >> shift);
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int x = x0 + p;
        if (x < push.out_size.x) {
            [[unroll]] for (int o = 0; o < QUADS; o++) {
                int quad = block * QUADS + o;
                if (quad < push.out_quads) {
                    vec4 value = activated(sum[p * QUADS + o], push.activation);
                    if (push.residual_shift >= 0) {
                        value += FETCH(residual, (residual_line + (x >> shift)) * push.out_quads + quad);
                    }
                    sink[(y * push.out_size.x + x) * push.out_quads + quad] = STORED(value);
                }
            }
        }
    }
#endif
}
