// What the kernels that make one eye's picture share. Of every source pixel x, the surface in front lands at x + share · P and so does the one behind
// it, by their own parallax P. Each pixel of the eye looks along its row for what lands on it and takes the nearest; neighbours of one surface are
// joined and read between; where a surface ends, its last pixel reaches half a pixel on.

layout(push_constant) uniform Push {
    ivec2 size;
    int first;   // what lands on x comes from x + first ..= x + last
    int last;
    float share; // of the parallax that this eye takes: −½ and +½, or 1
    int reach;   // pixels within which a surface is looked for that is seen behind another
    float unit;  // pixels
} push;

// Whether it is the right eye, which takes a positive share.
layout(constant_id = 0) const bool RIGHT_EYE = false;
const uint EYE = RIGHT_EYE ? 1u : 0u;

// Where what may land on a pixel comes from, relative to it.
struct Window {
    int first;
    int last;
};
