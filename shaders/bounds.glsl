// What `warp` needs to know of a run of pixels: its least and its greatest parallax (16 bits each, in units), of what is in front and of what is
// behind it; the lowest bit says that they are not all on one even surface. What lies between its last pixel and the next run counts, too.

// On an even surface the parallax of neighbours differs by no more, in pixels.
const float EVEN = 0.25;

struct Bounds {
    float least;
    float most;
    bool rough;
};

Bounds no_bounds() {
    return Bounds(1e9, -1e9, false);
}

void include(inout Bounds bounds, Surfaces both) {
    bounds.least = min(bounds.least, both.near);
    bounds.most = max(bounds.most, both.far);
}

uint packed(Bounds bounds, float unit) {
    float units = 1.0 / unit;
    int least = max(int(round(bounds.least * units)), -32768), most = min(int(round(bounds.most * units)), 32767);
    return (uint(least) & 0xfffeu) | uint(bounds.rough) | uint(most) << 16;
}

Bounds unpacked_bounds(uint word, float unit) {
    return Bounds(float(int(word << 16) >> 16) * unit, float(int(word) >> 16) * unit, (word & 1u) != 0u);
}
