// The least and the greatest parallax of each run of 16 pixels in a row, so that `warp` looks no farther than it must.
// Twin: none is needed, as the eyes do not depend on it; the stereo tests compare them with a search over everything.
#version 460

layout(local_size_x = 16, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer parallax;
layout(set = 0, binding = 1, rg32f) uniform writeonly imageBuffer bounds;

layout(push_constant) uniform Push {
    ivec2 size;
} push;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    int runs = (push.size.x + 15) / 16;
    if (here.x >= runs || here.y >= push.size.y) {
        return;
    }
    int row = here.y * push.size.x;
    float low = 1e9, high = -1e9;
    for (int i = 0; i < 16; i++) {
        float p = texelFetch(parallax, row + min(here.x * 16 + i, push.size.x - 1)).r;
        low = min(low, p);
        high = max(high, p);
    }
    imageStore(bounds, here.y * runs + here.x, vec4(low, high, 0.0, 0.0));
}
