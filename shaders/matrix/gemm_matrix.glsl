// gemm.glsl's product by cooperative matrices (VK_KHR_cooperative_matrix): halves in, sums in single precision. The subgroups of a
// workgroup share its tile as a grid; each makes its part as matrices of M × N. Sums are laid into shared memory, a matrix of each
// subgroup at a time, to be stored: which lane holds which of a matrix's numbers is the driver's secret.
//
// A row has a piece more than it needs, so that rows begin in different banks.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#include "gemm.glsl"
layout(constant_id = 6) const int M = 16;
layout(constant_id = 7) const int N = 16;
layout(constant_id = 8) const int K = 16;
layout(constant_id = 9) const int SUBGROUPS_DOWN = 2;
layout(constant_id = 10) const int SUBGROUPS_ACROSS = 2;

const int DOWN = TILE_ROWS / (SUBGROUPS_DOWN * M);
const int ALONG = TILE_COLUMNS / (SUBGROUPS_ACROSS * N);
const int ROW_PITCH = CHUNK / 8 + 1;
const int COLUMN_PITCH = TILE_COLUMNS / 8 + 1;

shared uvec4 shared_rows[2 * TILE_ROWS * ROW_PITCH];
shared uvec4 shared_columns[2 * CHUNK * COLUMN_PITCH];
shared vec4 shared_sums[SUBGROUPS_DOWN * SUBGROUPS_ACROSS * M * N / 4];

void stage(int side) {
    int lane = int(gl_LocalInvocationIndex);
    int at = (side * TILE_ROWS + lane / ACROSS) * ROW_PITCH + lane % ACROSS;
    [[unroll]] for (int i = 0; i < ROW_READS; i++) shared_rows[at + i * ROW_STEP * ROW_PITCH] = row_pieces[i];
    [[unroll]] for (int i = 0; i < COLUMN_READS; i++) {
        int piece = lane + i * LANES;
        at = (side * CHUNK + piece / COLUMN_PIECES) * COLUMN_PITCH + piece % COLUMN_PIECES;
        shared_columns[at] = column_pieces[i];
    }
}

void main() {
    Work work = begin();
    int subgroup = int(gl_SubgroupID);
    int first_row = subgroup / SUBGROUPS_ACROSS * DOWN * M;
    int first_column = subgroup % SUBGROUPS_ACROSS * ALONG * N;
    coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sums[DOWN * ALONG];
    [[unroll]] for (int s = 0; s < DOWN * ALONG; s++) {
        sums[s] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator>(0.0);
    }
    fetch(work, work.first);
    for (int chunk = work.first; chunk < work.end; chunk++) {
        int side = chunk & 1;
        stage(side);
        barrier();
        if (chunk + 1 < work.end) fetch(work, chunk + 1);
        [[unroll]] for (int k = 0; k < CHUNK / K; k++) {
            coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> rows[DOWN];
            [[unroll]] for (int d = 0; d < DOWN; d++) {
                int at = (side * TILE_ROWS + first_row + d * M) * ROW_PITCH + k * K / 8;
                coopMatLoad(rows[d], shared_rows, at, ROW_PITCH, gl_CooperativeMatrixLayoutRowMajor);
            }
            [[unroll]] for (int a = 0; a < ALONG; a++) {
                coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> columns;
                int at = (side * CHUNK + k * K) * COLUMN_PITCH + (first_column + a * N) / 8;
                coopMatLoad(columns, shared_columns, at, COLUMN_PITCH, gl_CooperativeMatrixLayoutRowMajor);
                [[unroll]] for (int d = 0; d < DOWN; d++) {
                    sums[d * ALONG + a] = coopMatMulAdd(rows[d], columns, sums[d * ALONG + a]);
                }
            }
        }
    }
    int patch_at = subgroup * M * N / 4;
    [[unroll]] for (int d = 0; d < DOWN; d++) {
        [[unroll]] for (int a = 0; a < ALONG; a++) {
            coopMatStore(sums[d * ALONG + a], shared_sums, patch_at, N / 4, gl_CooperativeMatrixLayoutRowMajor);
            barrier();
            for (int index = int(gl_SubgroupInvocationID); index < M * N / 4; index += int(gl_SubgroupSize)) {
                int row = work.row + first_row + d * M + index / (N / 4);
                int quad = (work.column + first_column + a * N) / 4 + index % (N / 4);
                store(row, quad, work.split, shared_sums[patch_at + index]);
            }
            barrier();
        }
    }
}
