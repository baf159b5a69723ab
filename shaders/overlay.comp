// Lays a patch (of subtitles) over both eyes as they are laid out: within the patch the picture is composed anew, with the patch over each eye before
// the eyes are woven or mixed.
// Twin: src/sink/compose.rs.
#version 460
layout(local_size_x = 32, local_size_y = 4) in;
#include "compose.glsl"

// R'G'B' and alpha, multiplied in, 8 bits each: for each patch the left eye's, then the right eye's.
layout(set = 0, binding = 3) readonly buffer Texels {
    uint texels[];
};

layout(push_constant) uniform Push {
    ivec2 at;       // of the picture in the result
    ivec2 fitted;
    ivec2 eye;      // size of an eye's picture
    ivec2 parity;   // of the result's first pixel on the screen
    ivec2 from;     // the patch's upper left corner in an eye as it is shown
    ivec2 extent;   // its size
    int swapped;
    uint offset;    // of its texels
    float mixing[18];
} push;

vec3 read(int eye, ivec2 place, ivec2 area) {
    int source = eye ^ push.swapped;
    vec3 colour = read_eye(source, place, area, push.eye);
    ivec2 here = place - push.from;
    uint texel = texels[push.offset + uint((source * push.extent.y + here.y) * push.extent.x + here.x)];
    vec4 over = unpackUnorm4x8(texel);
    return colour * (1.0 - over.a) + over.rgb;
}

void main() {
    ivec2 inside = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(inside, push.extent))) {
        return;
    }
    ivec2 place = push.from + inside;
    ivec2 area = push.fitted;
    ivec2 here = place + push.at;
    int eye = int(gl_GlobalInvocationID.z);
    if (ARRANGEMENT == 0) {
        area.x = max(area.x / 2, 1);
        here.x += eye * area.x;
    } else if (ARRANGEMENT == 1) {
        area.y = max(area.y / 2, 1);
        here.y += eye * area.y;
    }
    ivec2 screen = (here + push.parity) & 1;
    if (ARRANGEMENT == 2) {
        eye = screen.y;
    } else if (ARRANGEMENT == 3) {
        eye = screen.x;
    } else if (ARRANGEMENT == 4) {
        eye = screen.x ^ screen.y;
    }
    vec3 colour;
    if (ARRANGEMENT == 6) {
        colour = mixed(push.mixing, read(0, place, area), read(1, place, area));
    } else {
        colour = read(eye, place, area);
    }
    imageStore(result, here, vec4(clamp(colour, 0.0, 1.0), 1.0));
}
