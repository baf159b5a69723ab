// Dense convolution for GPUs as a matrix product that is never written out ("implicit GEMM"): rows are output pixels, columns output
// channels, and the sum runs over kernel rows, kernel columns and source channels. Bias, activation and the addition of another map of the
// same size or of half of it are done to the sums before they are stored.
//
// A workgroup makes TILE_ROWS × TILE_COLUMNS. It goes through the sum CHUNK source channels at a time: both factors of a chunk are read from
// memory 16 bytes at once into registers while the chunk before is multiplied, then laid into shared memory, of which there are two halves,
// so that one barrier a chunk is enough. With `splits` > 1 several workgroups share a tile, each with a part of the sum; they store bare sums
// in single precision, and gemm_finish adds them up.
//
// With SEPARABLE, the source goes through a depthwise convolution (KERNEL, STRIDE, its own bias and activation) while it is being laid into
// shared memory, and the product is a 1×1 convolution: the map between the two is never stored.
//
// How the product of two chunks is made is gemm_lanes.glsl's (any GPU) or gemm_matrix.glsl's (cooperative matrices).
//
// Weights: for each tile of columns, for each chunk, for each channel of the chunk: TILE_COLUMNS numbers. The source's channels are taken in
// pieces of 16 bytes; the pieces of the whole sum are numbered (kernel row, kernel column, piece of the pixel), and what is left of the last
// chunk has weight 0.
layout(local_size_x_id = 0) in;
#include "texels.glsl"
layout(constant_id = 1) const int KERNEL = 3;
layout(constant_id = 2) const int STRIDE = 1;
layout(constant_id = 3) const int TILE_ROWS = 64;
layout(constant_id = 4) const int TILE_COLUMNS = 64;
layout(constant_id = 5) const int CHUNK = 16;

layout(push_constant) uniform Push {
    ivec2 in_size;
    ivec2 out_size;
    int in_quads;
    int out_quads;
    int chunks;
    int column_tiles;
    int splits;
    int pad;
    int activation;
    int residual_shift; // -1: nothing is added, 0: the same size, 1: half of it
    int inner_activation; // the depthwise convolution's
} push;

// A piece: 16 bytes of one pixel's channels.
#ifdef HALF
#define PIECE_TEXELS 2
#define PIECE uvec4
#else
#define PIECE_TEXELS 1
#define PIECE vec4
#endif

layout(binding = 0, std430) readonly buffer Source { PIECE source[]; };
layout(binding = 1, std430) readonly buffer Weights { PIECE weights[]; };
layout(binding = 2, std430) readonly buffer Bias { vec4 bias[]; };
layout(binding = 3, std430) readonly buffer Residual { TEXEL residual[]; };
#ifdef SEPARABLE
layout(binding = 4, std430) readonly buffer Inner { vec4 inner[]; }; // depthwise.glsl's weights
layout(binding = 5, std430) writeonly buffer Sink { TEXEL sink[]; };
layout(binding = 6, std430) writeonly buffer Partial { vec4 partial_sums[]; };
#else
layout(binding = 4, std430) writeonly buffer Sink { TEXEL sink[]; };
layout(binding = 5, std430) writeonly buffer Partial { vec4 partial_sums[]; };
#endif

const int LANES = int(gl_WorkGroupSize.x);
const int PIECE_CHANNELS = 4 * PIECE_TEXELS;
// Pieces of a chunk: across (channels) and, for each lane, how many it reads.
const int ACROSS = CHUNK / PIECE_CHANNELS;
const int ROW_STEP = LANES / ACROSS;
const int ROW_READS = TILE_ROWS / ROW_STEP;
const int COLUMN_PIECES = TILE_COLUMNS / PIECE_CHANNELS;
const int COLUMN_READS = CHUNK * COLUMN_PIECES / LANES;

#ifdef HALF
vec4 unpacked(uvec2 halves) { return vec4(unpackHalf2x16(halves.x), unpackHalf2x16(halves.y)); }
#endif

// Output pixel `pixel` of the tile's row, or none: x < 0.
ivec2 position(int pixel) {
    return pixel < push.out_size.x * push.out_size.y ? ivec2(pixel % push.out_size.x, pixel / push.out_size.x) : ivec2(-1, 0);
}

// Bias, activation and residual of four channels of an output pixel, or their bare sum.
void store(int pixel, int quad, int split, vec4 sum) {
    int pixels = push.out_size.x * push.out_size.y;
    if (pixel >= pixels || quad >= push.out_quads) return;
    if (push.splits > 1) {
        partial_sums[(split * pixels + pixel) * push.out_quads + quad] = sum;
        return;
    }
    vec4 value = activated(sum + bias[quad], push.activation);
    if (push.residual_shift >= 0) {
        ivec2 at = position(pixel) >> push.residual_shift;
        value += FETCH(residual, (at.y * (push.out_size.x >> push.residual_shift) + at.x) * push.out_quads + quad);
    }
    sink[pixel * push.out_quads + quad] = STORED(value);
}

