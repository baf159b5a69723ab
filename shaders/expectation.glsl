// Softmax over the channels of one pixel, in place, and the parallax expected from it: Σ p·parallax / Σ p over the planes in use. Wants QUADS,
// CHANNELS and `planes`: for each quad the parallax where in use, else 0; 1 where in use, else 0.
const int SHARES = (CHANNELS + 3) / 4;

float expectation(inout vec4 values[QUADS]) {
    // Channels that do not exist must not win.
    [[unroll]] for (int c = 0; c < 4; c++) {
        if (SHARES * 4 - 4 + c >= CHANNELS) values[SHARES - 1][c] = -3.0e38;
    }
    vec4 greatest = values[0];
    [[unroll]] for (int q = 1; q < SHARES; q++) greatest = max(greatest, values[q]);
    float most = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
    vec4 total = vec4(0.0);
    float weighted = 0.0;
    float used = 0.0;
    [[unroll]] for (int q = 0; q < SHARES; q++) {
        values[q] = exp(values[q] - most);
        total += values[q];
        weighted += dot(values[q], FETCH(planes, q * 2));
        used += dot(values[q], FETCH(planes, q * 2 + 1));
    }
    float scale = 1.0 / (total.x + total.y + total.z + total.w);
    [[unroll]] for (int q = 0; q < SHARES; q++) values[q] *= scale;
    // Where all falls into channels that stand for no plane, it is the screen's.
    return used > 0.0 ? weighted / used : 0.0;
}
