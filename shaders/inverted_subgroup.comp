#version 460
#extension GL_GOOGLE_include_directive : require
#define EXPAND
#include "separable_subgroup.glsl"
