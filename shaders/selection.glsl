// The original network's selection layer: the right eye's picture as a mixture of shifted copies of the left one's, plane k shifted by
// (k − 16)·scale.x pixels. The shares are enlarged bilinearly, top-left aligned: sample w sits on pixel w·scale.x. Channel 0 stands for
// no plane; its share is lost, as in the original. One lane a pixel.
layout(local_size_x_id = 0) in;
#include "texels.glsl"

layout(push_constant) uniform Push {
    ivec2 size;
    ivec2 low_size;
    vec2 scale;
    int whole;    // scale.x is a whole number: shifts need no interpolation
    int truncate; // to 8 bits, as the original does
} push;

#ifdef STORAGE
layout(binding = 0, std430) readonly buffer Shares { vec4 shares[]; };
#else
layout(binding = 0) uniform samplerBuffer shares;
#endif
layout(binding = 1) uniform sampler2D picture;
layout(binding = 2) uniform writeonly image2D eye;

const int QUADS = 9;
const int PLANES = 33;

void main() {
    int index = lane();
    ivec2 at = ivec2(index % push.size.x, index / push.size.x);
    if (at.y >= push.size.y) return;
    vec2 low = vec2(at) / push.scale;
    ivec2 corner = min(ivec2(low), push.low_size - 1);
    vec2 part = low - vec2(corner);
    int here = corner.y * push.low_size.x + corner.x;
    bool right = corner.x + 1 < push.low_size.x;
    bool below = corner.y + 1 < push.low_size.y;
    // A neighbour outside the map is replaced by this pixel, the diagonal one also when only one index is outside.
    ivec4 corners = QUADS * ivec4(here, right ? here + 1 : here, below ? here + push.low_size.x : here,
                                  right && below ? here + push.low_size.x + 1 : here);
    vec4 weight = vec4((1.0 - part.x) * (1.0 - part.y), part.x * (1.0 - part.y), (1.0 - part.x) * part.y, part.x * part.y);
    vec3 sum = vec3(0.0);
    float total = 0.0;
    float most = float(push.size.x - 1);
    for (int q = 0; q < QUADS; q++) {
        vec4 share = weight.x * FETCH(shares, corners.x + q) + weight.y * FETCH(shares, corners.y + q)
                   + weight.z * FETCH(shares, corners.z + q) + weight.w * FETCH(shares, corners.w + q);
        total += share.x + share.y + share.z + share.w;
        [[unroll]] for (int c = 0; c < 4; c++) {
            int k = q * 4 + c;
            if (k == 0 || k >= PLANES) continue;
            float from = clamp(float(at.x) - float(k - 16) * push.scale.x, 0.0, most);
            int column = int(from);
            vec3 colour = texelFetch(picture, ivec2(column, at.y), 0).rgb;
            if (push.whole == 0) {
                vec3 next = texelFetch(picture, ivec2(min(column + 1, push.size.x - 1), at.y), 0).rgb;
                colour = mix(colour, next, from - float(column));
            }
            sum += share[c] * colour;
        }
    }
    vec3 colour = clamp(sum / total, 0.0, 1.0);
    // Rounding of the shares' sum must not cost a level.
    if (push.truncate != 0) colour = floor(colour * 255.0 + 0.001) / 255.0;
    imageStore(eye, at, vec4(colour, 1.0));
}
