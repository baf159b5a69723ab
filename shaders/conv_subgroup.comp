#version 460
#extension GL_GOOGLE_include_directive : require
// Dense convolution, bias, activation, and the addition of another map of the same size or of half of it, for software drivers: conv.glsl with lanes
// that help each other. A workgroup's lanes make different pixels of the same channels: PIXELS pixels, LANES apart, × QUADS·4 channels ("block") each,
// all sums in registers. All lanes want the same weights, so each lane reads another texel of them and all take every texel out of its lane's registers,
// which is one instruction where reading is dozens.
//
// Weights: for each block, for each step (the bias, which fills the beginning of one; then ky, kx, in quad), for each of its channels out: 4 channels in.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int KERNEL = 3;
layout(constant_id = 2) const int STRIDE = 1;
layout(constant_id = 3) const int PIXELS = 8;
layout(constant_id = 4) const int QUADS = 4;
layout(constant_id = 5) const int RESIDUAL = 0; // 1: another map is added
layout(constant_id = 6) const int SURPLUS = 0; // 1: the last block has quads that do not exist

layout(push_constant) uniform Push {
    ivec2 in_size;
    int out_width;
    int pixels; // of the output; of Winograd's products, those of a row
    int in_quads;
    int out_quads;
    int pad;
    int units; // workgroups that share weights: for all pixels; of Winograd's products, for a row
    int unit_weights; // texels from the weights of one row of Winograd's products to those of the next
    int residual_shift; // 0: the other map has the same size, 1: half of it
    int spare; // a texel of the sink that nobody reads
    float least;
    float most;
    int digits[16];
} push;
#include "subgroup.glsl"

layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer weights;
layout(binding = 2) uniform samplerBuffer residual;
layout(binding = 3, std430) writeonly buffer Sink { vec4 sink[]; };

const int READS = (QUADS * 4 + LANES - 1) / LANES;

void main() {
    int lane = int(gl_SubgroupInvocationID);
    int block = same_for_all(int(gl_WorkGroupID.x));
    int unit = same_for_all(int(gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y));
    int row = unit / push.units;
    int first = (unit - row * push.units) * PIXELS * LANES;

    int at = block * (KERNEL * KERNEL * push.in_quads + 1) * QUADS * 4 + row * push.unit_weights + lane;
    vec4 read[READS];
    [[unroll]] for (int r = 0; r < (QUADS + LANES - 1) / LANES; r++) read[r] = texelFetch(weights, at + r * LANES);
    vec4 sum[PIXELS * QUADS];
    [[unroll]] for (int o = 0; o < QUADS; o++) {
        vec4 bias = subgroupShuffle(read[o / LANES], o % LANES);
        [[unroll]] for (int p = 0; p < PIXELS; p++) sum[p * QUADS + o] = bias;
    }
    at += QUADS * 4;
    // Lanes beyond the last pixel read for the others.
    ivec2 place[PIXELS];
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int pixel = min(first + p * LANES + lane, push.pixels - 1);
        place[p] = KERNEL == 1 ? ivec2(min(row * push.pixels + pixel, push.in_size.x - 1), 0) : ivec2(pixel % push.out_width, pixel / push.out_width);
    }
    for (int tap = 0; tap < KERNEL * KERNEL; tap++) {
        int from[PIXELS];
        float valid[PIXELS];
        [[unroll]] for (int p = 0; p < PIXELS; p++) {
            ivec2 pixel = place[p] * STRIDE + ivec2(tap % KERNEL, tap / KERNEL) - push.pad;
            bool exists = KERNEL == 1 || uint(pixel.x) < uint(push.in_size.x) && uint(pixel.y) < uint(push.in_size.y);
            from[p] = exists ? (pixel.y * push.in_size.x + pixel.x) * push.in_quads : 0;
            valid[p] = exists ? 1.0 : 0.0;
        }
        for (int q = 0; q < push.in_quads; q++) {
            [[unroll]] for (int r = 0; r < READS; r++) read[r] = texelFetch(weights, at + r * LANES);
            at += QUADS * 4;
            vec4 values[PIXELS];
            [[unroll]] for (int p = 0; p < PIXELS; p++) {
                values[p] = texelFetch(source, from[p] + q);
                if (KERNEL != 1) values[p] *= valid[p];
            }
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
    }
    [[unroll]] for (int p = 0; p < PIXELS; p++) {
        int added = 0;
        if (RESIDUAL == 1) {
            int pixel = min(first + p * LANES + lane, push.pixels - 1);
            ivec2 other = ivec2(pixel % push.out_width, pixel / push.out_width) >> push.residual_shift;
            added = (other.y * (push.out_width >> push.residual_shift) + other.x) * push.out_quads + block * QUADS;
        }
        [[unroll]] for (int o = 0; o < QUADS; o++) {
            vec4 value = min(max(sum[p * QUADS + o], vec4(push.least)), vec4(push.most));
            if (RESIDUAL == 1) value += texelFetch(residual, added + o * int(block * QUADS + o < push.out_quads));
            sum[p * QUADS + o] = value;
        }
        [[unroll]] for (int to = 0; to < LANES; to++) {
            int pixel = first + p * LANES + to;
            int at = (row * push.pixels + pixel) * push.out_quads + block * QUADS;
            at = place_or(at, push.spare, int(pixel < push.pixels) * int(at < push.spare));
            [[unroll]] for (int o = 0; o < QUADS; o++) {
                int there = at + o;
                if (SURPLUS == 1) there = place_or(there, push.spare, int(block * QUADS + o < push.out_quads));
                sink[there] = subgroupShuffle(sum[p * QUADS + o], to);
            }
        }
    }
}
