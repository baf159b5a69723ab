// One eye's picture where what is in front takes only a part of a pixel (soft outlines, hair), or nothing lands: what is behind is put there; where
// nobody has seen that, the surface behind is continued, mirrored at its edge.
// Twin: src/stage/stereo/reference/.
#version 460
#extension GL_EXT_control_flow_attributes : enable
#include "surfaces.glsl"
#include "bounds.glsl"
#include "lists.glsl"

layout(local_size_x = 128) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform usamplerBuffer surfaces;
layout(set = 0, binding = 2) uniform usamplerBuffer bounds;
layout(set = 0, binding = 3) readonly buffer Lists { uvec4 lists[]; };
layout(set = 0, binding = 4) uniform usamplerBuffer mixed;
layout(set = 0, binding = 5, rgba8) uniform writeonly image2D eye;
#include "warp.glsl"
#include "colour_at.glsl"
#include "landing.glsl"
#include "search.glsl"

// Beyond an edge the surface behind goes on as its TAPS samples within the same distance on this side of it show it, in three rows that are
// the farther apart the deeper; what is nearer than it by more than SLOPE pixels is not that surface.
const int TAPS = 4;
const float ROWS = 0.33, SLOPE = 2.0;
// What is in front is told from a mixture by no more than this much of its contrast to what is behind.
const float MOST = 1.0;

// The nearest pixel of the row around x where what lies behind `p` can be seen; −1 for none within `reach` pixels. A pixel of one surface must
// lie behind `middle`, as what is in front has slopes of its own.
int bare_around(int x, int y, float p, float middle, int reach) {
    int found = -1;
    float units = 1.0 / push.unit, single = middle * units, layered = (p + APART) * units;
    for (int i = 0; i <= reach && found < 0; i++) {
        int one = clamp(x - i, 0, push.size.x - 1), other = clamp(x + i, 0, push.size.x - 1);
        uint before = word_at(one, y), after = word_at(other, y);
        found = is_bare(after) && float(far_in(after)) > (is_single(after) ? single : layered) ? other : found;
        found = is_bare(before) && float(far_in(before)) > (is_single(before) ? single : layered) ? one : found;
    }
    return found;
}

// What lies `depth` pixels under what is in front, whose edge is beside `bare`: as it goes on from there, the softer the deeper.
vec3 continued(int bare, int y, float depth, float inward) {
    float behind = float(far_in(word_at(bare, y))) * push.unit - SLOPE;
    vec3 sum = texelFetch(picture, ivec2(bare, y), 0).rgb;
    float count = 1.0;
    int rows = int(depth * ROWS + 0.5);
    // Software Vulkan runs through what stands in branches that nobody takes, but of loops only once.
    [[dont_unroll]] for (int tap = 0; tap < 3 * TAPS; tap++) {
        int x = clamp(int(float(bare) + inward * depth * float(tap / 3 + 1) / float(TAPS) + 0.5), 0, push.size.x - 1);
        int there = clamp(y + (tap % 3 - 1) * rows, 0, push.size.y - 1);
        uint found = word_at(x, there);
        bool same = is_bare(found) && float(far_in(found)) * push.unit >= behind;
        sum += same ? texelFetch(picture, ivec2(x, there), 0).rgb : vec3(0.0);
        count += same ? 1.0 : 0.0;
    }
    return sum / count;
}

// The pixel whose surface behind is the farthest of all that pass here.
int farthest_under(ivec2 here, Window window) {
    float now = float(far_in(word_at(here.x + window.first, here.y))) * push.unit;
    float t = float(window.first) + push.share * now, farthest = -1e9;
    int under = here.x;
    for (int i = window.first; i < window.last; i++) {
        float next = float(far_in(word_at(here.x + i + 1, here.y))) * push.unit;
        float t_next = float(i + 1) + push.share * next;
        if (t <= 0.0 && t_next > 0.0 && max(now, next) > farthest) {
            farthest = max(now, next);
            under = here.x + i + (next > now ? 1 : 0);
        }
        now = next;
        t = t_next;
    }
    return under;
}

// What is seen where nothing is in front; and where nobody has seen that, what would be.
vec3 behind(ivec2 here, Window window, float most) {
    Landing landing = nearest_on(here, window, true);
    if (landing.found) {
        return colour_at(landing.from, here.y);
    }
    int under = farthest_under(here, window);
    uint word = word_at(under, here.y);
    float near = float(near_in(word)) * push.unit;
    int bare = is_bare(word) ? clamp(under, 0, push.size.x - 1) : bare_around(under, here.y, near, mix(near, most, 0.5), push.reach);
    float depth = float(here.x) - push.share * push.unit * float(far_in(word_at(bare, here.y))) - float(bare);
    return bare < 0 ? colour_at(float(under), here.y) : continued(bare, here.y, abs(depth), depth < 0.0 ? 1.0 : -1.0);
}

void main() {
    uint count = lists[3u + EYE].w;
    for (uint lane = gl_GlobalInvocationID.x; lane < count; lane += LANES * gl_NumWorkGroups.x) {
        ivec2 here = place_of(texelFetch(mixed, int(lane)).r);
        Landings landings = landings_on(here.x / RUN, here.y);
        Window window = landings.window;
        Landing landing = nearest_on(here, window, false);
        float share = share_of(landing, here.y);
        vec3 colour = vec3(0.0);
        if (landing.found) {
            // Of a mixture, what is in front alone: it is known where what was mixed in can be seen beside it.
            int left = int(clamp(landing.from, 0.0, float(push.size.x - 1)));
            colour = colour_at(landing.from, here.y);
            int bare = bare_around(left, here.y, landing.depth, mix(landing.depth, landings.most, 0.5), push.reach / 4);
            vec3 old = texelFetch(picture, ivec2(max(bare, 0), here.y), 0).rgb;
            colour = bare < 0 ? colour : clamp(colour + min((1.0 - share) / max(share, 1e-3), MOST) * (colour - old), 0.0, 1.0);
            share = bare < 0 ? 1.0 : share;
        }
        if (share < 1.0) {
            colour = mix(behind(here, window, landings.most), colour, share);
        }
        imageStore(eye, here, vec4(colour, 1.0));
    }
}
