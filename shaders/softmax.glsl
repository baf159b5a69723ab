// Softmax over the channels of each pixel, and the parallax expected from it: Σ p·parallax / Σ p over the planes in use. One lane a pixel.
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
layout(binding = 1) uniform samplerBuffer planes; // for each quad: parallax where in use, else 0; 1 where in use, else 0
#endif
layout(binding = 2, std430) writeonly buffer Shares { vec4 shares[]; };
layout(binding = 3, std430) writeonly buffer Parallax { float parallax[]; };

const int QUADS = (CHANNELS + 3) / 4;
#ifdef HALF
const int STRIDE = (CHANNELS + 7) / 8 * 2;
#else
const int STRIDE = QUADS;
#endif

void main() {
    int pixel = lane();
    if (pixel >= push.pixels) return;
    vec4 values[QUADS];
    [[unroll]] for (int q = 0; q < QUADS; q++) {
        values[q] = FETCH(source, pixel * STRIDE + q);
        // Channels that do not exist must not win.
        [[unroll]] for (int c = 0; c < 4; c++) {
            if (q * 4 + c >= CHANNELS) values[q][c] = -3.0e38;
        }
    }
    vec4 greatest = values[0];
    [[unroll]] for (int q = 1; q < QUADS; q++) greatest = max(greatest, values[q]);
    float most = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
    vec4 total = vec4(0.0);
    float weighted = 0.0;
    float used = 0.0;
    [[unroll]] for (int q = 0; q < QUADS; q++) {
        values[q] = exp(values[q] - most);
        total += values[q];
        weighted += dot(values[q], FETCH(planes, q * 2));
        used += dot(values[q], FETCH(planes, q * 2 + 1));
    }
    float scale = 1.0 / (total.x + total.y + total.z + total.w);
    [[unroll]] for (int q = 0; q < QUADS; q++) shares[pixel * QUADS + q] = values[q] * scale;
    // Where all falls into channels that stand for no plane, it is the screen's.
    parallax[pixel] = used > 0.0 ? weighted / used : 0.0;
}
