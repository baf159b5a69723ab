// Disparity of an earlier frame carried to a later one: each place takes what was where its block had been then. Of the four blocks around, the one counts
// whose end looks most like the place, and of the four values there those that look like it, so that edges stay where the picture has them.
// Twin: src/stage/steady/reference.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer disparity; // of the earlier frame
layout(set = 0, binding = 1) uniform usamplerBuffer guide;    // a ring of frames
layout(set = 0, binding = 2) uniform usamplerBuffer earlier;  // the earlier frame's
layout(set = 0, binding = 3) uniform isamplerBuffer trail;    // from the later frame to the earlier
layout(set = 0, binding = 4, r32f) uniform writeonly imageBuffer raw; // a ring of frames

layout(push_constant) uniform Push {
    ivec2 size;       // of the disparity
    ivec2 guide_size;
    ivec2 blocks;
    int frame;        // the place of the later frame in the rings
} push;

layout(constant_id = 0) const float ALIKE = 10.0; // brightness of 255 by which the same thing may differ

ivec4 then(ivec2 place) {
    place = clamp(place, ivec2(0), push.guide_size - 1);
    return ivec4(texelFetch(earlier, place.y * push.guide_size.x + place.x));
}

int apart(ivec4 one, ivec4 other) {
    ivec4 d = abs(one - other);
    return d.x + d.y + d.z + d.w;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    vec2 scale = vec2(push.guide_size) / vec2(push.size);
    ivec2 start = min(ivec2(vec2(here) * scale + 0.5), push.guide_size - 1);
    ivec4 own = ivec4(texelFetch(guide, (push.frame * push.guide_size.y + start.y) * push.guide_size.x + start.x));
    ivec2 block = start >> 2, side = ((start >> 1) & 1) * 2 - 1;
    int best = 1 << 30;
    ivec2 moved = ivec2(0);
    [[unroll]] for (int candidate = 0; candidate < 4; candidate++) {
        ivec2 beside = clamp(block + side * ivec2(candidate & 1, candidate >> 1), ivec2(0), push.blocks - 1);
        ivec2 tried = texelFetch(trail, beside.y * push.blocks.x + beside.x).xy;
        int cost = apart(own, then(start + tried)) + (candidate > 0 ? 4 : 0);
        bool better = cost < best;
        best = better ? cost : best;
        moved = better ? tried : moved;
    }
    vec2 place = vec2(here) + vec2(moved) / scale;
    vec2 low = floor(place), part = place - low;
    vec2 sum = vec2(0.0);
    [[unroll]] for (int tap = 0; tap < 4; tap++) {
        ivec2 at = clamp(ivec2(low) + ivec2(tap & 1, tap >> 1), ivec2(0), push.size - 1);
        float value = texelFetch(disparity, at.y * push.size.x + at.x).r;
        float unlike = float(apart(own, then(ivec2(vec2(at) * scale + 0.5)))) * 0.25 / ALIKE;
        float alike = 1.0 / (1.0 + unlike * unlike);
        float weight = ((tap & 1) == 1 ? part.x : 1.0 - part.x) * ((tap >> 1) == 1 ? part.y : 1.0 - part.y);
        // What is no number must not spread.
        weight = abs(value) < 1e6 ? (weight + 1e-4) * alike * alike : 0.0;
        sum += weight * vec2(1.0, abs(value) < 1e6 ? value : 0.0);
    }
    imageStore(raw, (push.frame * push.size.y + here.y) * push.size.x + here.x, vec4(sum.x > 0.0 ? sum.y / sum.x : 0.0));
}
