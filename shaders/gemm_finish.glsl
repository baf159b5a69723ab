// The parts of a split sum of gemm.glsl, bias, activation and residual: one lane for four channels of an output pixel.
layout(local_size_x_id = 0) in;
#include "texels.glsl"

layout(push_constant) uniform Push {
    ivec2 size;
    int quads;
    int splits;
    int activation;
    int residual_shift; // as in gemm.glsl
} push;

layout(binding = 0, std430) readonly buffer Partial { vec4 partial_sums[]; };
layout(binding = 1, std430) readonly buffer Bias { vec4 bias[]; };
layout(binding = 2, std430) readonly buffer Residual { TEXEL residual[]; };
layout(binding = 3, std430) writeonly buffer Sink { TEXEL sink[]; };

void main() {
    int index = lane();
    int count = push.size.x * push.size.y * push.quads;
    if (index >= count) return;
    int quad = index % push.quads;
    vec4 value = bias[quad];
    for (int split = 0; split < push.splits; split++) value += partial_sums[split * count + index];
    value = activated(value, push.activation);
    if (push.residual_shift >= 0) {
        int pixel = index / push.quads;
        ivec2 at = ivec2(pixel % push.size.x, pixel / push.size.x) >> push.residual_shift;
        value += FETCH(residual, (at.y * (push.size.x >> push.residual_shift) + at.x) * push.quads + quad);
    }
    sink[index] = STORED(value);
}
