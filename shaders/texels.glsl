// How the network's kernels read: four channels of one pixel at a time, as texels of a buffer or, with STORAGE defined, from a storage
// buffer. The first is vectorised over lanes on software drivers, where the second is a loop over them; on GPUs the second is at least as fast.
//
// Activations lie pixel by pixel in rows, ⌈channels / 4⌉ texels each; channels that do not exist are zero.
#extension GL_EXT_control_flow_attributes : require

#ifdef STORAGE
#define FETCH(from, index) from[index]
#else
#define FETCH(from, index) texelFetch(from, index)
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
