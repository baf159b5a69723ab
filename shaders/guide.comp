// The picture at the disparity map's size, beside the disparity: texels (R, G, B, disparity in parts of the shot's span).
// Twin: src/stage/stereo/reference/.
#version 460

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer disparity;
layout(set = 0, binding = 2, rgba32f) uniform writeonly imageBuffer guide;

layout(push_constant) uniform Push {
    ivec2 corner; // of what lies between the picture's bars
    ivec2 from;   // its size
    ivec2 to;
    float scale; // parts of the shot's span per raw unit
} push;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.to))) {
        return;
    }
    vec2 step = vec2(push.from) / vec2(push.to);
    ivec2 taps = clamp(ivec2(ceil(step)), ivec2(1), ivec2(4));
    vec3 sum = vec3(0.0);
    for (int y = 0; y < taps.y; y++) {
        for (int x = 0; x < taps.x; x++) {
            vec2 place = (vec2(here) + (vec2(x, y) + 0.5) / vec2(taps)) * step;
            sum += texelFetch(picture, push.corner + min(ivec2(place), push.from - 1), 0).rgb;
        }
    }
    int index = here.y * push.to.x + here.x;
    float d = texelFetch(disparity, index).r * push.scale;
    d = abs(d) < 1e6 ? d : 0.0; // what is no number must not spread
    imageStore(guide, index, vec4(sum / float(taps.x * taps.y), d));
}
