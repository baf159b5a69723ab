// As colour.comp, for what almost all films are: three planes of 8 bits, the second and third half as large each way, upright, and of the wanted primaries.
// A lane makes 8×2 pixels: it reads four samples at a time, and each once.
// Twin: src/stage/colour/reference.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 16, local_size_y = 4) in;

// Numbers as in colour.comp.
layout(constant_id = 4) const float site_x = 0.0; // place of the first chroma sample, in luma samples
layout(constant_id = 5) const float site_y = 0.5;
layout(constant_id = 6) const float m00 = 1; // R'G'B' from sample codes: rows of (first, second, third plane, constant)
layout(constant_id = 7) const float m01 = 0;
layout(constant_id = 8) const float m02 = 0;
layout(constant_id = 9) const float m03 = 0;
layout(constant_id = 10) const float m10 = 0;
layout(constant_id = 11) const float m11 = 1;
layout(constant_id = 12) const float m12 = 0;
layout(constant_id = 13) const float m13 = 0;
layout(constant_id = 14) const float m20 = 0;
layout(constant_id = 15) const float m21 = 0;
layout(constant_id = 16) const float m22 = 1;
layout(constant_id = 17) const float m23 = 0;

layout(set = 0, binding = 0) uniform usamplerBuffer first; // four samples a texel
layout(set = 0, binding = 1) uniform usamplerBuffer second;
layout(set = 0, binding = 2) uniform usamplerBuffer third;
layout(set = 0, binding = 3, rgba8) uniform writeonly image2D picture;

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 chroma_size;
    ivec3 pitch; // of each plane, in texels
} push;

const int COLUMNS = 8, ROWS = 2;
// Chroma columns from the one before a lane's own to the one after them.
const int AROUND = COLUMNS / 2 + 2;

float sample_in(uint word, int number) {
    return float(int(word >> (8 * number) & 0xffu));
}

// The chroma samples of row `y` from column `x` − 1 on (a multiple of four); beyond the plane's sides its last ones.
void read_row(int x, int y, out vec2 row[AROUND]) {
    y = clamp(y, 0, push.chroma_size.y - 1);
    int at = y * push.pitch.y + x / 4, other = y * push.pitch.z + x / 4;
    uvec2 now = uvec2(texelFetch(second, at).r, texelFetch(third, other).r);
    // Where the first sample is at the first pixel's place, nothing is read before it.
    uvec2 before = site_x > 0.0 && x > 0 ? uvec2(texelFetch(second, at - 1).r, texelFetch(third, other - 1).r) : now << 24;
    uvec2 after = x + 4 < push.chroma_size.x ? uvec2(texelFetch(second, at + 1).r, texelFetch(third, other + 1).r) : uvec2(0u);
    [[unroll]] for (int column = 0; column < AROUND; column++) {
        uvec2 word = column == 0 ? before : column == AROUND - 1 ? after : now;
        int number = (column + 3) % 4;
        row[column] = vec2(sample_in(word.x, number), sample_in(word.y, number));
        if (column > 0) {
            row[column] = x - 1 + column < push.chroma_size.x ? row[column] : row[column - 1];
        }
    }
}

void main() {
    ivec2 begin = ivec2(gl_GlobalInvocationID.xy) * ivec2(COLUMNS, ROWS);
    if (any(greaterThanEqual(begin, push.size))) {
        return;
    }
    vec2 chroma[ROWS + 1][AROUND];
    [[unroll]] for (int row = 0; row <= ROWS; row++) {
        read_row(begin.x / 2, begin.y / 2 - 1 + row, chroma[row]);
    }
    [[unroll]] for (int row = 0; row < ROWS; row++) {
        int y = min(begin.y + row, push.size.y - 1), at = y * push.pitch.x + begin.x / 4;
        uint words[2] = uint[2](texelFetch(first, at).r, begin.x + 4 < push.size.x ? texelFetch(first, at + 1).r : 0u);
        // Rows and columns of chroma are half as far apart: each pixel lies between two, always the same ones of those that were read.
        float down = (float(row) - site_y) * 0.5;
        int above = int(floor(down)) + 1;
        vec2 line[AROUND];
        [[unroll]] for (int column = 0; column < AROUND; column++) {
            line[column] = mix(chroma[above][column], chroma[above + 1][column], down - floor(down));
        }
        [[unroll]] for (int column = 0; column < COLUMNS; column++) {
            float across = (float(column) - site_x) * 0.5;
            int left = int(floor(across)) + 1;
            vec2 c = mix(line[left], line[left + 1], across - floor(across));
            float luma = sample_in(words[column / 4], column % 4);
            vec3 rgb = vec3(m00 * luma + m01 * c.x + m02 * c.y + m03, m10 * luma + m11 * c.x + m12 * c.y + m13, m20 * luma + m21 * c.x + m22 * c.y + m23);
            ivec2 here = begin + ivec2(column, row);
            if (all(lessThan(here, push.size))) {
                imageStore(picture, here, vec4(clamp(rgb, 0.0, 1.0), 1.0));
            }
        }
    }
}
