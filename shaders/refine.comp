// Sharpens the disparity at its own size: each place takes the disparity of trusted places near by that have its colour.
// Twin: src/stage/stereo/reference.rs.
#version 460
#include "cluster.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer guide;
layout(set = 0, binding = 1) uniform samplerBuffer trust;
layout(set = 0, binding = 2, rgba32f) uniform writeonly imageBuffer refined;

layout(push_constant) uniform Push {
    ivec2 size;
} push;

const int REACH = 3;

float weight(ivec2 offset, int index, vec3 colour, vec3 other) {
    float near = exp2(-float(offset.x * offset.x + offset.y * offset.y) / 6.0);
    return near * alike(colour, other) * texelFetch(trust, index).r;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    vec4 own = texelFetch(guide, here.y * push.size.x + here.x);
    vec3 colour = own.rgb;
    float least = own.a, most = own.a;
    for (int y = -REACH; y <= REACH; y++) {
        for (int x = -REACH; x <= REACH; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            float other = texelFetch(guide, place.y * push.size.x + place.x).a;
            least = min(least, other);
            most = max(most, other);
        }
    }
    if (most - least <= FLAT) {
        imageStore(refined, here.y * push.size.x + here.x, own);
        return;
    }
    vec2 sum = vec2(0.0);
    for (int y = -REACH; y <= REACH; y++) {
        for (int x = -REACH; x <= REACH; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            int index = place.y * push.size.x + place.x;
            vec4 other = texelFetch(guide, index);
            sum += weight(ivec2(x, y), index, colour, other.rgb) * vec2(1.0, other.a);
        }
    }
    float middle = sum.y / sum.x;
    vec3 near = vec3(0.0), far = vec3(0.0);
    for (int y = -REACH; y <= REACH; y++) {
        for (int x = -REACH; x <= REACH; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            int index = place.y * push.size.x + place.x;
            vec4 other = texelFetch(guide, index);
            vec3 term = weigh(weight(ivec2(x, y), index, colour, other.rgb), other.a);
            near += other.a < middle ? term : vec3(0.0);
            far += other.a < middle ? vec3(0.0) : term;
        }
    }
    imageStore(refined, here.y * push.size.x + here.x, vec4(colour, choose(near, far, own.a)));
}
