// First step of a 3×3 convolution by Winograd's F(TILE×TILE, 3×3): a tile of SIDE × SIDE source pixels, SIDE = TILE + 2, becomes SIDE² numbers,
// Bᵀ·d·B, which the second step (conv.glsl, one row of products for each number) multiplies with the weights made alike. Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks" (2016), section 4. A lane makes one tile of four channels; neighbours take the next channels.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
#include "winograd.glsl"

layout(push_constant) uniform Push {
    ivec2 size;
    int quads;
    int tiles_across;
    int tiles;
#ifndef STORAGE
    int spare; // a texel of the sink that nobody reads
    int digits[16];
#endif
} push;

#include "quads.glsl"

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Source { vec4 source[]; };
#else
layout(binding = 0) uniform samplerBuffer source;
#endif
layout(binding = 1, std430) writeonly buffer Sink { vec4 sink[]; };

// Bᵀ of one row or column.
void forward(in vec4 d[6], out vec4 v[6]) {
    if (TILE == 2) {
        v[0] = d[0] - d[2];
        v[1] = d[1] + d[2];
        v[2] = d[2] - d[1];
        v[3] = d[1] - d[3];
    } else {
        vec4 even = d[4] - 4.0 * d[2];
        vec4 odd = d[3] - 4.0 * d[1];
        vec4 even2 = d[4] - d[2];
        vec4 odd2 = 2.0 * (d[3] - d[1]);
        v[0] = 4.0 * d[0] - 5.0 * d[2] + d[4];
        v[1] = even + odd;
        v[2] = even - odd;
        v[3] = even2 + odd2;
        v[4] = even2 - odd2;
        v[5] = 4.0 * d[1] - 5.0 * d[3] + d[5];
    }
}

void main() {
    int quad = quad_and_tile().x;
    int tile = quad_and_tile().y;
#ifdef STORAGE // elsewhere there are no others
    if (tile >= push.tiles) return;
#endif
    int x0 = tile % push.tiles_across * TILE - 1;
    int y0 = tile / push.tiles_across * TILE - 1;
    vec4 rows[SIDE * SIDE];
    [[unroll]] for (int i = 0; i < SIDE; i++) {
        bool inside = y0 + i >= 0 && y0 + i < push.size.y;
        vec4 d[6];
        [[unroll]] for (int j = 0; j < SIDE; j++) {
            bool valid = inside && x0 + j >= 0 && x0 + j < push.size.x;
            vec4 value = FETCH(source, valid ? ((y0 + i) * push.size.x + x0 + j) * push.quads + quad : 0);
            d[j] = valid ? value : vec4(0.0);
        }
        vec4 v[6];
        forward(d, v);
        [[unroll]] for (int j = 0; j < SIDE; j++) rows[i * SIDE + j] = v[j];
    }
    [[unroll]] for (int j = 0; j < SIDE; j++) {
        vec4 d[6];
        [[unroll]] for (int i = 0; i < SIDE; i++) d[i] = rows[i * SIDE + j];
        vec4 v[6];
        forward(d, v);
        [[unroll]] for (int i = 0; i < SIDE; i++) STORE_QUADS(sink, (i * SIDE + j) * push.tiles + tile, int(tile < push.tiles), v[i])
    }
}
