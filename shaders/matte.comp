// The pixels near an edge of the map: the model of `fit` says by a pixel's colour how much of it is the surface in front.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "edge.glsl"
#include "surfaces.glsl"
#include "lists.glsl"
#include "mapping.glsl"

layout(local_size_x = 128) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer model;
layout(set = 0, binding = 2) uniform samplerBuffer range;
layout(set = 0, binding = 3) readonly buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 4) uniform usamplerBuffer edges;
layout(set = 0, binding = 5, r32ui) uniform writeonly uimageBuffer surfaces;

void main() {
    uint count = lists[0].w * uint(RUN);
    for (uint lane = gl_GlobalInvocationID.x; lane < count; lane += LANES * gl_NumWorkGroups.x) {
        ivec2 run = place_of(texelFetch(edges, int(lane / uint(RUN))).r);
        ivec2 here = ivec2(min(run.x * RUN + int(lane % uint(RUN)), push.size.x - 1), run.y);
        ivec2 inside = here - push.corner;
        Cell cell = cell_of(clamp(inside, ivec2(0), push.seen - 1));
        ivec4 at = cell.at;
        vec2 part = cell.part;
        vec4 between = mix(mix(texelFetch(range, at.x), texelFetch(range, at.y), part.x),
                           mix(texelFetch(range, at.z), texelFetch(range, at.w), part.x), part.y);
        vec3 colour = calm_colour(picture, here, push.corner, push.corner + push.seen - 1);
        vec4 line = mix(mix(texelFetch(model, at.x), texelFetch(model, at.y), part.x),
                        mix(texelFetch(model, at.z), texelFetch(model, at.w), part.x), part.y);
        float share = between.b > 0.0 ? front_share(line, colour, between.r, between.g) : 1.0;
        float side = side_of(inside);
        float front = shown(mix(between.a, between.r, between.b), side), behind = shown(mix(between.a, between.g, between.b), side);
        uint word = is_seen(inside) ? packed(front, behind, share, push.unit) : 0u; // a bar lies on the screen
        imageStore(surfaces, here.y * push.size.x + here.x, uvec4(word));
    }
}
