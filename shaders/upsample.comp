// Disparity at the picture's size, as parallax: the map read between its places, and the mapping of src/stage/comfort/mapping.rs; and what parallax
// there is in each run of pixels. Runs near an edge of the map are listed for `matte`.
// Twin: src/stage/stereo/reference/.
#version 460
#include "surfaces.glsl"
#include "bounds.glsl"
#include "lists.glsl"
#include "mapping.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform usamplerBuffer calm; // bits of the disparity, the last one set where there are two surfaces
layout(set = 0, binding = 1, r32ui) uniform writeonly uimageBuffer surfaces;
layout(set = 0, binding = 2, r32ui) uniform writeonly uimageBuffer bounds;
layout(set = 0, binding = 3) buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 4) writeonly buffer Edges { uint edges[]; };

float parallax_at(int x, int y, inout uint edge) {
    ivec2 inside = ivec2(min(x, push.size.x - 1), y) - push.corner;
    bool seen = is_seen(inside);
    Cell cell = cell_of(clamp(inside, ivec2(0), push.seen - 1));
    uvec4 found = uvec4(texelFetch(calm, cell.at.x).r, texelFetch(calm, cell.at.y).r, texelFetch(calm, cell.at.z).r, texelFetch(calm, cell.at.w).r);
    edge |= seen ? found.x | found.y | found.z | found.w : 0u;
    vec4 own = uintBitsToFloat(found);
    return seen ? shown(mix(mix(own.x, own.y, cell.part.x), mix(own.z, own.w, cell.part.x), cell.part.y), side_of(inside)) : 0.0; // a bar lies on the screen
}

void main() {
    ivec2 run = ivec2(gl_GlobalInvocationID.xy);
    if (run.x * RUN >= push.size.x || run.y >= push.size.y) {
        return;
    }
    int runs = (push.size.x + RUN - 1) / RUN, row = run.y * push.size.x;
    uint edge = 0u, beyond = 0u;
    Bounds found = no_bounds();
    float p = parallax_at(run.x * RUN, run.y, beyond);
    for (int i = 0; i < RUN; i++) {
        int x = run.x * RUN + i;
        include(found, Surfaces(p, p, 1.0));
        imageStore(surfaces, row + min(x, push.size.x - 1), uvec4(packed(p, push.unit)));
        float next = parallax_at(x + 1, run.y, beyond);
        edge = i < RUN - 1 ? beyond : edge;
        found.rough = found.rough || abs(next - p) > EVEN;
        p = next;
    }
    // What lies between this run and the next one is this one's.
    include(found, Surfaces(p, p, 1.0));
    imageStore(bounds, run.y * runs + run.x, uvec4(packed(found, push.unit)));
    if ((edge & 1u) != 0u) {
        APPENDED(lists[0], LANES / uint(RUN), slot)
        edges[slot] = entry_of(run);
    }
}
