// One source's part of deconv.glsl: the name of the buffer is SOURCE, its place NUMBER.
    if (NUMBER < SOURCES) {
        int factor = push.factors[NUMBER];
        int stride = STEP / factor;
        int taps = factor == 1 ? 1 : 2;
        ivec2 size = push.out_size / factor;
        ivec2 shifted = ivec2(x0, y) + factor / 2;
        ivec2 phase = shifted % factor;
        int at = first + (phase.y * factor + phase.x) * taps * taps * push.in_quads * step;
        for (int tap = 0; tap < taps * taps; tap++) {
            int line = shifted.y / factor - tap / taps;
            int column = shifted.x / factor - tap % taps;
            bool inside = line >= 0 && line < size.y;
            int from[PIXELS];
            float valid[PIXELS];
            [[unroll]] for (int p = 0; p < PIXELS; p++) {
                int x = column + p * stride;
                bool exists = inside && x >= 0 && x < size.x;
                from[p] = exists ? (line * size.x + x) * push.in_quads : 0;
                valid[p] = exists ? 1.0 : 0.0;
            }
            for (int q = 0; q < push.in_quads; q++) {
                vec4 values[PIXELS];
                [[unroll]] for (int p = 0; p < PIXELS; p++) values[p] = FETCH(SOURCE, from[p] + q) * valid[p];
                [[unroll]] for (int o = 0; o < QUADS; o++) {
                    vec4 weight0 = FETCH(weights, at + (o * 4 + 0) * push.blocks);
                    vec4 weight1 = FETCH(weights, at + (o * 4 + 1) * push.blocks);
                    vec4 weight2 = FETCH(weights, at + (o * 4 + 2) * push.blocks);
                    vec4 weight3 = FETCH(weights, at + (o * 4 + 3) * push.blocks);
                    [[unroll]] for (int p = 0; p < PIXELS; p++) {
                        vec4 value = values[p];
                        sum[p * QUADS + o] += value.x * weight0 + value.y * weight1 + value.z * weight2 + value.w * weight3;
                    }
                }
                at += step;
            }
        }
        first += factor * factor * taps * taps * push.in_quads * step;
    }
#undef SOURCE
#undef NUMBER
