#version 460
#extension GL_GOOGLE_include_directive : require
#define HALF
#define SOURCE_TEXEL vec4
#include "conv.glsl"
