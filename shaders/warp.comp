// One eye's picture. Of every source pixel x, the surface in front lands at x + share · P and so does the one behind it, by their own parallax P.
// Each pixel of the eye looks along its row for what lands on it and takes the nearest; neighbours of one surface are joined and read between;
// where a surface ends, its last pixel reaches half a pixel on. Where what is in front takes only a part of a pixel (soft outlines, hair), or
// nothing lands, what is behind is put there; where nobody has seen that, the surface behind is continued, mirrored at its edge.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "surfaces.glsl"

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer parallax;
layout(set = 0, binding = 2) uniform usamplerBuffer layer;
layout(set = 0, binding = 3) uniform samplerBuffer front;  // parallax of what is in front, ABSENT where that is nothing
layout(set = 0, binding = 4) uniform samplerBuffer bounds; // least and greatest parallax of each 16 pixels
layout(set = 0, binding = 5, rgba8) uniform writeonly image2D eye;

layout(push_constant) uniform Push {
    ivec2 size;
    int first;   // what lands on x comes from x + first ..= x + last
    int last;
    float share; // of the parallax that this eye takes: −½ and +½, or 0 and 1
    int reach;   // pixels within which a surface is looked for that is seen behind another
} push;

// Two neighbours are on one surface where their landings are not nearer than SQUEEZED pixels and not farther apart than STRETCHED: a
// smaller step than that is a slope of the disparity map and no edge, and must not be seen through.
const float SQUEEZED = 0.25;
const float STRETCHED = 3.0;
// Beyond an edge the surface behind goes on as its TAPS samples within the same distance on this side of it show it, in three rows that are
// the farther apart the deeper; what is nearer than it by more than SLOPE pixels is not that surface.
const int TAPS = 4;
const float ROWS = 0.33, SLOPE = 2.0;
// What is in front is told from a mixture by no more than this much of its contrast to what is behind.
const float MOST = 1.0;

Surfaces at(int x, int y) {
    int index = y * push.size.x + clamp(x, 0, push.size.x - 1);
    return unpacked(texelFetch(parallax, index).r, texelFetch(layer, index).r);
}

float front_at(int x, int y) {
    return texelFetch(front, y * push.size.x + clamp(x, 0, push.size.x - 1)).r;
}

vec3 colour_at(float x, int y) {
    x = clamp(x, 0.0, float(push.size.x - 1));
    int left = int(x);
    vec3 one = texelFetch(picture, ivec2(left, y), 0).rgb;
    vec3 other = texelFetch(picture, ivec2(min(left + 1, push.size.x - 1), y), 0).rgb;
    return mix(one, other, x - float(left));
}

// A search for what lands on this pixel from one surface: the nearest, and where in the row it comes from.
struct Search {
    float p, t;
    bool joined_before;
    float best, from;
};

Search begun(float p, float t) {
    return Search(p, t, true, 1e9, 0.0);
}

// One step of it, to the pixel after x.
void step_to(inout Search search, float x, float p_next, float t_next) {
    float gap = t_next - search.t;
    bool joined = gap >= SQUEEZED && gap <= STRETCHED;
    // Between this pixel and the next, on one surface.
    bool on = joined && search.t <= 0.0 && t_next > 0.0;
    float part = on ? -search.t / gap : 0.0;
    float depth = mix(search.p, p_next, part);
    bool better = on && depth < search.best;
    search.best = better ? depth : search.best;
    search.from = better ? x + part : search.from;
    // The half pixels that surfaces reach beyond their ends.
    bool end = (!joined && search.t <= 0.0 && search.t > -0.5) || (!search.joined_before && search.t > 0.0 && search.t <= 0.5);
    better = end && search.p < search.best;
    search.best = better ? search.p : search.best;
    search.from = better ? x : search.from;
    search.joined_before = joined;
    search.p = p_next;
    search.t = t_next;
}

// The nearest pixel of the row around x where what lies behind `p` can be seen; −1 for none within `reach` pixels. A pixel of one surface must
// lie behind `middle`, as what is in front has slopes of its own.
int bare_around(int x, int y, float p, float middle, int reach) {
    for (int i = 0; i <= reach; i++) {
        for (int side = -1; side <= 1; side += 2) {
            int there = clamp(x + side * i, 0, push.size.x - 1);
            Surfaces both = at(there, y);
            if (is_bare(both) && both.far > (is_single(both) ? middle : p + APART)) {
                return there;
            }
        }
    }
    return -1;
}

