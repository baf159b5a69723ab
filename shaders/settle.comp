// Puts what `trim` made of the runs near edges in its place, and tells what parallax there is in each of them.
// Twin: none is needed, as it is only moved, and the eyes do not depend on the bounds; the stereo tests compare them with a search over everything.
#version 460
#include "surfaces.glsl"
#include "bounds.glsl"
#include "lists.glsl"

layout(local_size_x = 128) in;

layout(set = 0, binding = 0) uniform usamplerBuffer trimmed;
layout(set = 0, binding = 1) readonly buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 2) uniform usamplerBuffer edges;
layout(set = 0, binding = 3, r32ui) uniform writeonly uimageBuffer surfaces;
layout(set = 0, binding = 4, r32ui) uniform writeonly uimageBuffer bounds;

layout(push_constant) uniform Push {
    ivec2 size;
    float unit;
} push;

void main() {
    uint count = lists[0].w;
    for (uint entry = gl_GlobalInvocationID.x; entry < count; entry += LANES * gl_NumWorkGroups.x) {
        ivec2 run = place_of(texelFetch(edges, int(entry)).r);
        Bounds found = no_bounds();
        float before = unpacked(texelFetch(trimmed, int(entry) * RUN).r, push.unit).near;
        for (int i = 0; i < RUN; i++) {
            uint word = texelFetch(trimmed, int(entry) * RUN + i).r;
            Surfaces both = unpacked(word, push.unit);
            include(found, both);
            found.rough = found.rough || !is_single(both) || abs(both.near - before) > EVEN;
            before = both.near;
            imageStore(surfaces, run.y * push.size.x + min(run.x * RUN + i, push.size.x - 1), uvec4(word));
        }
        imageStore(bounds, run.y * ((push.size.x + RUN - 1) / RUN) + run.x, uvec4(packed(found, push.unit)));
    }
}
