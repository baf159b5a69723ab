// Looking along a row for what lands on a pixel.

// Two neighbours are on one surface where their landings are not nearer than SQUEEZED pixels and not farther apart than STRETCHED: a
// smaller step than that is a slope of the disparity map and no edge, and must not be seen through.
const float SQUEEZED = 0.25;
const float STRETCHED = 3.0;

uint word_at(int x, int y) {
    return texelFetch(surfaces, y * push.size.x + clamp(x, 0, push.size.x - 1)).r;
}

// Parallax of what is behind in a word, in units.
int far_in(uint word) {
    return parallax_in(word) + (share_in(word) >= int(ceil(0.5 * SHARES)) ? way_in(word) * int(STEP) : 0);
}

// Parallax of what is in front.
int near_in(uint word) {
    return parallax_in(word) - (share_in(word) >= int(ceil(0.5 * SHARES)) ? 0 : way_in(word) * int(STEP));
}

bool is_single(uint word) {
    return way_in(word) < apart(push.unit);
}

bool is_bare(uint word) {
    return is_single(word) || share_in(word) < int(ceil(0.5 * RIM * SHARES));
}

// What lands on a pixel: its parallax, and where in the row it comes from.
struct Landing {
    bool found;
    float depth;
    float from;
};

// Parallax of what is in front at x, or of what can be seen behind it; ABSENT where that is nothing.
float surface_at(int x, int y, bool bare) {
    uint word = word_at(x, y);
    bool there = bare ? is_bare(word) : is_single(word) || share_in(word) >= int(ceil(NOTHING * SHARES));
    return there ? float(bare ? far_in(word) : near_in(word)) * push.unit : ABSENT;
}

// Whether something lands here between two neighbours, or on the half pixels that surfaces reach beyond their ends.
bool lands(float left, float right) {
    float gap = right - left;
    bool joined = gap >= SQUEEZED && gap <= STRETCHED, before = left <= 0.0, after = right > 0.0;
    return joined ? before && after : (before && left > -0.5) || (after && right <= 0.5);
}

// The nearest that lands on `here`. Counted from there, what comes from i has the parallax −i / share, so that whoever begins at the near end
// of the window may stop at the first.
Landing nearest_on(ivec2 here, Window window, bool bare) {
    const int way = RIGHT_EYE ? -1 : 1;
    int i = RIGHT_EYE ? window.last : window.first;
    float p = surface_at(here.x + i, here.y, bare), t = float(i) + push.share * p, p_before = p, t_before = t;
    bool found = false;
    for (int steps = window.last - window.first; steps > 0 && !found; steps--) {
        p_before = p;
        t_before = t;
        i += way;
        p = surface_at(here.x + i, here.y, bare);
        t = float(i) + push.share * p;
        found = RIGHT_EYE ? lands(t, t_before) : lands(t_before, t);
    }
    int left = RIGHT_EYE ? i : i - 1;
    vec2 both = RIGHT_EYE ? vec2(p, p_before) : vec2(p_before, p), to = RIGHT_EYE ? vec2(t, t_before) : vec2(t_before, t);
    float gap = to.y - to.x;
    bool joined = gap >= SQUEEZED && gap <= STRETCHED;
    bool end = to.x <= 0.0 && to.x > -0.5, begin = to.y > 0.0 && to.y <= 0.5, second = begin && !(end && both.x <= both.y);
    float part = joined ? -to.x / gap : second ? 1.0 : 0.0;
    return Landing(found, mix(both.x, both.y, part), float(here.x + left) + part);
}

float share_at(int x, int y) {
    uint word = word_at(x, y);
    return is_single(word) ? 1.0 : float(share_in(word)) * (1.0 / SHARES);
}

// How much of what lands is what is in front.
float share_of(Landing landing, int y) {
    float from = clamp(landing.from, 0.0, float(push.size.x - 1));
    int left = int(from);
    float share = mix(share_at(left, y), share_at(left + 1, y), from - float(left));
    return !landing.found ? 0.0 : share > 1.0 - NOTHING ? 1.0 : share;
}
