// Depth pictures from the parallax: 16 bits as src/stage/stereo/depth.rs defines them, two pixels a word in reading order, and 8 bits
// stretched over the shot's range, near white.
// Twin: src/stage/stereo/depth.rs.
#version 460

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) uniform isamplerBuffer parallax; // in units
layout(set = 0, binding = 1) writeonly buffer Deep { uint deep[]; };
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D grey;

layout(push_constant) uniform Push {
    ivec2 size;
    float near; // % of the width
    float far;
    float unit; // pixels
} push;

uint pixel(int index) {
    ivec2 here = ivec2(index % push.size.x, index / push.size.x);
    if (here.y >= push.size.y) {
        return 0u;
    }
    float p = float(texelFetch(parallax, index).r) * push.unit * 100.0 / float(push.size.x);
    float range = push.far - push.near;
    float v = range > 1e-6 ? clamp((push.far - p) / range, 0.0, 1.0) : 0.5;
    imageStore(grey, here, vec4(vec3(v), 1.0));
    return uint(clamp(round(32768.0 - 3277.0 * p), 0.0, 65535.0));
}

void main() {
    int pair = int(gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x);
    if (pair * 2 >= push.size.x * push.size.y) {
        return;
    }
    uint low = pixel(2 * pair), high = pixel(2 * pair + 1);
    deep[pair] = low | high << 16;
}
