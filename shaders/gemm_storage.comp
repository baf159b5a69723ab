#version 460
#extension GL_GOOGLE_include_directive : require
#define STORAGE
#include "gemm_lanes.glsl"
