// One eye's picture where surfaces end: what is in front, and where nothing is, what is seen behind. The pixels that are of both, or on which nothing
// lands, are listed for `warp_mixed`.
// Twin: src/stage/stereo/reference/.
#version 460
#include "surfaces.glsl"
#include "lists.glsl"

layout(local_size_x = 128) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform usamplerBuffer surfaces;
layout(set = 0, binding = 2) buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 3) uniform usamplerBuffer listed; // and where what may land there comes from, counted from `first`
layout(set = 0, binding = 4) writeonly buffer Mixed { uint mixed[]; };
layout(set = 0, binding = 5, rgba8) uniform writeonly image2D eye;
#include "warp.glsl"
#include "colour_at.glsl"
#include "search.glsl"

void main() {
    uint count = lists[1u + EYE].w * uint(RUN);
    for (uint lane = gl_GlobalInvocationID.x; lane < count; lane += LANES * gl_NumWorkGroups.x) {
        uvec2 entry = texelFetch(listed, int(lane / uint(RUN))).rg;
        ivec2 run = place_of(entry.x);
        ivec2 here = ivec2(run.x * RUN + int(lane % uint(RUN)), run.y);
        ivec2 from = place_of(entry.y) + push.first;
        Window window = Window(from.x, from.y);
        Landing landing = nearest_on(here, window, false);
        Landing bare = nearest_on(here, landing.found ? Window(0, 0) : window, true);
        bool whole = bare.found || share_of(landing, here.y) >= 1.0;
        landing.from = bare.found ? bare.from : landing.from;
        if (whole && here.x < push.size.x) {
            imageStore(eye, here, vec4(colour_at(landing.from, here.y), 1.0));
        }
        if (!whole && here.x < push.size.x) {
            APPENDED(lists[3u + EYE], LANES, slot)
            mixed[slot] = entry_of(here);
        }
    }
}
