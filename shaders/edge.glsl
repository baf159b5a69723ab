#extension GL_EXT_control_flow_attributes : enable
// What counts as an edge of the disparity map: places around that differ by more than this part of the shot's span.
const float FLAT = 0.05;
// An edge counts from a step of this part of the picture's width on, and from twice that entirely: what is less is not seen.
const float SEEN = 0.0005;
// How steeply a pixel goes from one surface to the other by the model's value, and at which value it is half of each.
const float STEEP = 4.0, MIDDLE = 0.55;

// How much of a pixel is the surface in front, by its colour: `line` is the model, `least` and `most` the disparities of both.
float front_share(vec4 line, vec3 colour, float least, float most) {
    float value = (dot(line.rgb, colour) + line.a - least) / (most - least);
    return clamp((MIDDLE - value) * STEEP + 0.5, 0.0, 1.0);
}

// The mean colour around a pixel, 1-2-1 each way, as grain and compression would else speckle the choice.
vec3 calm_colour(sampler2D picture, ivec2 at, ivec2 first, ivec2 last) {
    vec3 sum = vec3(0.0);
    [[unroll]] for (int tap = 0; tap < 9; tap++) {
        ivec2 by = ivec2(tap % 3, tap / 3) - 1;
        float weight = (by.x == 0 ? 0.5 : 0.25) * (by.y == 0 ? 0.5 : 0.25);
        sum += weight * texelFetch(picture, clamp(at + by, first, last), 0).rgb;
    }
    return sum;
}
