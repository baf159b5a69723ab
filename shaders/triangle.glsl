// A picture read through a triangle filter that is as wide as one pixel of the result where it shrinks, and bilinear where it grows.
// `from` is the source position of the result's pixel centre, in pixels (a pixel's centre is at its number); `step` is source pixels
// per result pixel. What lies outside `low..=high` has no weight; `from` is at most half a pixel outside.

vec3 read_triangle(sampler2D source, vec2 from, vec2 step, ivec2 low, ivec2 high) {
    vec2 reach = max(step, vec2(1.0));
    ivec2 begin = max(ivec2(floor(from - reach)) + 1, low);
    ivec2 end = min(ivec2(ceil(from + reach)) - 1, high);
    vec3 sum = vec3(0.0);
    float total = 0.0;
    for (int y = begin.y; y <= end.y; y++) {
        float wy = max(0.0, 1.0 - abs(float(y) - from.y) / reach.y);
        for (int x = begin.x; x <= end.x; x++) {
            float weight = wy * max(0.0, 1.0 - abs(float(x) - from.x) / reach.x);
            sum += weight * texelFetch(source, ivec2(x, y), 0).rgb;
            total += weight;
        }
    }
    return sum / total;
}
