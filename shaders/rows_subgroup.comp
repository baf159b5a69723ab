#version 460
#extension GL_GOOGLE_include_directive : require
// Dense convolution of 3×3 pixels, bias and activation, for software drivers: conv_subgroup.comp, with each of the three rows of taps by Winograd's
// F(4, 3) (src/net/winograd.rs), all in registers: 6 products make what are 12 for 4 neighbouring pixels. A workgroup's lanes make different pixels of a
// row, TILES·4 each, of the same QUADS·4 channels.
//
// Weights: conv_subgroup.comp's. The three of a row become the six factors here, which costs less than fetching six.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int TILES = 2;
layout(constant_id = 2) const int QUADS = 4;
layout(constant_id = 3) const int SURPLUS = 0; // 1: the last block has quads that do not exist

layout(push_constant) uniform Push {
    ivec2 size;
    int in_quads;
    int out_quads;
    int tiles; // of TILES·4 pixels, of a row
    int spare; // a texel of the sink that nobody reads
    float least;
    float most;
    int digits[16];
} push;
#include "subgroup.glsl"

layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer weights;
layout(binding = 2, std430) writeonly buffer Sink { vec4 sink[]; };

const int PIXELS = TILES * 4;
const int SPAN = PIXELS + 2;
const int STEP = QUADS * 4;
const int READS = (STEP + LANES - 1) / LANES;

