// Fully connected, second half: the slices' sums, the bias and the activation.
layout(local_size_x_id = 0) in;
#include "texels.glsl"

layout(push_constant) uniform Push {
    int out_quads;
    int slices;
    int activation;
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { vec4 source[]; };
layout(binding = 1, std430) readonly buffer Bias { vec4 bias[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer bias;
#endif
layout(binding = 2, std430) writeonly buffer Sink { TEXEL sink[]; };

void main() {
    int quad = lane();
    if (quad >= push.out_quads) return;
    vec4 sum = FETCH(bias, quad);
    for (int slice = 0; slice < push.slices; slice++) sum += FETCH(source, slice * push.out_quads + quad);
    sink[quad] = STORED(activated(sum, push.activation));
}