// What lies `depth` pixels under what is in front, whose edge is beside `bare`: as it goes on from there, the softer the deeper.
vec3 continued(int bare, int y, float depth, float inward) {
    float behind = at(bare, y).far - SLOPE;
    vec3 sum = texelFetch(picture, ivec2(bare, y), 0).rgb;
    float count = 1.0;
    int rows = int(depth * ROWS + 0.5);
    // Software Vulkan runs through what stands in branches that nobody takes, but of loops only once.
    [[dont_unroll]] for (int tap = 0; tap < 3 * TAPS; tap++) {
        int x = clamp(int(float(bare) + inward * depth * float(tap / 3 + 1) / float(TAPS) + 0.5), 0, push.size.x - 1);
        int there = clamp(y + (tap % 3 - 1) * rows, 0, push.size.y - 1);
        Surfaces found = at(x, there);
        bool same = is_bare(found) && found.far >= behind;
        sum += same ? texelFetch(picture, ivec2(x, there), 0).rgb : vec3(0.0);
        count += same ? 1.0 : 0.0;
    }
    return sum / count;
}

// What is seen where nothing is in front; and where nobody has seen that, what would be.
vec3 behind(ivec2 here, int first, int last, float most) {
    Surfaces now = at(here.x + first, here.y);
    float p = is_bare(now) ? now.far : ABSENT;
    Search nearest = begun(p, float(first) + push.share * p);
    // The farthest that passes here.
    float t = float(first) + push.share * now.far, farthest = -1e9;
    int under = here.x;
    for (int i = first; i < last; i++) {
        Surfaces next = at(here.x + i + 1, here.y);
        float t_next = float(i + 1) + push.share * next.far;
        if (t <= 0.0 && t_next > 0.0 && max(now.far, next.far) > farthest) {
            farthest = max(now.far, next.far);
            under = here.x + i + (next.far > now.far ? 1 : 0);
        }
        p = is_bare(next) ? next.far : ABSENT;
        step_to(nearest, float(here.x + i), p, float(i + 1) + push.share * p);
        now = next;
        t = t_next;
    }
    vec3 colour = colour_at(nearest.best < 1e8 ? nearest.from : float(under), here.y);
    if (nearest.best > 1e8) {
        Surfaces both = at(under, here.y);
        int bare = is_bare(both) ? clamp(under, 0, push.size.x - 1) : bare_around(under, here.y, both.near, mix(both.near, most, 0.5), push.reach);
        float depth = float(here.x) - push.share * at(bare, here.y).far - float(bare);
        colour = bare < 0 ? colour : continued(bare, here.y, abs(depth), depth < 0.0 ? 1.0 : -1.0);
    }
    return colour;
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
    float least = 1e9, most = -1e9;
    for (int run = clamp(here.x + push.first, 0, push.size.x - 1) / 16; run <= last_run; run++) {
        vec2 both = texelFetch(bounds, here.y * runs + run).rg;
        least = min(least, both.x);
        most = max(most, both.y);
    }
    float one = -push.share * least, other = -push.share * most;
    int first = max(push.first, int(floor(min(one, other))) - 2);
    int last = min(push.last, int(ceil(max(one, other))) + 2);

    // What is in front. Landings are counted from here, and depths as parallax: smaller is nearer.
    float p = front_at(here.x + first, here.y);
    Search nearest = begun(p, float(first) + push.share * p);
    for (int i = first; i < last; i++) {
        p = front_at(here.x + i + 1, here.y);
        step_to(nearest, float(here.x + i), p, float(i + 1) + push.share * p);
    }
    bool found = nearest.best < 1e8;
    float from = clamp(nearest.from, 0.0, float(push.size.x - 1));
    int left = int(from);
    Surfaces both = at(left, here.y), beside = at(left + 1, here.y);
    float share = found ? mix(is_single(both) ? 1.0 : both.share, is_single(beside) ? 1.0 : beside.share, from - float(left)) : 0.0;
    share = share > 1.0 - NOTHING ? 1.0 : share;
    vec3 colour = colour_at(from, here.y);
    // The rest is for few pixels.
    if (found && share < 1.0) {
        // Of a mixture, what is in front alone: it is known where what was mixed in can be seen beside it.
        int bare = bare_around(left, here.y, nearest.best, mix(nearest.best, most, 0.5), push.reach / 4);
        vec3 old = texelFetch(picture, ivec2(max(bare, 0), here.y), 0).rgb;
        colour = bare < 0 ? colour : clamp(colour + min((1.0 - share) / max(share, 1e-3), MOST) * (colour - old), 0.0, 1.0);
        share = bare < 0 ? 1.0 : share;
    }
    if (share < 1.0) {
        colour = mix(behind(here, first, last, most), colour, share);
    }
    imageStore(eye, here, vec4(colour, 1.0));
}