// This workgroup's tile, and its part of the sum.
struct Work {
    int row;    // first output pixel
    int column; // first output channel
    int split;
    int first;  // chunks
    int end;
};

PIECE row_pieces[ROW_READS];
PIECE column_pieces[COLUMN_READS];
ivec2 corners[ROW_READS]; // the source pixel under the kernel's first row and column, for each output pixel that this lane reads for

Work begin() {
    int group = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x);
    int tile = group / push.splits;
    Work work;
    work.split = group % push.splits;
    work.row = tile / push.column_tiles * TILE_ROWS;
    work.column = tile % push.column_tiles * TILE_COLUMNS;
    work.first = work.split * push.chunks / push.splits;
    work.end = (work.split + 1) * push.chunks / push.splits;
    [[unroll]] for (int i = 0; i < ROW_READS; i++) {
        ivec2 at = position(work.row + int(gl_LocalInvocationIndex) / ACROSS + i * ROW_STEP);
        // Far outside, so that nothing is read.
        corners[i] = at.x < 0 ? ivec2(-0x10000) : at * STRIDE - push.pad;
    }
    return work;
}

PIECE source_piece(ivec2 at, int piece, int pieces) {
    bool inside = at.x >= 0 && at.y >= 0 && at.x < push.in_size.x && at.y < push.in_size.y;
    PIECE value = source[inside ? (at.y * push.in_size.x + at.x) * pieces + piece : 0];
    return inside ? value : PIECE(0);
}

#ifdef SEPARABLE
void fetch_rows(int piece, int pieces) {
    bool exists = piece < pieces;
    int at = min(piece, pieces - 1) * PIECE_TEXELS * (KERNEL * KERNEL + 1);
    vec4 sums[ROW_READS * PIECE_TEXELS];
    [[unroll]] for (int t = 0; t < PIECE_TEXELS; t++) {
        vec4 first = inner[at + t * (KERNEL * KERNEL + 1)];
        [[unroll]] for (int i = 0; i < ROW_READS; i++) sums[i * PIECE_TEXELS + t] = first;
    }
    for (int ky = 0; ky < KERNEL; ky++) {
        for (int kx = 0; kx < KERNEL; kx++) {
            at++;
            [[unroll]] for (int i = 0; i < ROW_READS; i++) {
                PIECE value = source_piece(corners[i] + ivec2(kx, ky), exists ? piece : 0, pieces);
#ifdef HALF
                sums[i * 2] += unpacked(value.xy) * inner[at];
                sums[i * 2 + 1] += unpacked(value.zw) * inner[at + KERNEL * KERNEL + 1];
#else
                sums[i] += value * inner[at];
#endif
            }
        }
    }
    [[unroll]] for (int i = 0; i < ROW_READS; i++) {
#ifdef HALF
        vec4 one = clamp(activated(sums[i * 2], push.inner_activation), vec4(-65504.0), vec4(65504.0));
        vec4 two = clamp(activated(sums[i * 2 + 1], push.inner_activation), vec4(-65504.0), vec4(65504.0));
        uvec4 value = uvec4(packHalf2x16(one.xy), packHalf2x16(one.zw), packHalf2x16(two.xy), packHalf2x16(two.zw));
#else
        vec4 value = activated(sums[i], push.inner_activation);
#endif
        row_pieces[i] = exists ? value : PIECE(0);
    }
}
#else
void fetch_rows(int piece, int pieces) {
    int tap = KERNEL == 1 ? 0 : piece / pieces;
    piece -= tap * pieces;
    bool exists = KERNEL == 1 ? piece < pieces : tap < KERNEL * KERNEL;
    ivec2 offset = exists ? ivec2(tap % KERNEL, tap / KERNEL) : ivec2(-0x10000);
    [[unroll]] for (int i = 0; i < ROW_READS; i++) row_pieces[i] = source_piece(corners[i] + offset, piece, pieces);
}
#endif

// Reads a chunk of both factors into registers.
void fetch(Work work, int chunk) {
    int lane = int(gl_LocalInvocationIndex);
    fetch_rows(chunk * ACROSS + lane % ACROSS, push.in_quads / PIECE_TEXELS);
    int at = (work.column / TILE_COLUMNS * push.chunks + chunk) * CHUNK * COLUMN_PIECES + lane;
    [[unroll]] for (int i = 0; i < COLUMN_READS; i++) column_pieces[i] = weights[at + i * LANES];
}
