#version 460
#extension GL_GOOGLE_include_directive : require
#define HALF
#define SEPARABLE
#include "gemm_matrix.glsl"
