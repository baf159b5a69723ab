// Takes specks out of the steady disparity: no value lies beyond the second least and the second greatest of the eight around it.
// Twin: src/stage/steady/reference.rs.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer draft;
layout(set = 0, binding = 1, r32f) uniform writeonly imageBuffer result;

layout(push_constant) uniform Push {
    ivec2 size;
    int base; // where the result begins
} push;

float at(ivec2 place) {
    place = clamp(place, ivec2(0), push.size - 1);
    return texelFetch(draft, place.y * push.size.x + place.x).r;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    vec2 low = vec2(1e30), high = vec2(-1e30);
    for (int around = 0; around < 9; around++) {
        if (around != 4) {
            float value = at(here + ivec2(around % 3, around / 3) - 1);
            low = vec2(min(low.x, value), min(low.y, max(low.x, value)));
            high = vec2(max(high.x, value), max(high.y, min(high.x, value)));
        }
    }
    imageStore(result, push.base + here.y * push.size.x + here.x, vec4(clamp(at(here), low.y, high.y)));
}
