// What `warp` needs at hand: the parallax of what is in front at each pixel, ABSENT where that is nothing; and the least and the greatest parallax
// of each run of 16 pixels in a row, of what is in front and of what is behind it, so that it looks no farther than it must.
// Twin: none is needed, as the eyes do not depend on it; the stereo tests compare them with a search over everything.
#version 460
#include "surfaces.glsl"

layout(local_size_x = 16, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer parallax;
layout(set = 0, binding = 1) uniform usamplerBuffer layer;
layout(set = 0, binding = 2, r32f) uniform writeonly imageBuffer front;
layout(set = 0, binding = 3, rg32f) uniform writeonly imageBuffer bounds;

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
    float least = 1e9, most = -1e9;
    for (int i = 0; i < 16; i++) {
        int index = row + min(here.x * 16 + i, push.size.x - 1);
        Surfaces both = unpacked(texelFetch(parallax, index).r, texelFetch(layer, index).r);
        least = min(least, both.near);
        most = max(most, both.far);
        imageStore(front, index, vec4(is_single(both) || both.share >= NOTHING ? both.near : ABSENT));
    }
    imageStore(bounds, here.y * runs + here.x, vec4(least, most, 0.0, 0.0));
}
