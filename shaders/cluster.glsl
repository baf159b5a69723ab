// Choosing between two surfaces. Where weighted disparities fall into two groups (an edge) the heavier group's mean is taken and nothing
// between the two; where they form one group or a ramp, `plain` is, so that texture does not show in the depth of smooth surfaces.
// Disparities are in parts of the shot's span.

// Disparities that differ by less are never two groups (see `choose`: 0.03² / 1e-4 < 10).
const float FLAT = 0.03;

// Sums of (weight, weight · disparity, weight · disparity²).
vec3 weigh(float weight, float disparity) {
    return weight * vec3(1.0, disparity, disparity * disparity);
}

float choose(vec3 near, vec3 far, float plain) {
    if (near.x <= 0.0 || far.x <= 0.0) {
        return (near.y + far.y) / (near.x + far.x); // all that has weight is the same
    }
    float near_mean = near.y / near.x, far_mean = far.y / far.x;
    float spread = max(near.z - near.y * near_mean, 0.0) + max(far.z - far.y * far_mean, 0.0);
    float within = spread / (near.x + far.x) + 1e-4;
    float apart = far_mean - near_mean;
    float edge = smoothstep(10.0, 20.0, apart * apart / within);
    return mix(plain, near.x >= far.x ? near_mean : far_mean, edge);
}

// Likeness of two colours, 1 for the same.
float alike(vec3 one, vec3 other) {
    vec3 apart = one - other;
    float share = 0.003 / (0.003 + dot(apart, apart));
    return share * share + 1e-6;
}
