// A picture read through a triangle filter that is as wide as one pixel of the result where it shrinks, and bilinear where it grows.
// `from` is the source position of the result's pixel centre, in pixels (a pixel's centre is at its number); `step` is source pixels
// per result pixel. What lies outside `low..=high` has no weight; `from` is at most half a pixel outside.
// The constants ACROSS and DOWN of whoever includes this say how many pixels the filter takes at most each way, where these are few and known before
// (software drivers are slow with loops that they cannot unroll); 0: any number.

const int MOST_TAPS = 12;

vec3 read_triangle(sampler2D source, vec2 from, vec2 step, ivec2 low, ivec2 high) {
    vec2 reach = max(step, vec2(1.0));
    if (ACROSS > 0) {
        vec2 per_pixel = 1.0 / reach;
        ivec2 first = ivec2(floor(from - reach)) + 1;
        int columns[MOST_TAPS];
        float weights[MOST_TAPS];
        vec2 totals = vec2(0.0);
        [[unroll]] for (int tap = 0; tap < ACROSS; tap++) {
            columns[tap] = clamp(first.x + tap, low.x, high.x);
            weights[tap] = columns[tap] == first.x + tap ? max(0.0, 1.0 - abs(float(first.x + tap) - from.x) * per_pixel.x) : 0.0;
            totals.x += weights[tap];
        }
        vec3 colour = vec3(0.0);
        [[unroll]] for (int row = 0; row < DOWN; row++) {
            int y = clamp(first.y + row, low.y, high.y);
            float weight = y == first.y + row ? max(0.0, 1.0 - abs(float(y) - from.y) * per_pixel.y) : 0.0;
            totals.y += weight;
            vec3 line = vec3(0.0);
            [[unroll]] for (int tap = 0; tap < ACROSS; tap++) {
                line += weights[tap] * texelFetch(source, ivec2(columns[tap], y), 0).rgb;
            }
            colour += weight * line;
        }
        return colour / (totals.x * totals.y);
    }
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
