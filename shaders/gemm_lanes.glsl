// gemm.glsl's product by plain arithmetic in single precision, halves unpacked on their way into shared memory. A lane makes LANE_ROWS
// pixels × LANE_QUADS·4 channels in registers. Its pixels and its channels lie apart, so that neighbouring lanes read neighbouring or the
// same words of shared memory; a row has a texel more than it needs, so that rows begin in different banks.
#include "gemm.glsl"
layout(constant_id = 6) const int LANE_ROWS = 8;
layout(constant_id = 7) const int LANE_QUADS = 2;

const int LANES_ACROSS = TILE_COLUMNS / (4 * LANE_QUADS);
const int LANES_DOWN = TILE_ROWS / LANE_ROWS;
const int PITCH = CHUNK / 4 + 1;
const int QUADS = TILE_COLUMNS / 4;

shared vec4 shared_rows[2 * TILE_ROWS * PITCH];
shared vec4 shared_columns[2 * CHUNK * QUADS];

vec4 sums[LANE_ROWS * LANE_QUADS];

void stage(int side) {
    int lane = int(gl_LocalInvocationIndex);
    int at = (side * TILE_ROWS + lane / ACROSS) * PITCH + lane % ACROSS * PIECE_TEXELS;
    [[unroll]] for (int i = 0; i < ROW_READS; i++) {
#ifdef HALF
        shared_rows[at + i * ROW_STEP * PITCH] = unpacked(row_pieces[i].xy);
        shared_rows[at + i * ROW_STEP * PITCH + 1] = unpacked(row_pieces[i].zw);
#else
        shared_rows[at + i * ROW_STEP * PITCH] = row_pieces[i];
#endif
    }
    at = side * CHUNK * QUADS + lane * PIECE_TEXELS;
    [[unroll]] for (int i = 0; i < COLUMN_READS; i++) {
#ifdef HALF
        shared_columns[at + i * LANES * 2] = unpacked(column_pieces[i].xy);
        shared_columns[at + i * LANES * 2 + 1] = unpacked(column_pieces[i].zw);
#else
        shared_columns[at + i * LANES] = column_pieces[i];
#endif
    }
}

void multiply(int side, int down, int across) {
    int row = (side * TILE_ROWS + down) * PITCH;
    int column = side * CHUNK * QUADS + across;
    for (int k = 0; k < CHUNK / 4; k++) {
        vec4 values[LANE_ROWS];
        [[unroll]] for (int r = 0; r < LANE_ROWS; r++) values[r] = shared_rows[row + r * LANES_DOWN * PITCH + k];
        [[unroll]] for (int c = 0; c < 4; c++) {
            [[unroll]] for (int q = 0; q < LANE_QUADS; q++) {
                vec4 weight = shared_columns[column + (k * 4 + c) * QUADS + q * LANES_ACROSS];
                [[unroll]] for (int r = 0; r < LANE_ROWS; r++) sums[r * LANE_QUADS + q] += values[r][c] * weight;
            }
        }
    }
}

void main() {
    Work work = begin();
    int down = int(gl_LocalInvocationIndex) / LANES_ACROSS;
    int across = int(gl_LocalInvocationIndex) % LANES_ACROSS;
    [[unroll]] for (int s = 0; s < LANE_ROWS * LANE_QUADS; s++) sums[s] = vec4(0.0);
    fetch(work, work.first);
    for (int chunk = work.first; chunk < work.end; chunk++) {
        stage(chunk & 1);
        barrier();
        if (chunk + 1 < work.end) fetch(work, chunk + 1);
        multiply(chunk & 1, down, across);
    }
    [[unroll]] for (int r = 0; r < LANE_ROWS; r++) {
        [[unroll]] for (int q = 0; q < LANE_QUADS; q++) {
            int quad = work.column / 4 + across + q * LANES_ACROSS;
            store(work.row + down + r * LANES_DOWN, quad, work.split, sums[r * LANE_QUADS + q]);
        }
    }
}
