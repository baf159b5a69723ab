// The picture's colour at a place of a row, read between two pixels.
vec3 colour_at(float x, int y) {
    x = clamp(x, 0.0, float(push.size.x - 1));
    int left = int(x);
    vec3 one = texelFetch(picture, ivec2(left, y), 0).rgb;
    vec3 other = texelFetch(picture, ivec2(min(left + 1, push.size.x - 1), y), 0).rgb;
    return mix(one, other, x - float(left));
}
