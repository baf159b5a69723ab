// Disparity made steady: what the frame's own, the last result and the frames ahead say of the same thing, found along motion. Each is believed as far as the
// picture looks the same there, the way back leads here, and the disparities agree: nothing stays where something has moved away.
// Twin: src/stage/steady/reference.rs.
#version 460
#extension GL_EXT_control_flow_attributes : enable

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer raw;     // a ring of frames
layout(set = 0, binding = 1) uniform usamplerBuffer guide;  // a ring of frames
layout(set = 0, binding = 2) uniform isamplerBuffer flow;   // a ring of frames; of each, to the one before and from there
layout(set = 0, binding = 3) uniform samplerBuffer result;  // two frames, of which the last one is read
layout(set = 0, binding = 4, r32f) uniform writeonly imageBuffer written;

layout(push_constant) uniform Push {
    ivec2 size;       // of the disparity
    ivec2 guide_size;
    ivec2 blocks;
    int ring;         // frames in the rings
    int frame;        // the place of this frame in them
    int ahead;        // frames ahead that may be used
    int newer;        // which result this becomes
    float past;       // weight of the last result; 0: there is none; less: it stays as it is
    float unit;       // one over the span of the shot
    vec2 aligned[9];  // scale and offset from raw disparity to the shot's, of this frame and those ahead; scale 0: says nothing; less: has none
} push;

layout(constant_id = 0) const float ALIKE = 10.0;   // brightness of 255 by which the same thing may differ
layout(constant_id = 1) const float AGREE = 0.15;   // parts of the span by which disparities of the same thing may differ
layout(constant_id = 2) const float SURFACE = 0.08; // and by which neighbours on one surface may
layout(constant_id = 3) const float AHEAD = 1.0;    // weight of each frame ahead
layout(constant_id = 4) const int MOST = 3;         // frames ahead at most

ivec4 look(int frame, ivec2 place) {
    place = clamp(place, ivec2(0), push.guide_size - 1);
    return ivec4(texelFetch(guide, (frame * push.guide_size.y + place.y) * push.guide_size.x + place.x));
}

int apart(ivec4 one, ivec4 other) {
    ivec4 d = abs(one - other);
    return d.x + d.y + d.z + d.w;
}

ivec2 vector(int frame, int way, ivec2 block) {
    block = clamp(block, ivec2(0), push.blocks - 1);
    return texelFetch(flow, ((frame * 2 + way) * push.blocks.y + block.y) * push.blocks.x + block.x).xy;
}

// Disparity at a place between texels, from those that are of the same surface as `own`.
float read(bool is_result, int frame, vec2 place, vec2 align, float own) {
    vec2 low = floor(place), part = place - low;
    vec2 sum = vec2(0.0);
    [[unroll]] for (int tap = 0; tap < 4; tap++) {
        ivec2 at = clamp(ivec2(low) + ivec2(tap & 1, tap >> 1), ivec2(0), push.size - 1);
        int index = (frame * push.size.y + at.y) * push.size.x + at.x;
        float value = (is_result ? texelFetch(result, index).r : texelFetch(raw, index).r) * align.x + align.y;
        float weight = ((tap & 1) == 1 ? part.x : 1.0 - part.x) * ((tap >> 1) == 1 ? part.y : 1.0 - part.y);
        float off = (value - own) * push.unit / SURFACE;
        sum += weight / (1.0 + off * off) * vec2(1.0, value);
    }
    return sum.y / max(sum.x, 1e-9);
}

// Goes from `place` in frame `from` along the movement kept at frame `kept` (way 0: to the frame before; 1: from there) to frame `to`; takes the movement
// of the four blocks around whose end looks most like `own`. How far what is there can be believed.
float follow(int to, int kept, int way, ivec4 own, inout ivec2 place) {
    ivec2 block = place >> 2, side = ((place >> 1) & 1) * 2 - 1;
    int best = 1 << 30;
    ivec2 moved = ivec2(0);
    [[unroll]] for (int candidate = 0; candidate < 4; candidate++) {
        ivec2 tried = vector(kept, way, block + side * ivec2(candidate & 1, candidate >> 1));
        int cost = apart(own, look(to, place + tried)) + (candidate > 0 ? 4 : 0);
        bool better = cost < best;
        best = better ? cost : best;
        moved = better ? tried : moved;
    }
    place += moved;
    bool inside = all(greaterThanEqual(place, ivec2(0))) && all(lessThan(place, push.guide_size));
    ivec2 back = abs(moved + vector(kept, 1 - way, place >> 2));
    float lost = float(max(back.x + back.y - 1, 0)) * 0.5;
    float unlike = float(best) * 0.25 / ALIKE;
    float alike = 1.0 / (1.0 + unlike * unlike);
    return inside ? alike * alike / (1.0 + lost * lost) : 0.0;
}

