// Fully connected, first half: the source is cut into slices, a lane sums one slice for four outputs. dense_finish adds the slices up.
// Weights: for each quad in, for each of its channels, for each quad out: four outputs.
layout(local_size_x_id = 0) in;
#include "texels.glsl"

layout(push_constant) uniform Push {
    int in_quads;
    int out_quads;
    int slices;
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { TEXEL source[]; };
layout(binding = 1, std430) readonly buffer Weights { TEXEL weights[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer weights;
#endif
layout(binding = 2, std430) writeonly buffer Sink { vec4 sink[]; };

void main() {
    int index = lane();
    int out_quad = index % push.out_quads;
    int slice = index / push.out_quads;
    if (slice >= push.slices) return;
    int length = (push.in_quads + push.slices - 1) / push.slices;
    int end = min((slice + 1) * length, push.in_quads);
    vec4 sum = vec4(0.0);
    for (int q = slice * length; q < end; q++) {
        vec4 value = FETCH(source, q);
        int at = q * 4 * push.out_quads + out_quad;
        sum += value.x * FETCH(weights, at) + value.y * FETCH(weights, at + push.out_quads)
             + value.z * FETCH(weights, at + 2 * push.out_quads) + value.w * FETCH(weights, at + 3 * push.out_quads);
    }
    sink[index] = sum;
}
