// What one eye sees around the virtual screen: a dark theatre lit by the film, the rays of the hands, and the screen itself where no layer carries it.
// Twin: src/sink/xr/room.rs. Coordinates are those of the viewer's place: +X right, +Y up, -Z ahead, metres.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) readonly buffer View {
    vec4 eye;           // place of the eye; w: 1 where there is a theatre
    vec4 turned;        // how it is turned, a quaternion
    vec4 tangents;      // left, right, up, down edge of what it sees
    vec4 screen;        // the screen's pose; w: 1 where it is to be drawn
    vec4 screen_turned;
    vec4 surface;       // flat: width, height, 0; cylinder: radius, height, angle
    vec4 middle;        // of the screen; w: its area
    vec4 facing;        // the way that it faces
    vec4 walls;         // half width, floor, ceiling, front
    vec4 seats;         // back wall, first row, from row to row, rows
    vec4 slope;         // of the line from the viewer's place to the screen's lower edge
    vec4 rays[4];       // for each hand: where from and how long; which way and whether it is to be seen
} view;
layout(set = 0, binding = 1) uniform sampler2D film;
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D result;

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 film_size;
} push;

const float PI = 3.14159265;

vec3 rotate(vec4 q, vec3 v) {
    return v + 2.0 * cross(q.xyz, cross(q.xyz, v) + q.w * v);
}

vec3 to_light(vec3 code) {
    return mix(code / 12.92, pow((code + 0.055) / 1.055, vec3(2.4)), greaterThan(code, vec3(0.04045)));
}

vec3 to_code(vec3 light) {
    return mix(light * 12.92, 1.055 * pow(max(light, 1e-9), vec3(1.0 / 2.4)) - 0.055, greaterThan(light, vec3(0.0031308)));
}

vec3 direction(vec2 pixel) {
    vec2 share = pixel / vec2(push.size);
    vec3 ahead = vec3(mix(view.tangents.x, view.tangents.y, share.x), mix(view.tangents.z, view.tangents.w, share.y), -1.0);
    return normalize(rotate(view.turned, ahead));
}

// Place on the picture, (0, 0) upper left; z is 1 where the ray meets the surface from its front.
vec3 on_screen(vec3 along) {
    vec4 back = vec4(-view.screen_turned.xyz, view.screen_turned.w);
    vec3 o = rotate(back, view.eye.xyz - view.screen.xyz);
    vec3 d = rotate(back, along);
    if (view.surface.z == 0.0) {
        float t = -o.z / d.z;
        vec3 p = o + d * t;
        bool met = d.z < -1e-6 && o.z > 0.0;
        return vec3(p.x / view.surface.x + 0.5, 0.5 - p.y / view.surface.y, met ? 1.0 : 0.0);
    }
    float a = dot(d.xz, d.xz);
    float b = dot(o.xz, d.xz);
    float q = b * b - a * (dot(o.xz, o.xz) - view.surface.x * view.surface.x);
    float t = (sqrt(max(q, 0.0)) - b) / max(a, 1e-12);
    vec3 p = o + d * t;
    bool met = q >= 0.0 && t > 0.0;
    return vec3(atan(p.x, -p.z) / view.surface.z + 0.5, 0.5 - p.y / view.surface.y, met ? 1.0 : 0.0);
}

// Light of the screen, seen as one lamp at its middle, on a matt surface. Eight times what it is, as eyes used to the dark would see it.
vec3 lit(vec3 place, vec3 normal, vec3 film_light) {
    vec3 away = view.middle.xyz - place;
    float square = dot(away, away);
    vec3 d = away * inversesqrt(max(square, 1e-6));
    float form = max(dot(normal, d), 0.0) * max(dot(view.facing.xyz, -d), 0.0);
    float share = view.middle.w * form / (PI * square + view.middle.w);
    return film_light * (8.0 * share + 0.03) + 0.006;
}