// What a frame without a disparity of its own begins with: the last result, else what the first frame ahead says that has one.
float stand_in(int index) {
    if (push.past != 0.0) {
        return texelFetch(result, (1 - push.newer) * push.size.y * push.size.x + index).r;
    }
    for (int step = 1; step <= MOST; step++) {
        if (step <= push.ahead && push.aligned[step].x > 0.0) {
            int frame = (push.frame + step) % push.ring;
            float value = texelFetch(raw, frame * push.size.y * push.size.x + index).r;
            return abs(value) < 1e6 ? value * push.aligned[step].x + push.aligned[step].y : 0.0;
        }
    }
    return 0.0;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    int index = here.y * push.size.x + here.x;
    float own = texelFetch(raw, push.frame * push.size.y * push.size.x + index).r;
    own = abs(own) < 1e6 ? own : 0.0; // what is no number must not spread
    vec2 align = push.aligned[0];
    float own_weight = align.x > 0.0 ? 1.0 : 0.02;
    own = align.x > 0.0 ? own * align.x + align.y : own;
    if (align.x < 0.0) {
        own = stand_in(index);
    }
    vec2 scale = vec2(push.guide_size) / vec2(push.size);
    ivec2 start = ivec2(vec2(here) * scale + 0.5);
    ivec4 picture = look(push.frame, start);
    // Weight and value of what is said: by the frame itself, by the last result, by the frames ahead.
    float weights[MOST + 2];
    float values[MOST + 2];
    weights[0] = own_weight;
    values[0] = own;
    float trusted = 0.0;
    weights[1] = 0.0;
    values[1] = own;
    if (push.past != 0.0) {
        ivec2 place = start;
        int before = (push.frame + push.ring - 1) % push.ring;
        float believed = follow(before, push.frame, 0, picture, place);
        bool stays = push.past < 0.0;
        vec2 from = vec2(here) + (stays ? vec2(0.0) : vec2(place - start) / scale);
        float value = read(true, 1 - push.newer, from, vec2(1.0, 0.0), own);
        trusted = stays ? 1.0 : believed;
        weights[1] = stays ? -push.past : push.past * believed;
        values[1] = stays ? texelFetch(result, (1 - push.newer) * push.size.y * push.size.x + index).r : value;
    }
    ivec2 place = start;
    float believed = AHEAD;
    for (int step = 1; step <= MOST; step++) {
        weights[step + 1] = 0.0;
        values[step + 1] = own;
        if (step <= push.ahead) {
            int frame = (push.frame + step) % push.ring;
            believed *= follow(frame, frame, 1, picture, place);
            vec2 align = push.aligned[step];
            float value = read(false, frame, vec2(here) + vec2(place - start) / scale, align, own);
            weights[step + 1] = align.x > 0.0 ? believed : 0.0;
            values[step + 1] = align.x > 0.0 ? value : own;
        }
    }
    vec2 sum = vec2(0.0);
    for (int said = 0; said < MOST + 2; said++) {
        sum += weights[said] * vec2(1.0, values[said]);
    }
    float middle = sum.y / sum.x;
    sum = vec2(0.0);
    for (int said = 0; said < MOST + 2; said++) {
        float off = (values[said] - middle) * push.unit / AGREE;
        sum += weights[said] / (1.0 + off * off) * vec2(1.0, values[said]);
    }
    // Where little is sure, the result stays near what the frame itself says around here.
    float low = own, high = own;
    for (int around = 0; around < 9; around++) {
        ivec2 at = clamp(here + ivec2(around % 3, around / 3) - 1, ivec2(0), push.size - 1);
        float value = texelFetch(raw, (push.frame * push.size.y + at.y) * push.size.x + at.x).r * align.x + align.y;
        value = abs(value) < 1e6 ? value : own;
        low = min(low, value);
        high = max(high, value);
    }
    float room = align.x > 0.0 ? (0.03 + 0.3 * trusted * trusted) / push.unit : 1e9;
    imageStore(written, index, vec4(clamp(sum.y / sum.x, low - room, high + room)));
}
