// Lists the runs of an eye's picture on which something else than one even surface may land, for `warp_edges`.
#version 460
#include "surfaces.glsl"
#include "bounds.glsl"
#include "lists.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer bounds;
layout(set = 0, binding = 1) buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 2) writeonly buffer Runs { uvec2 listed[]; }; // and where what may land there comes from

#include "warp.glsl"
#include "landing.glsl"

void main() {
    ivec2 run = ivec2(gl_GlobalInvocationID.xy);
    if (run.x * RUN >= push.size.x || run.y >= push.size.y) {
        return;
    }
    Landings found = landings_on(run.x, run.y);
    if (found.rough) {
        APPENDED(lists[1u + EYE], LANES / uint(RUN), slot)
        listed[slot] = uvec2(entry_of(run), entry_of(ivec2(found.window.first, found.window.last) - push.first));
    }
}
