// Surfaces in front are widened by the few pixels over which a film's edges are soft: these are mixtures of front and back, and left
// behind they would be seen as a second outline.
// Twin: src/stage/stereo/reference.rs.
#version 460

layout(local_size_x = 32, local_size_y = 4) in;

layout(set = 0, binding = 0) uniform samplerBuffer parallax;
layout(set = 0, binding = 1, r32f) uniform writeonly imageBuffer widened;

layout(push_constant) uniform Push {
    ivec2 size;
    int reach;
} push;

// Less than this, in pixels, is no edge but a slope.
const float EDGE = 1.0;

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    int row = here.y * push.size.x;
    float p = texelFetch(parallax, row + here.x).r;
    float nearest = p;
    for (int i = 1; i <= push.reach; i++) {
        nearest = min(nearest, texelFetch(parallax, row + max(here.x - i, 0)).r);
        nearest = min(nearest, texelFetch(parallax, row + min(here.x + i, push.size.x - 1)).r);
    }
    imageStore(widened, row + here.x, vec4(p - nearest > EDGE ? nearest : p));
}
