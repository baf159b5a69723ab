// The median of five neighbours along one axis: takes out specks and streaks of parallax up to two pixels wide, which would be seen as cracks
// in surfaces, and leaves edges where they are.
// Twin: src/stage/stereo/reference.rs.
#version 460

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform samplerBuffer parallax;
layout(set = 0, binding = 1, r32f) uniform writeonly imageBuffer result;

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 axis; // (1, 0) or (0, 1)
} push;

float at(ivec2 place) {
    place = clamp(place, ivec2(0), push.size - 1);
    return texelFetch(parallax, place.y * push.size.x + place.x).r;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    float a = at(here - 2 * push.axis), b = at(here - push.axis), c = at(here), d = at(here + push.axis), e = at(here + 2 * push.axis);
    float low = max(min(a, b), min(d, e)), high = min(max(a, b), max(d, e));
    float median = max(min(low, high), min(max(low, high), c));
    imageStore(result, here.y * push.size.x + here.x, vec4(median));
}
