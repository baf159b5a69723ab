#version 460
#extension GL_GOOGLE_include_directive : require
#define STORAGE
#define SEPARABLE
#include "gemm_lanes.glsl"
