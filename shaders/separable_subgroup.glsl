#extension GL_KHR_shader_subgroup_shuffle : require
// A depthwise convolution and the 1×1 convolution behind it, each with bias and activation, and the addition of another map, for software drivers: the map
// between the two is never stored. A workgroup is one subgroup, whose lanes make different pixels (PIXELS neighbours of a row each) of the same QUADS·4
// channels and pass each other the weights, as in conv_subgroup.comp: quad by quad of the source, its pixels by the depthwise convolution, then what
// they add to all sums. With EXPAND another 1×1 convolution, of few channels, comes first, whose map is not stored either: each lane makes it wherever
// its pixels need it.
//
// Depthwise weights: depthwise.glsl's. Weights and those of the first convolution: conv_subgroup.comp's, the latter's in blocks of one quad.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int KERNEL = 3;
layout(constant_id = 2) const int STRIDE = 1;
layout(constant_id = 3) const int PIXELS = 8;
layout(constant_id = 4) const int QUADS = 6;
layout(constant_id = 5) const int RESIDUAL = 0; // 1: another map of the same size is added
#ifdef EXPAND
layout(constant_id = 6) const int SOURCE_QUADS = 4;
#endif

layout(push_constant) uniform Push {
    ivec2 in_size;
    ivec2 out_size;
    int in_quads;
    int out_quads;
    int tiles; // of a row
    int pad;
    float inner_least;
    float inner_most;
    float least;
    float most;
#ifdef EXPAND
    float first_least;
    float first_most;
#endif
} push;

layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer inner;
layout(binding = 2) uniform samplerBuffer weights;
layout(binding = 3) uniform samplerBuffer residual;
#ifdef EXPAND
layout(binding = 4) uniform samplerBuffer first_weights;
layout(binding = 5, std430) writeonly buffer Sink { vec4 sink[]; };
#else
layout(binding = 4, std430) writeonly buffer Sink { vec4 sink[]; };
#endif

const int LANES = int(gl_WorkGroupSize.x);
const int SPAN = (PIXELS - 1) * STRIDE + KERNEL;
const int TAPS = KERNEL * KERNEL;
const int READS = (QUADS * 4 + LANES - 1) / LANES;
const int INNER_READS = (TAPS + LANES) / LANES;
#ifdef EXPAND
const int FIRST_READS = ((SOURCE_QUADS + 1) * 4 + LANES - 1) / LANES;
#else
const int SOURCE_QUADS = 0;
#define SOURCE_STRIDE push.in_quads
#endif
#ifdef EXPAND
#define SOURCE_STRIDE SOURCE_QUADS
#endif

