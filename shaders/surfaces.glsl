// What a pixel of the picture is made of: the surface in front and the one behind it, and how much of the pixel is the one in front.
// Beside the parallax of the one that has the greater share, a word holds the way to the other one (1/256 pixel) and the share (16 bits each).
// Twin: src/stage/stereo/surfaces.rs.

struct Surfaces {
    float near; // parallax in pixels
    float far;
    float share; // of the one in front
};

// Surfaces that are nearer to each other than this, in pixels, are one.
const float APART = 1.0;
// A smaller share is nothing, and as much short of one is all.
const float NOTHING = 0.04;
// The parallax of what is not there.
const float ABSENT = 1e9;
// This share says that neither surface is seen clean here.
const float RIM = 0.02;

uint packed(float step, float share) {
    return uint(round(clamp(step, 0.0, 255.0) * 256.0)) | uint(round(share * 65535.0)) << 16;
}

Surfaces unpacked(float parallax, uint word) {
    float step = float(word & 0xffffu) / 256.0, share = float(word >> 16) / 65535.0;
    bool front = share >= 0.5;
    return Surfaces(front ? parallax : parallax - step, front ? parallax + step : parallax, share);
}

bool is_single(Surfaces both) {
    return both.far - both.near < APART;
}

// Whether what is behind can be seen at a pixel.
bool is_bare(Surfaces both) {
    return both.share < 0.5 * RIM || is_single(both);
}
