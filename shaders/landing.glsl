// Which runs of a row may land on which.

// That window, whether any run that may land is rough, and the greatest parallax in all that were looked at.
struct Landings {
    Window window;
    bool rough;
    float most;
};

Landings landings_on(int run, int y) {
    int runs = (push.size.x + RUN - 1) / RUN, begin = run * RUN;
    int first = clamp(begin + push.first, 0, push.size.x - 1) / RUN, last = clamp(begin + RUN - 1 + push.last, 0, push.size.x - 1) / RUN;
    Landings found = Landings(Window(push.first, push.last), false, -1e9);
    // Of all that may land.
    float nearest = 1e9, farthest = -1e9;
    Bounds last_bounds = unpacked_bounds(texelFetch(bounds, y * runs + first).r, push.unit);
    for (int there = first; there <= last; there++) {
        Bounds now = unpacked_bounds(texelFetch(bounds, y * runs + there).r, push.unit);
        found.most = max(found.most, now.most);
        // A step between two runs is the second one's.
        bool step = max(now.least - last_bounds.most, last_bounds.least - now.most) > EVEN;
        float least = step ? min(now.least, last_bounds.least) : now.least, most = step ? max(now.most, last_bounds.most) : now.most;
        float one = push.share * least, other = push.share * most;
        // A pixel to each side for what ends there; the picture's sides go on.
        bool before = there > 0 && float(there * RUN + RUN - begin + 1) + max(one, other) < 0.0;
        bool beyond = there < runs - 1 && float(there * RUN - begin - RUN - 1) + min(one, other) > 0.0;
        bool lands = !before && !beyond;
        nearest = lands ? min(nearest, least) : nearest;
        farthest = lands ? max(farthest, most) : farthest;
        found.rough = found.rough || (lands && (now.rough || step));
        last_bounds = now;
    }
    // Nothing lands on a hole.
    bool none = farthest < nearest;
    float one = -push.share * nearest, other = -push.share * farthest;
    // The two neighbours between which something lands, and one more to each side.
    ivec2 window = clamp(ivec2(floor(min(one, other)) - 2.0, ceil(max(one, other)) + 2.0), ivec2(push.first), ivec2(push.last));
    found.window = Window(none ? push.first : window.x, none ? push.last : window.y);
    found.rough = found.rough || none;
    return found;
}
