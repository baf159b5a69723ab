// Convolution of each channel by itself, bias and activation.
//
// A lane makes PIXELS × ROWS neighbouring pixels of four channels, each source texel read once.
// Weights: for each quad the bias, then KERNEL² texels (ky, kx).
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int KERNEL = 3;
layout(constant_id = 2) const int STRIDE = 1;
layout(constant_id = 3) const int PIXELS = 12;
layout(constant_id = 4) const int ROWS = 2;

layout(push_constant) uniform Push {
    ivec2 in_size;
    ivec2 out_size;
    int quads;
    int tiles;
    int bands;
    int pad;
    int activation;
#ifndef STORAGE
    int spare; // a texel of the sink that nobody reads
    int digits[16];
#endif
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { TEXEL source[]; };
layout(binding = 1, std430) readonly buffer Weights { TEXEL weights[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer weights;
#endif
layout(binding = 2, std430) writeonly buffer Sink { TEXEL sink[]; };

#include "quads.glsl"

const int SPAN = (PIXELS - 1) * STRIDE + KERNEL;
const int LINES = (ROWS - 1) * STRIDE + KERNEL;

void main() {
    int quad = quad_and_tile().x;
    int tile = quad_and_tile().y;
#ifdef STORAGE // elsewhere there are no others
    if (tile >= push.tiles * push.bands) return;
#endif
    int x0 = tile % push.tiles * PIXELS;
    int y0 = tile / push.tiles * ROWS;

    int at = quad * (KERNEL * KERNEL + 1);
    vec4 bias = FETCH(weights, at);
    vec4 weight[KERNEL * KERNEL];
    [[unroll]] for (int k = 0; k < KERNEL * KERNEL; k++) weight[k] = FETCH(weights, at + 1 + k);
    vec4 sum[PIXELS * ROWS];
    [[unroll]] for (int p = 0; p < PIXELS * ROWS; p++) sum[p] = bias;
    [[unroll]] for (int l = 0; l < LINES; l++) {
        int line = y0 * STRIDE + l - push.pad;
        bool inside = line >= 0 && line < push.in_size.y;
        vec4 values[SPAN];
        [[unroll]] for (int s = 0; s < SPAN; s++) {
            int column = x0 * STRIDE + s - push.pad;
            bool valid = inside && column >= 0 && column < push.in_size.x;
            vec4 value = FETCH(source, valid ? (line * push.in_size.x + column) * push.quads + quad : 0);
            values[s] = valid ? value : vec4(0.0);
        }
        [[unroll]] for (int r = 0; r < ROWS; r++) {
            int ky = l - r * STRIDE;
            if (ky >= 0 && ky < KERNEL) {
                [[unroll]] for (int kx = 0; kx < KERNEL; kx++) {
                    [[unroll]] for (int p = 0; p < PIXELS; p++) {
                        sum[r * PIXELS + p] += values[p * STRIDE + kx] * weight[ky * KERNEL + kx];
                    }
                }
            }
        }
    }
    [[unroll]] for (int r = 0; r < ROWS; r++) {
        [[unroll]] for (int p = 0; p < PIXELS; p++) {
            int x = x0 + p;
            int y = y0 + r;
            vec4 value = activated(sum[r * PIXELS + p], push.activation);
            STORE_QUADS(sink, y * push.out_size.x + x, int(x < push.out_size.x) * int(y < push.out_size.y), value)
        }
    }
}
