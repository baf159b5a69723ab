// Decoded planes → the picture: SDR R'G'B' (sRGB or Display P3), turned and mirrored as it is to be seen.
// What a film's format fixes comes as specialization constants, so that the usual formats fold to a few instructions.
// Twin: src/stage/colour/reference.rs.
#version 460

layout(local_size_x = 32, local_size_y = 4) in;

layout(constant_id = 0) const uint chroma = 1;        // 0: grey, 1: three planes, 2: two planes, the second interleaved
layout(constant_id = 1) const uint subsampled_x = 1;  // log2
layout(constant_id = 2) const uint subsampled_y = 1;
layout(constant_id = 3) const uint sample_shift = 0;  // bits the samples are shifted up by
layout(constant_id = 4) const float site_x = 0.0;     // place of the first chroma sample, in luma samples
layout(constant_id = 5) const float site_y = 0.5;
// R'G'B' from sample codes: rows of (first, second, third plane, constant).
layout(constant_id = 6) const float m00 = 1;
layout(constant_id = 7) const float m01 = 0;
layout(constant_id = 8) const float m02 = 0;
layout(constant_id = 9) const float m03 = 0;
layout(constant_id = 10) const float m10 = 0;
layout(constant_id = 11) const float m11 = 1;
layout(constant_id = 12) const float m12 = 0;
layout(constant_id = 13) const float m13 = 0;
layout(constant_id = 14) const float m20 = 0;
layout(constant_id = 15) const float m21 = 0;
layout(constant_id = 16) const float m22 = 1;
layout(constant_id = 17) const float m23 = 0;
layout(constant_id = 18) const uint curve = 0;        // 0: as it is, 1: SDR of other primaries, 2: PQ, 3: HLG
layout(constant_id = 19) const float p00 = 1;         // primaries → those wanted, linear light
layout(constant_id = 20) const float p01 = 0;
layout(constant_id = 21) const float p02 = 0;
layout(constant_id = 22) const float p10 = 0;
layout(constant_id = 23) const float p11 = 1;
layout(constant_id = 24) const float p12 = 0;
layout(constant_id = 25) const float p20 = 0;
layout(constant_id = 26) const float p21 = 0;
layout(constant_id = 27) const float p22 = 1;
layout(constant_id = 28) const float peak_code = 0.7518271; // PQ code of the film's peak
layout(constant_id = 29) const float white_share = 0.7720;  // PQ code of 203 cd/m² over peak_code; from 1 on nothing is bent

layout(set = 0, binding = 0) uniform usamplerBuffer first;
layout(set = 0, binding = 1) uniform usamplerBuffer second;
layout(set = 0, binding = 2) uniform usamplerBuffer third;
layout(set = 0, binding = 3, rgba8) uniform writeonly image2D picture;

layout(push_constant) uniform Push {
    ivec2 size;       // of the picture, turned
    ivec2 coded;      // of the first plane
    ivec2 chroma_size;
    ivec3 pitch;      // of each plane, in samples
    int pad;
    ivec3 to_x;       // coded x = dot(to_x, (x, y, 1))
    int pad1;
    ivec3 to_y;
} push;

const float PQ_M1 = 0.1593017578125, PQ_M2 = 78.84375, PQ_C1 = 0.8359375, PQ_C2 = 18.8515625, PQ_C3 = 18.6875;
const float WHITE = 203.0;

vec3 pq_to_light(vec3 code) {
    vec3 e = pow(clamp(code, 0.0, 1.0), vec3(1.0 / PQ_M2));
    return 10000.0 * pow(max(e - PQ_C1, 0.0) / (PQ_C2 - PQ_C3 * e), vec3(1.0 / PQ_M1));
}

float light_to_pq(float light) {
    float y = pow(clamp(light / 10000.0, 0.0, 1.0), PQ_M1);
    return pow((PQ_C1 + PQ_C2 * y) / (1.0 + PQ_C3 * y), PQ_M2);
}

