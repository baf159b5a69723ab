#version 460
#extension GL_GOOGLE_include_directive : require
#define HALF
#include "gemm_matrix.glsl"
