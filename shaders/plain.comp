// Disparity for `upsample` where nothing is asked of edges: each place's in parts of the shot's span.
// Twin: src/stage/stereo/reference/.
#version 460

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) uniform samplerBuffer disparity;
layout(set = 0, binding = 1, r32ui) uniform writeonly uimageBuffer calm; // as `blend` leaves it

layout(push_constant) uniform Push {
    int places;
    float scale; // parts of the shot's span per raw unit
} push;

void main() {
    int index = int(gl_GlobalInvocationID.x);
    if (index >= push.places) {
        return;
    }
    float d = texelFetch(disparity, index).r * push.scale;
    d = abs(d) < 1e6 ? d : 0.0; // what is no number must not spread
    imageStore(calm, index, uvec4(floatBitsToUint(d) & ~1u));
}
