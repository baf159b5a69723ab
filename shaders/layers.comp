// The picture on the left, and on the right twelve pictures (4×3, near to far) of how likely each pixel lies in a group of disparity planes.
// Twin: src/stage/stereo/layers.rs.
#version 460

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform sampler2D picture;
layout(set = 0, binding = 1) uniform samplerBuffer planes; // pixel by pixel, row by row; of each, all its planes and zeroes up to a multiple of four
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D result;

layout(push_constant) uniform Push {
    ivec2 size;  // of the picture
    ivec2 small; // of a plane
    int first;
    int count;
} push;

float plane_at(int plane, int x, int y) {
    int pixel = min(y, push.small.y - 1) * push.small.x + min(x, push.small.x - 1);
    return texelFetch(planes, pixel * ((push.first + push.count + 3) / 4 * 4) + plane).r;
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    ivec2 cell_size = (push.size + 2) / 3;
    if (here.x >= push.size.x + 4 * cell_size.x || here.y >= 3 * cell_size.y) {
        return;
    }
    if (here.x < push.size.x) {
        vec3 colour = here.y < push.size.y ? texelFetch(picture, here, 0).rgb : vec3(0.0);
        imageStore(result, here, vec4(colour, 1.0));
        return;
    }
    ivec2 place = here - ivec2(push.size.x, 0);
    ivec2 cell = place / cell_size;
    int number = cell.y * 4 + cell.x;
    vec2 at = max((vec2(place - cell * cell_size) + 0.5) * vec2(push.small) / vec2(cell_size) - 0.5, 0.0);
    ivec2 low = ivec2(at);
    vec2 part = at - vec2(low);
    float sum = 0.0;
    for (int plane = push.first + number * push.count / 12; plane < push.first + (number + 1) * push.count / 12; plane++) {
        float upper = mix(plane_at(plane, low.x, low.y), plane_at(plane, low.x + 1, low.y), part.x);
        float lower = mix(plane_at(plane, low.x, low.y + 1), plane_at(plane, low.x + 1, low.y + 1), part.x);
        sum += mix(upper, lower, part.y);
    }
    imageStore(result, here, vec4(vec3(clamp(sum, 0.0, 1.0)), 1.0));
}