void main() {
    int lane = int(gl_SubgroupInvocationID);
    int unit = int(gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * LANES + lane;
    int block = int(gl_WorkGroupID.x);
    int y = unit / push.tiles;
    int x0 = unit % push.tiles * PIXELS;
    // Lanes beyond the last row read for the others and store nothing.
    bool exists = y < push.out_size.y;

    int at = block * (push.in_quads + 1) * QUADS * 4 + lane;
    vec4 read[READS];
    [[unroll]] for (int r = 0; r < (QUADS + LANES - 1) / LANES; r++) read[r] = texelFetch(weights, at + r * LANES);
    vec4 sum[PIXELS * QUADS];
    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = subgroupShuffle(read[o / LANES], o % LANES);
        [[unroll]] for (int p = 0; p < PIXELS; p++) sum[p * QUADS + o] = bias;
    }
    at += QUADS * 4;
    int lines[KERNEL];
    float has_line[KERNEL];
    [[unroll]] for (int l = 0; l < KERNEL; l++) {
        int line = y * STRIDE + l - push.pad;
        has_line[l] = line >= 0 && line < push.in_size.y ? 1.0 : 0.0;
        lines[l] = clamp(line, 0, push.in_size.y - 1) * push.in_size.x * SOURCE_STRIDE;
    }
    int columns[SPAN];
    float has_column[SPAN];
    [[unroll]] for (int s = 0; s < SPAN; s++) {
        int column = x0 * STRIDE + s - push.pad;
        has_column[s] = column >= 0 && column < push.in_size.x ? 1.0 : 0.0;
        columns[s] = clamp(column, 0, push.in_size.x - 1) * SOURCE_STRIDE;
    }
#ifdef EXPAND
    vec4 sources[KERNEL * SPAN * SOURCE_QUADS];
    [[unroll]] for (int l = 0; l < KERNEL; l++) {
        [[unroll]] for (int s = 0; s < SPAN; s++) {
            [[unroll]] for (int i = 0; i < SOURCE_QUADS; i++) {
                sources[(l * SPAN + s) * SOURCE_QUADS + i] = texelFetch(source, lines[l] + columns[s] + i);
            }
        }
    }
#endif
    for (int q = 0; q < push.in_quads; q++) {
#ifdef EXPAND
        vec4 firsts[FIRST_READS];
        [[unroll]] for (int r = 0; r < FIRST_READS; r++) {
            firsts[r] = texelFetch(first_weights, q * (SOURCE_QUADS + 1) * 4 + r * LANES + lane);
        }
        vec4 first_bias = subgroupShuffle(firsts[0], 0);
        vec4 expanded[KERNEL * SPAN];
        [[unroll]] for (int s = 0; s < KERNEL * SPAN; s++) expanded[s] = first_bias;
        [[unroll]] for (int c = 0; c < 4; c++) {
            [[unroll]] for (int i = 0; i < SOURCE_QUADS; i++) {
                vec4 weight = subgroupShuffle(firsts[(4 + i * 4 + c) / LANES], (4 + i * 4 + c) % LANES);
                [[unroll]] for (int s = 0; s < KERNEL * SPAN; s++) {
                    vec4 value = sources[s * SOURCE_QUADS + i];
                    float to = expanded[s][c];
                    to += value.x * weight.x;
                    to += value.y * weight.y;
                    to += value.z * weight.z;
                    to += value.w * weight.w;
                    expanded[s][c] = to;
                }
            }
        }
#endif
        vec4 taps[INNER_READS];
        [[unroll]] for (int r = 0; r < INNER_READS; r++) taps[r] = texelFetch(inner, q * (TAPS + 1) + r * LANES + lane);
        vec4 values[PIXELS];
        vec4 inner_bias = subgroupShuffle(taps[0], 0);
        [[unroll]] for (int p = 0; p < PIXELS; p++) values[p] = inner_bias;
        [[unroll]] for (int l = 0; l < KERNEL; l++) {
            vec4 pixels[SPAN];
            [[unroll]] for (int s = 0; s < SPAN; s++) {
#ifdef EXPAND
                vec4 pixel = min(max(expanded[l * SPAN + s], vec4(push.first_least)), vec4(push.first_most));
#else
                vec4 pixel = texelFetch(source, lines[l] + columns[s] + q);
#endif
                // Around the map there are zeros.
                pixels[s] = pixel * (has_line[l] * has_column[s]);
            }
            [[unroll]] for (int k = 0; k < KERNEL; k++) {
                int number = 1 + l * KERNEL + k;
                vec4 weight = subgroupShuffle(taps[number / LANES], number % LANES);
                [[unroll]] for (int p = 0; p < PIXELS; p++) values[p] += pixels[p * STRIDE + k] * weight;
            }
        }
        [[unroll]] for (int p = 0; p < PIXELS; p++) values[p] = min(max(values[p], vec4(push.inner_least)), vec4(push.inner_most));
        [[unroll]] for (int r = 0; r < READS; r++) read[r] = texelFetch(weights, at + r * LANES);
        at += QUADS * 4;
        [[unroll]] for (int o = 0; o < QUADS * 4; o++) {
            vec4 weight = subgroupShuffle(read[o / LANES], o % LANES);
            [[unroll]] for (int p = 0; p < PIXELS; p++) {
                float value = sum[p * QUADS + o / 4][o % 4];
                value += values[p].x * weight.x;
                value += values[p].y * weight.y;
                value += values[p].z * weight.z;
                value += values[p].w * weight.w;
                sum[p * QUADS + o / 4][o % 4] = value;
            }
        }
    }
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int to = (y * push.out_size.x + x0 + p) * push.out_quads + block * QUADS;
        [[unroll]] for (int o = 0; o < QUADS; o++) {
            bool there = exists && x0 + p < push.out_size.x && block * QUADS + o < push.out_quads;
            vec4 value = min(max(sum[p * QUADS + o], vec4(push.least)), vec4(push.most));
            if (RESIDUAL == 1) value += texelFetch(residual, there ? to + o : 0);
            if (there) sink[to + o] = value;
        }
    }
}