// BT.2390's EETF, black level 0, on a PQ code.
float bend(float code) {
    float e = min(code / peak_code, 1.0);
    float knee = 1.5 * white_share - 0.5;
    if (white_share >= 1.0 || e < knee) {
        return e * peak_code;
    }
    float t = (e - knee) / (1.0 - knee);
    float t2 = t * t, t3 = t2 * t;
    float bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * white_share;
    return bent * peak_code;
}

vec3 hlg_to_light(vec3 code) {
    vec3 e = clamp(code, 0.0, 1.0);
    vec3 low = e * e / 3.0;
    vec3 high = (exp((e - 0.55991073) / 0.17883277) + 0.28466892) / 12.0;
    vec3 scene = mix(high, low, lessThanEqual(e, vec3(0.5)));
    float luminance = dot(scene, vec3(0.2627, 0.6780, 0.0593));
    return 1000.0 * pow(max(luminance, 1e-6), 0.2) * scene;
}

vec3 tone(vec3 light) {
    float brightest = max(max(light.r, light.g), max(light.b, 1e-4));
    float bent = pq_to_light(vec3(bend(light_to_pq(brightest)))).r;
    return light * (bent / brightest) / WHITE;
}

float sample_of(uint code) {
    return float(code >> sample_shift);
}

vec2 chroma_at(int x, int y) {
    if (chroma == 2u) {
        int at = y * push.pitch.y + 2 * x;
        return vec2(sample_of(texelFetch(second, at).r), sample_of(texelFetch(second, at + 1).r));
    }
    return vec2(sample_of(texelFetch(second, y * push.pitch.y + x).r), sample_of(texelFetch(third, y * push.pitch.z + x).r));
}

vec2 chroma_of(ivec2 at) {
    ivec2 last = push.chroma_size - 1;
    if (subsampled_x == 0u && subsampled_y == 0u) {
        return chroma_at(at.x, at.y);
    }
    float fx = (float(at.x) - site_x) * 0.5;
    int x0 = int(floor(fx));
    float wx = fx - float(x0);
    int x1 = min(x0 + 1, last.x);
    x0 = clamp(x0, 0, last.x);
    if (subsampled_y == 0u) {
        return mix(chroma_at(x0, at.y), chroma_at(x1, at.y), wx);
    }
    float fy = (float(at.y) - site_y) * 0.5;
    int y0 = int(floor(fy));
    float wy = fy - float(y0);
    int y1 = min(y0 + 1, last.y);
    y0 = clamp(y0, 0, last.y);
    return mix(mix(chroma_at(x0, y0), chroma_at(x1, y0), wx), mix(chroma_at(x0, y1), chroma_at(x1, y1), wx), wy);
}

void main() {
    ivec2 here = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(here, push.size))) {
        return;
    }
    ivec2 at = ivec2(push.to_x.x * here.x + push.to_x.y * here.y + push.to_x.z, push.to_y.x * here.x + push.to_y.y * here.y + push.to_y.z);
    float y = sample_of(texelFetch(first, at.y * push.pitch.x + at.x).r);
    vec3 rgb;
    if (chroma == 0u) {
        rgb = vec3(m00 * y + m03);
    } else {
        vec2 c = chroma_of(at);
        rgb = vec3(m00 * y + m01 * c.x + m02 * c.y + m03, m10 * y + m11 * c.x + m12 * c.y + m13, m20 * y + m21 * c.x + m22 * c.y + m23);
    }
    if (curve != 0u) {
        vec3 light;
        if (curve == 1u) {
            light = pow(max(rgb, 0.0), vec3(2.4));
        } else if (curve == 2u) {
            light = tone(pq_to_light(rgb));
        } else {
            light = tone(hlg_to_light(rgb));
        }
        vec3 shown = vec3(dot(vec3(p00, p01, p02), light), dot(vec3(p10, p11, p12), light), dot(vec3(p20, p21, p22), light));
        rgb = pow(clamp(shown, 0.0, 1.0), vec3(1.0 / 2.4));
    }
    imageStore(picture, here, vec4(clamp(rgb, 0.0, 1.0), 1.0));
}
