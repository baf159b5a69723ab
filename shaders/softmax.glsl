// Softmax over the channels of each pixel, and the parallax expected from it (expectation.glsl). One lane a pixel.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int CHANNELS = 33;

layout(push_constant) uniform Push {
    int pixels;
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { TEXEL source[]; };
layout(binding = 1, std430) readonly buffer Planes { vec4 planes[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
layout(binding = 1) uniform samplerBuffer planes;
#endif
layout(binding = 2, std430) writeonly buffer Shares { vec4 shares[]; };
layout(binding = 3, std430) writeonly buffer Parallax { float parallax[]; };

const int QUADS = (CHANNELS + 3) / 4;
#ifdef HALF
const int STRIDE = (CHANNELS + 7) / 8 * 2;
#else
const int STRIDE = QUADS;
#endif

#include "expectation.glsl"

void main() {
    int pixel = lane();
    if (pixel >= push.pixels) return;
    vec4 values[QUADS];
    [[unroll]] for (int q = 0; q < QUADS; q++) values[q] = FETCH(source, pixel * STRIDE + q);
    parallax[pixel] = expectation(values);
    [[unroll]] for (int q = 0; q < QUADS; q++) shares[pixel * QUADS + q] = values[q];
}
