// Last step of a 3×3 convolution by Winograd (winograd_input.glsl): SIDE² products of a tile become its TILE × TILE pixels, Aᵀ·m·A; bias,
// activation and, with POOL, the greatest of 2×2 pixels, which is then all that is stored; with POOL 2 also a copy of that scaled and moved by a
// batch norm. A lane makes one tile of four channels. Table: for each quad the bias, scale and offset.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
#include "winograd.glsl"
layout(constant_id = 2) const int POOL = 0;

layout(push_constant) uniform Push {
    ivec2 size;
    int quads;
    int tiles_across;
    int tiles;
    int activation;
#ifndef STORAGE
    int spare; // a texel of the sink that nobody reads
    int digits[16];
#endif
} push;

#include "quads.glsl"

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Products { vec4 products[]; };
layout(binding = 1, std430) readonly buffer Channels { vec4 channels[]; };
#else
layout(binding = 0) uniform samplerBuffer products;
layout(binding = 1) uniform samplerBuffer channels;
#endif
layout(binding = 2, std430) writeonly buffer Sink { vec4 sink[]; };
layout(binding = 3, std430) writeonly buffer Normed { vec4 normed[]; };

// Aᵀ of one row or column.
void backward(in vec4 m[6], out vec4 y[4]) {
    vec4 sum = m[1] + m[2];
    vec4 difference = m[1] - m[2];
    if (TILE == 2) {
        y[0] = m[0] + sum;
        y[1] = difference - m[3];
    } else {
        vec4 sum2 = m[3] + m[4];
        vec4 difference2 = m[3] - m[4];
        y[0] = m[0] + sum + sum2;
        y[1] = difference + 2.0 * difference2;
        y[2] = sum + 4.0 * sum2;
        y[3] = difference + 8.0 * difference2 + m[5];
    }
}

void main() {
    int quad = quad_and_tile().x;
    int tile = quad_and_tile().y;
#ifdef STORAGE // elsewhere there are no others
    if (tile >= push.tiles) return;
#endif
    int x0 = tile % push.tiles_across * TILE;
    int y0 = tile / push.tiles_across * TILE;
    vec4 rows[SIDE * TILE];
    [[unroll]] for (int i = 0; i < SIDE; i++) {
        vec4 m[6];
        [[unroll]] for (int j = 0; j < SIDE; j++) {
            m[j] = FETCH(products, ((i * SIDE + j) * push.tiles + tile) * push.quads + quad);
        }
        vec4 y[4];
        backward(m, y);
        [[unroll]] for (int j = 0; j < TILE; j++) rows[i * TILE + j] = y[j];
    }
    vec4 bias = FETCH(channels, quad * 3);
    vec4 pixels[TILE * TILE];
    [[unroll]] for (int j = 0; j < TILE; j++) {
        vec4 m[6];
        [[unroll]] for (int i = 0; i < SIDE; i++) m[i] = rows[i * TILE + j];
        vec4 y[4];
        backward(m, y);
        [[unroll]] for (int i = 0; i < TILE; i++) pixels[i * TILE + j] = activated(y[i] + bias, push.activation);
    }
    if (POOL > 0) {
        ivec2 half_size = push.size / 2;
        [[unroll]] for (int i = 0; i < TILE; i += 2) {
            [[unroll]] for (int j = 0; j < TILE; j += 2) {
                int x = (x0 + j) / 2;
                int y = (y0 + i) / 2;
                int place = i * TILE + j;
                vec4 greatest = max(max(pixels[place], pixels[place + 1]), max(pixels[place + TILE], pixels[place + TILE + 1]));
                int exists = int(x < half_size.x) * int(y < half_size.y);
                STORE_QUADS(sink, y * half_size.x + x, exists, greatest)
                if (POOL == 2) {
                    vec4 scaled = greatest * FETCH(channels, quad * 3 + 1) + FETCH(channels, quad * 3 + 2);
                    STORE_QUADS(normed, y * half_size.x + x, exists, scaled)
                }
            }
        }
    } else {
        [[unroll]] for (int i = 0; i < TILE; i++) {
            [[unroll]] for (int j = 0; j < TILE; j++) {
                int exists = int(x0 + j < push.size.x) * int(y0 + i < push.size.y);
                STORE_QUADS(sink, (y0 + i) * push.size.x + x0 + j, exists, pixels[i * TILE + j])
            }
        }
    }
}
