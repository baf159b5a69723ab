// Where a pixel lies on the disparity map, and the mapping of src/stage/comfort/mapping.rs.

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 corner; // of what lies between the picture's bars
    ivec2 seen;   // its size
    ivec2 small;
    float gain;   // pixels per part of the shot's span
    float offset; // pixels
    float low;
    float high;
    float front_fade; // pixels
    float behind_fade;
    float unit; // pixels
} push;

// Four places of the map and how far between them a pixel lies.
struct Cell {
    ivec4 at;
    vec2 part;
};

Cell cell_of(ivec2 inside) {
    vec2 place = (vec2(inside) + 0.5) * (vec2(push.small) / vec2(push.seen)) - 0.5;
    vec2 base = floor(place);
    ivec2 first = clamp(ivec2(base), ivec2(0), push.small - 1), last = clamp(ivec2(base) + 1, ivec2(0), push.small - 1);
    return Cell(ivec4(first.y * push.small.x + ivec2(first.x, last.x), last.y * push.small.x + ivec2(first.x, last.x)), place - base);
}

bool is_seen(ivec2 inside) {
    return all(greaterThanEqual(inside, ivec2(0))) && all(lessThan(inside, push.seen));
}

// Parallax of a disparity so many pixels from the picture's side.
float shown(float chosen, float side) {
    float p = clamp(push.gain * chosen + push.offset, push.low, push.high);
    float t = clamp(side * (p < 0.0 ? 1.0 / push.front_fade : 1.0 / push.behind_fade), 0.0, 1.0);
    return p * t * t * (3.0 - 2.0 * t);
}

float side_of(ivec2 inside) {
    return min(float(inside.x), float(push.seen.x - 1 - inside.x));
}