vec3 theatre(vec3 along, vec3 film_light) {
    vec3 o = view.eye.xyz;
    vec3 d = vec3(abs(along.x) < 1e-6 ? 1e-6 : along.x, abs(along.y) < 1e-6 ? 1e-6 : along.y, abs(along.z) < 1e-6 ? 1e-6 : along.z);
    vec3 far = vec3(d.x > 0.0 ? view.walls.x : -view.walls.x, d.y > 0.0 ? view.walls.z : view.walls.y, d.z > 0.0 ? view.seats.x : view.walls.w);
    vec3 reach = (far - o) / d;
    float t = min(reach.x, min(reach.y, reach.z));
    if (t <= 0.0) {
        return vec3(0.0);
    }
    vec3 p = o + d * t;
    vec3 normal;
    vec3 colour;
    if (t == reach.x) {
        normal = vec3(d.x > 0.0 ? -1.0 : 1.0, 0.0, 0.0);
        float groove = smoothstep(0.62, 0.70, abs(fract(p.z / 1.4) - 0.5) * 1.4);
        colour = vec3(0.16, 0.045, 0.04) * (1.0 - 0.7 * groove);
    } else if (t == reach.y) {
        normal = vec3(0.0, d.y > 0.0 ? -1.0 : 1.0, 0.0);
        colour = d.y > 0.0 ? vec3(0.05) : vec3(0.07, 0.05, 0.08);
    } else {
        normal = vec3(0.0, 0.0, d.z > 0.0 ? -1.0 : 1.0);
        colour = d.z > 0.0 ? vec3(0.10, 0.03, 0.03) : vec3(0.015);
    }
    vec3 seen = colour * lit(p, normal, film_light);
    for (int row = 0; row < int(view.seats.w); row++) {
        float z = -(view.seats.y + float(row) * view.seats.z);
        float s = (z - o.z) / d.z;
        if (s > 0.0 && s < t) {
            vec3 p = o + d * s;
            // No seat stands before the screen, nor its back before the viewer's feet.
            float top = min(-0.55 - 0.04 * float(row), -view.slope.x * z - 0.12);
            float across = abs(fract(p.x / 0.62 + 0.5 * float(row & 1)) - 0.5) * 0.62;
            float corner = length(max(vec2(across - 0.15, p.y - (top - 0.12)), 0.0));
            if (corner < 0.12 && top > view.walls.y + 0.25) {
                t = s;
                float edge = smoothstep(0.085, 0.12, corner);
                vec3 rim = lit(p, vec3(0.0, 0.8, -0.6), film_light);
                seen = vec3(0.10, 0.018, 0.02) * (film_light * 0.02 + 0.006 + rim * edge);
            }
        }
    }
    return seen;
}

float beam(vec3 along, vec4 from, vec4 way) {
    if (way.w == 0.0) {
        return 0.0;
    }
    // Where the ray of sight and the beam come closest.
    vec3 w = view.eye.xyz - from.xyz;
    float b = dot(along, way.xyz);
    float d = dot(along, w);
    float e = dot(way.xyz, w);
    float on_beam = clamp((e - b * d) / max(1.0 - b * b, 1e-6), 0.0, from.w);
    float on_sight = max(dot(from.xyz + way.xyz * on_beam - view.eye.xyz, along), 0.0);
    float apart = length(view.eye.xyz + along * on_sight - from.xyz - way.xyz * on_beam);
    float thick = 0.003 + 0.0008 * on_sight;
    return (1.0 - smoothstep(0.5 * thick, thick, apart)) * (0.75 - 0.6 * on_beam / max(from.w, 1e-3));
}

void main() {
    ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(pixel, push.size))) {
        return;
    }
    vec2 at = vec2(pixel) + 0.5;
    vec3 along = direction(at);
    vec3 light = vec3(0.0);
    if (view.eye.w != 0.0) {
        light = theatre(along, to_light(textureLod(film, vec2(0.5), 99.0).rgb));
    }
    for (int hand = 0; hand < 2; hand++) {
        light += vec3(0.35, 0.42, 0.55) * beam(along, view.rays[2 * hand], view.rays[2 * hand + 1]);
    }
    float noise = fract(52.9829189 * fract(dot(vec2(pixel), vec2(0.06711056, 0.00583715)))) - 0.5;
    // Where there is no theatre, whatever lies behind is seen through.
    float cover = view.eye.w != 0.0 ? 1.0 : clamp(max(light.r, max(light.g, light.b)), 0.0, 1.0);
    vec3 code = to_code(clamp(light, 0.0, 1.0)) + noise / 255.0 * (any(greaterThan(light, vec3(0.0))) ? 1.0 : 0.0);
    if (view.screen.w != 0.0) {
        vec3 place = on_screen(along);
        if (place.z != 0.0 && all(greaterThanEqual(place.xy, vec2(0.0))) && all(lessThan(place.xy, vec2(1.0)))) {
            vec2 right = (on_screen(direction(at + vec2(1.0, 0.0))).xy - place.xy) * vec2(push.film_size);
            vec2 down = (on_screen(direction(at + vec2(0.0, 1.0))).xy - place.xy) * vec2(push.film_size);
            float level = 0.5 * log2(max(max(dot(right, right), dot(down, down)), 1.0));
            code = textureLod(film, place.xy, level).rgb;
            cover = 1.0;
        }
    }
    imageStore(result, pixel, vec4(clamp(code, 0.0, 1.0), cover));
}
