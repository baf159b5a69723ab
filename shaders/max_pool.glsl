// The greatest of 2×2 pixels and, with NORM, its batch-normed copy: the convolution behind that pads with zeros in the normed space, so the
// norm cannot be folded into its weights.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int NORM = 0;

layout(push_constant) uniform Push {
    ivec2 out_size;
    int quads;
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { TEXEL source[]; };
layout(binding = 1, std430) readonly buffer Norm { vec4 norm[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer norm; // for each quad: scale, offset
#endif
layout(binding = 2, std430) writeonly buffer Sink { TEXEL sink[]; };
layout(binding = 3, std430) writeonly buffer Normed { TEXEL normed[]; };

void main() {
    int index = lane();
    int quad = index % push.quads;
    int pixel = index / push.quads;
    int y = pixel / push.out_size.x;
    if (y >= push.out_size.y) return;
    int line = push.out_size.x * 2 * push.quads;
    int at = y * 2 * line + (pixel % push.out_size.x) * 2 * push.quads + quad;
    vec4 upper = max(FETCH(source, at), FETCH(source, at + push.quads));
    vec4 lower = max(FETCH(source, at + line), FETCH(source, at + line + push.quads));
    vec4 value = max(upper, lower);
    sink[index] = STORED(value);
    if (NORM != 0) normed[index] = STORED(value * FETCH(norm, quad * 2) + FETCH(norm, quad * 2 + 1));
}
