// One eye's picture. A source pixel x with parallax P lands at x + share · P; each pixel of the eye looks along its row for what lands on
// it and takes the nearest. Neighbours of one surface are joined and read between; where a surface ends, its last pixel reaches half a pixel on.
// Where nothing lands, the surface behind is continued, mirrored at the hole's edge.
// Twin: src/stage/stereo/reference.rs.
#version 460

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer parallax;
layout(set = 0, binding = 2) uniform samplerBuffer bounds; // least and greatest parallax of each 16 pixels
layout(set = 0, binding = 3, rgba8) uniform writeonly image2D eye;

layout(push_constant) uniform Push {
    ivec2 size;
    int first;   // what lands on x comes from x + first ..= x + last
    int last;
    float share; // of the parallax that this eye takes: −½ and +½, or 0 and 1
} push;

// Two neighbours are on one surface where their landings are not nearer than SQUEEZED pixels and not farther apart than STRETCHED: a
// smaller step than that is a slope of the disparity map and no edge, and must not be seen through.
const float SQUEEZED = 0.25;
const float STRETCHED = 3.0;

float parallax_at(int x, int y) {
    return texelFetch(parallax, y * push.size.x + clamp(x, 0, push.size.x - 1)).r;
}

vec3 colour_at(float x, int y) {
    x = clamp(x, 0.0, float(push.size.x - 1));
    int left = int(x);
    vec3 one = texelFetch(picture, ivec2(left, y), 0).rgb;
    vec3 other = texelFetch(picture, ivec2(min(left + 1, push.size.x - 1), y), 0).rgb;
    return mix(one, other, x - float(left));
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    if (push.share == 0.0) {
        imageStore(eye, here, texelFetch(picture, here, 0));
        return;
    }
    int runs = (push.size.x + 15) / 16;
    int last_run = clamp(here.x + push.last, 0, push.size.x - 1) / 16;
    float low = 1e9, high = -1e9;
    for (int run = clamp(here.x + push.first, 0, push.size.x - 1) / 16; run <= last_run; run++) {
        vec2 both = texelFetch(bounds, here.y * runs + run).rg;
        low = min(low, both.x);
        high = max(high, both.y);
    }
    float one = -push.share * low, other = -push.share * high;
    int first = max(push.first, int(floor(min(one, other))) - 2);
    int last = min(push.last, int(ceil(max(one, other))) + 2);
    // Landings are counted from here, and depths as parallax: smaller is nearer.
    float p = parallax_at(here.x + first, here.y);
    float t = float(first) + push.share * p;
    float p_before = p;
    bool joined_before = true;
    float best = 1e9, from = float(here.x);
    float hole = -1e9, edge = 0.0, inward = 0.0;
    for (int i = first; i < last; i++) {
        float p_next = parallax_at(here.x + i + 1, here.y);
        float t_next = float(i + 1) + push.share * p_next;
        float gap = t_next - t;
        bool joined = gap >= SQUEEZED && gap <= STRETCHED;
        // Between this pixel and the next, on one surface.
        bool on = joined && t <= 0.0 && t_next > 0.0;
        float part = on ? -t / gap : 0.0;
        float depth = mix(p, p_next, part);
        bool better = on && depth < best;
        best = better ? depth : best;
        from = better ? float(here.x + i) + part : from;
        // The half pixels that surfaces reach beyond their ends. A single pixel between two surfaces belongs to neither.
        bool stray = !joined_before && !joined && (p_before - p) * (p - p_next) > 0.0;
        bool end = !stray && ((!joined && t <= 0.0 && t > -0.5) || (!joined_before && t > 0.0 && t <= 0.5));
        better = end && p < best;
        best = better ? p : best;
        from = better ? float(here.x + i) : from;
        // A hole: the two sides part, and this lies between.
        float behind = max(p, p_next);
        bool torn = gap > STRETCHED && t < 0.0 && t_next > 0.0 && behind > hole;
        hole = torn ? behind : hole;
        edge = torn ? float(here.x + i) + (p_next > p ? 1.0 : 0.0) : edge;
        inward = torn ? (p_next > p ? 1.0 : -1.0) : inward;
        p_before = p;
        joined_before = joined;
        p = p_next;
        t = t_next;
    }
    if (best > 1e8 && hole > -1e8) {
        // One pixel away from the edge, where colours of both sides mix.
        edge += inward;
        float there = float(here.x) - push.share * hole;
        from = edge + abs(there - edge) * inward;
        // What is mirrored must be the surface behind itself.
        from = parallax_at(int(from + 0.5), here.y) < hole - 2.0 ? edge : from;
    }
    imageStore(eye, here, vec4(colour_at(from, here.y), 1.0));
}