void main() {
    int lane = int(gl_SubgroupInvocationID);
    int block = same_for_all(int(gl_WorkGroupID.x));
    int first = same_for_all(int(gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y)) * LANES;
    // Lanes beyond the last tile read for the others.
    int tile = min(first + lane, push.tiles * push.size.y - 1);
    int y = tile / push.tiles;
    int x0 = (tile - y * push.tiles) * PIXELS;
    float has_column[SPAN];
    int columns[SPAN];
    [[unroll]] for (int s = 0; s < SPAN; s++) {
        int column = x0 + s - 1;
        has_column[s] = uint(column) < uint(push.size.x) ? 1.0 : 0.0;
        columns[s] = clamp(column, 0, push.size.x - 1) * push.in_quads;
    }

    int start = block * (9 * push.in_quads + 1) * STEP + lane;
    vec4 sum[6 * TILES * QUADS];
    [[unroll]] for (int i = 0; i < 6 * TILES * QUADS; i++) sum[i] = vec4(0.0);
    for (int row = 0; row < 3; row++) {
        int line = y + row - 1;
        float has_line = uint(line) < uint(push.size.y) ? 1.0 : 0.0;
        int line_at = clamp(line, 0, push.size.y - 1) * push.size.x * push.in_quads;
        int from[SPAN];
        float valid[SPAN];
        [[unroll]] for (int s = 0; s < SPAN; s++) {
            from[s] = line_at + columns[s];
            valid[s] = has_line * has_column[s];
        }
        int at = start + (1 + row * 3 * push.in_quads) * STEP;
        for (int q = 0; q < push.in_quads; q++) {
            // G·g times 4, −6, −6, 24, 24, 1, which the pixels make good.
            vec4 factor[6 * READS];
            [[unroll]] for (int r = 0; r < READS; r++) {
                vec4 a = texelFetch(weights, at + r * LANES);
                vec4 b = texelFetch(weights, at + r * LANES + push.in_quads * STEP);
                vec4 c = texelFetch(weights, at + r * LANES + push.in_quads * (2 * STEP));
                vec4 outer = a + c;
                vec4 far = a + 4.0 * c;
                vec4 twice = b + b;
                factor[r] = a;
                factor[READS + r] = outer + b;
                factor[2 * READS + r] = outer - b;
                factor[3 * READS + r] = far + twice;
                factor[4 * READS + r] = far - twice;
                factor[5 * READS + r] = c;
            }
            at += STEP;
            vec4 d[SPAN];
            [[unroll]] for (int s = 0; s < SPAN; s++) d[s] = texelFetch(source, from[s] + q) * valid[s];
            // Bᵀ·d.
            vec4 values[6 * TILES];
            [[unroll]] for (int t = 0; t < TILES; t++) {
                int s = t * 4;
                vec4 even = d[s + 4] - 4.0 * d[s + 2];
                vec4 odd = d[s + 3] - 4.0 * d[s + 1];
                vec4 wide = d[s + 4] - d[s + 2];
                vec4 twice = 2.0 * (d[s + 3] - d[s + 1]);
                values[t * 6] = 4.0 * d[s] - 5.0 * d[s + 2] + d[s + 4];
                values[t * 6 + 1] = even + odd;
                values[t * 6 + 2] = even - odd;
                values[t * 6 + 3] = wide + twice;
                values[t * 6 + 4] = wide - twice;
                values[t * 6 + 5] = 4.0 * d[s + 1] - 5.0 * d[s + 3] + d[s + 5];
            }
            [[unroll]] for (int o = 0; o < STEP; o++) {
                [[unroll]] for (int j = 0; j < 6; j++) {
                    vec4 weight = subgroupShuffle(factor[j * READS + o / LANES], o % LANES);
                    [[unroll]] for (int t = 0; t < TILES; t++) {
                        vec4 value = values[t * 6 + j];
                        float to = sum[(t * 6 + j) * QUADS + o / 4][o % 4];
                        to += value.x * weight.x;
                        to += value.y * weight.y;
                        to += value.z * weight.z;
                        to += value.w * weight.w;
                        sum[(t * 6 + j) * QUADS + o / 4][o % 4] = to;
                    }
                }
            }
        }
    }
    vec4 read[(QUADS + LANES - 1) / LANES];
    [[unroll]] for (int r = 0; r < (QUADS + LANES - 1) / LANES; r++) read[r] = texelFetch(weights, start + r * LANES);
    vec4 pixels[PIXELS * QUADS];
    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = subgroupShuffle(read[o / LANES], o % LANES);
        [[unroll]] for (int t = 0; t < TILES; t++) {
            vec4 m0 = sum[(t * 6) * QUADS + o] * 0.25;
            vec4 m1 = sum[(t * 6 + 1) * QUADS + o] * (-1.0 / 6.0);
            vec4 m2 = sum[(t * 6 + 2) * QUADS + o] * (-1.0 / 6.0);
            vec4 m3 = sum[(t * 6 + 3) * QUADS + o] * (1.0 / 24.0);
            vec4 m4 = sum[(t * 6 + 4) * QUADS + o] * (1.0 / 24.0);
            vec4 near = m1 + m2, far = m3 + m4, slope = m1 - m2, steep = m3 - m4;
            // Aᵀ·m.
            pixels[(t * 4) * QUADS + o] = m0 + near + far + bias;
            pixels[(t * 4 + 1) * QUADS + o] = slope + 2.0 * steep + bias;
            pixels[(t * 4 + 2) * QUADS + o] = near + 4.0 * far + bias;
            pixels[(t * 4 + 3) * QUADS + o] = slope + 8.0 * steep + sum[(t * 6 + 5) * QUADS + o] + bias;
        }
    }
    [[unroll]] for (int i = 0; i < PIXELS * QUADS; i++) pixels[i] = min(max(pixels[i], vec4(push.least)), vec4(push.most));
    [[unroll]] for (int to = 0; to < LANES; to++) {
        int line = (first + to) / push.tiles;
        int column = (first + to - line * push.tiles) * PIXELS;
        [[unroll]] for (int p = 0; p < PIXELS; p++) {
            int at = (line * push.size.x + column + p) * push.out_quads + block * QUADS;
            at = place_or(at, push.spare, int(column + p < push.size.x) * int(line < push.size.y));
            [[unroll]] for (int o = 0; o < QUADS; o++) {
                int there = at + o;
                if (SURPLUS == 1) there = place_or(there, push.spare, int(block * QUADS + o < push.out_quads));
                sink[there] = subgroupShuffle(pixels[p * QUADS + o], to);
            }
        }
    }
}
