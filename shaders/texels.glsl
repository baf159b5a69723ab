// How the network's kernels read: four channels of one pixel at a time, as texels of a buffer or, with STORAGE defined, from a storage
// buffer. The first is vectorised over lanes on software drivers, where the second is a loop over them; on GPUs the second is at least as fast.
//
// Activations lie pixel by pixel in rows, ⌈channels / 4⌉ texels each; channels that do not exist are zero.
#extension GL_EXT_control_flow_attributes : require

// With HALF defined (which implies STORAGE) values and weights are stored in half precision, 8 bytes a texel, in whole pairs of texels a pixel;
// sums stay in single precision. What is said to be vec4 below is single precision always.
#ifdef HALF
#define STORAGE
#extension GL_EXT_shader_16bit_storage : require
#define TEXEL f16vec4
#define FETCH(from, index) vec4(from[index])
// Infinity would become no number at all in the next layer.
#define STORED(value) f16vec4(clamp(value, vec4(-65504.0), vec4(65504.0)))
#else
#define TEXEL vec4
#define STORED(value) (value)
#ifdef STORAGE
#define FETCH(from, index) from[index]
#else
#define FETCH(from, index) texelFetch(from, index)
#endif
#endif

vec4 activated(vec4 value, int activation) {
    if (activation > 0) value = max(value, vec4(0.0));
    if (activation > 1) value = min(value, vec4(6.0));
    return value;
}

// The number of this lane; a dispatch of more workgroups than fit a row has several rows of them.
int lane() {
    return int(gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x + gl_GlobalInvocationID.x);
}
