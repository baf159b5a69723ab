// How disparity goes with colour around each place of the map: the least squares of a · colour + b − disparity over 5×5 places (the local
// linear model of the guided filter, He, Sun and Tang 2010). A place that an edge crosses has both surfaces' colours and disparities mixed
// in one proportion, so the model holds there, too, and tells at the picture's full size which surface a pixel shows.
// Twin: src/stage/stereo/reference/.
#version 460
#include "edge.glsl"

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform samplerBuffer guide;
layout(set = 0, binding = 1, rgba32f) uniform writeonly imageBuffer model; // a, b
layout(set = 0, binding = 2, rgba32f) uniform writeonly imageBuffer found; // least and greatest disparity of 7×7 places, variance that the model leaves, how far this is an edge

layout(push_constant) uniform Push {
    ivec2 size;
} push;

// Places to each side: that the model is of, whose disparities are the two surfaces', and that tell a slope from an edge.
const int REACH = 2, AROUND = 3, FAR = 5;
// Of the variance in the last a plane leaves about 1/16 across soft edges, more across sharp ones, and hardly any on slopes.
const float SLOPE = 0.02, STEP = 0.05;
// The part of the variance that colour must explain to be believed.
const float GUESSED = 0.45, TOLD = 0.7;
// Colours (0 … 1) that vary less than this tell nothing.
const float NOISE = 1e-4;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    int index = here.y * push.size.x + here.x;
    // Everything relative to the middle, so that nothing cancels.
    vec4 own = texelFetch(guide, index);
    float least = 0.0, most = 0.0;
    for (int y = -AROUND; y <= AROUND; y++) {
        for (int x = -AROUND; x <= AROUND; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            float other = texelFetch(guide, place.y * push.size.x + place.x).a - own.a;
            least = min(least, other);
            most = max(most, other);
        }
    }
    if (most - least <= FLAT) {
        imageStore(model, index, vec4(0.0, 0.0, 0.0, own.a));
        imageStore(found, index, vec4(own.a + least, own.a + most, 0.0, 0.0));
        return;
    }
    vec4 plane = vec4(0.0); // sums of disparity, its square, and times x and y
    for (int y = -FAR; y <= FAR; y += 2) {
        for (int x = -FAR; x <= FAR; x += 2) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            float other = texelFetch(guide, place.y * push.size.x + place.x).a - own.a;
            plane += other * vec4(1.0, other, x, y);
        }
    }
    vec3 colour = vec3(0.0), squares = vec3(0.0), products = vec3(0.0), with = vec3(0.0);
    float mean = 0.0, square = 0.0;
    for (int y = -REACH; y <= REACH; y++) {
        for (int x = -REACH; x <= REACH; x++) {
            ivec2 place = clamp(here + ivec2(x, y), ivec2(0), push.size - 1);
            vec4 other = texelFetch(guide, place.y * push.size.x + place.x) - own;
            colour += other.rgb;
            squares += other.rgb * other.rgb;
            products += other.gbr * other.brg;
            with += other.rgb * other.a;
            mean += other.a;
            square += other.a * other.a;
        }
    }
    float share = 1.0 / float((2 * REACH + 1) * (2 * REACH + 1));
    colour *= share;
    mean *= share;
    vec3 v = squares * share - colour * colour + NOISE;          // rr, gg, bb
    vec3 c = products * share - colour.gbr * colour.brg;         // gb, br, rg
    vec3 k = with * share - colour * mean;
    // The inverse of the symmetric matrix, by its cofactors.
    vec3 diagonal = v.gbr * v.brg - c * c;
    vec3 beside = c.gbr * c.brg - c * v;
    float determinant = v.r * diagonal.r + c.b * beside.b + c.g * beside.g;
    vec3 a = (diagonal * k + beside.brg * k.gbr + beside.gbr * k.brg) / max(determinant, 1e-20);
    float b = mean - dot(a, colour) + own.a - dot(a, own.rgb);
    float all = max(square * share - mean * mean, 1e-6);
    float left = max(all - dot(a, k), 0.0);
    const float side = float(FAR + 1), spread = float(FAR * (FAR + 2)) / 3.0;
    plane /= side * side;
    float variance = max(plane.y - plane.x * plane.x, 1e-6);
    float bent = 1.0 - dot(plane.zw, plane.zw) / (spread * variance);
    imageStore(model, index, vec4(a, b));
    imageStore(found, index, vec4(own.a + least, own.a + most, left, smoothstep(SLOPE, STEP, bent) * smoothstep(GUESSED, TOLD, 1.0 - left / all)));
}
