// What parallax there is in the runs of a rectangle, after plates were laid on it.
// Twin: none is needed, as the eyes do not depend on it; the stereo tests compare them with a search over everything.
#version 460
#include "surfaces.glsl"
#include "bounds.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer surfaces;
layout(set = 0, binding = 1, r32ui) uniform writeonly uimageBuffer bounds;

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 first; // of the runs
    ivec2 last;  // the run after them
    float unit;
} push;

void main() {
    ivec2 run = push.first + ivec2(gl_GlobalInvocationID.xy);
    int runs = (push.size.x + RUN - 1) / RUN, row = run.y * push.size.x;
    if (any(greaterThanEqual(run, push.last)) || run.x >= runs || run.y >= push.size.y) {
        return;
    }
    Bounds found = no_bounds();
    Surfaces both = unpacked(texelFetch(surfaces, row + run.x * RUN).r, push.unit);
    for (int i = 1; i <= RUN; i++) {
        include(found, both);
        Surfaces next = unpacked(texelFetch(surfaces, row + min(run.x * RUN + i, push.size.x - 1)).r, push.unit);
        found.rough = found.rough || !is_single(both) || !is_single(next) || abs(next.near - both.near) > EVEN;
        both = next;
    }
    include(found, both);
    imageStore(bounds, run.y * runs + run.x, uvec4(packed(found, push.unit)));
}
