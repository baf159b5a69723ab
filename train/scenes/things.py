"""Furniture, dishes, plants and street furniture out of simple meshes. Each stands on y = 0."""
import numpy as np

from scenes.meshes import ball, box, joined, lathe, rod, sheet


def table(random, paints, width, height, depth):
    """A table: top and four legs, or a solid counter."""
    paint = paints.surface()
    if random.random() < 0.2:
        return box((width, height, depth), paint, 1.5)
    thick, leg = random.uniform(0.02, 0.06), random.uniform(0.015, 0.05)
    parts = [box((width, thick, depth), paint, 2).moved((0, height - thick, 0))]
    for x in (-1, 1):
        for z in (-1, 1):
            parts.append(
                box((2 * leg, height - thick, 2 * leg), paint, 3).moved(
                    (x * (width / 2 - 2 * leg), 0, z * (depth / 2 - 2 * leg))))
    return joined(parts)


def chair(random, paints):
    """A chair facing +z."""
    paint, seat = paints.surface(), random.uniform(0.4, 0.5)
    wide, leg, back = random.uniform(0.38, 0.5), random.uniform(0.012, 0.025), random.uniform(0.35, 0.6)
    parts = [box((wide, 0.04, wide), paints.cloth(), 3).moved((0, seat - 0.04, 0))]
    for x in (-1, 1):
        parts.append(rod((x * wide * 0.45, 0, wide * 0.45), (x * wide * 0.45, seat, wide * 0.45), leg, paint))
        parts.append(rod((x * wide * 0.45, 0, -wide * 0.45), (x * wide * 0.45, seat + back, -wide * 0.5), leg, paint))
    if random.random() < 0.5:
        parts.append(box((wide, back * 0.7, 0.03), paint, 3).moved((0, seat + back * 0.3, -wide * 0.48)))
    else:
        parts += [
            rod((-wide * 0.45, seat + back * h, -wide * 0.48), (wide * 0.45, seat + back * h, -wide * 0.48), leg * 1.5,
                paint) for h in (0.35, 0.65, 0.95)
        ]
    return joined(parts)


def sofa(random, paints):
    """A sofa or, when narrow, an armchair, facing +z."""
    paint, wide, deep = paints.cloth(), random.uniform(0.8, 2.2), random.uniform(0.75, 1.0)
    parts = [
        box((wide, 0.42, deep), paint, 1.5),
        box((wide, random.uniform(0.7, 0.95), 0.22), paint, 1.5).moved((0, 0, -deep / 2 + 0.1))
    ]
    parts += [box((0.2, 0.6, deep), paint, 1.5).moved((x * wide / 2, 0, 0)) for x in (-1, 1)]
    parts += [
        ball(0.2, paints.cloth(), 2).moved((random.uniform(-0.4, 0.4) * wide, 0.42, -deep / 4), 0, (1, 0.8, 0.4))
        for _ in range(random.integers(0, 3))
    ]
    return joined(parts)


def shelf(random, paints):
    """A shelf with books and things, facing +z."""
    paint, wide, high, deep = paints.surface(), random.uniform(0.6,
                                                               1.6), random.uniform(0.8,
                                                                                    2.2), random.uniform(0.25, 0.4)
    boards = max(2, round(high / random.uniform(0.3, 0.45)))
    parts = [box((0.03, high, deep), paint, 2).moved((x * wide / 2, 0, 0)) for x in (-1, 1)]
    if random.random() < 0.6:
        parts.append(box((wide, high, 0.02), paint, 2).moved((0, 0, -deep / 2)))
    for board in range(boards + 1):
        y = board * (high - 0.03) / boards
        parts.append(box((wide, 0.03, deep), paint, 2).moved((0, y, 0)))
        x = -wide / 2 + 0.03
        while board < boards and x < wide / 2 - 0.05:
            thick = random.uniform(0.02, 0.06)
            if random.random() < 0.75:
                size = (thick, random.uniform(0.18, 0.28), random.uniform(0.15, 0.22))
                parts.append(
                    box(size, paints.surface(), 4).moved((x + thick / 2, y + 0.03, random.uniform(-0.03, 0.05))))
            x += thick * (1 if random.random() < 0.85 else 4)
    return joined(parts)


def bed(random, paints):
    """A bed with its head at −z."""
    wide, long, high = random.uniform(0.9, 1.8), 2.0, random.uniform(0.4, 0.6)
    return joined([
        box((wide, high, long), paints.cloth(), 1),
        box((wide + 0.1, high * 2.2, 0.06), paints.surface(), 1).moved((0, 0, -long / 2)),
        ball(0.25, paints.cloth(), 2).moved((0, high - 0.05, -long / 2 + 0.3), 0, (1.6, 0.4, 0.9))
    ])


def vessel(random, paints, height):
    """A bottle, cup, vase, bowl or lamp: a random profile turned about its axis."""
    rings = random.integers(4, 9)
    radius = np.abs(np.cumsum(random.normal(0, 0.25, rings)) + random.uniform(0.5, 1.0)).clip(
        0.12, 1.6) * height * random.uniform(0.15, 0.5)
    smooth = np.interp(np.linspace(0, rings - 1, 24), np.arange(rings), radius)
    smooth = np.convolve(np.pad(smooth, 2, "edge"), np.ones(5) / 5, "valid")
    profile = np.concatenate([[(0, 0)],
                              np.stack([smooth, np.linspace(0, height, 24)], 1),
                              [(0, height * random.uniform(0.1, 1.0))]])
    return lathe(profile, paints.surface(), random.uniform(0.5, 2) / height)


def books(random, paints):
    """One book, or a pile of them, lying."""
    parts, high = [], 0.0
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        thick = random.uniform(0.003, 0.05)
        cover = paints.photo() if random.random() < 0.6 else paints.surface()
        parts.append(box((random.uniform(0.1, 0.3), thick, random.uniform(0.1, 0.3)), cover, 3).moved((0, high, 0), random.normal(0, 0.3)))
        high += thick
    return joined(parts)


def crate(random, paints, size):
    """A box of slats with gaps between them, open at the top."""
    paint, wide, deep = paints.surface(), size * random.uniform(0.7, 1.6), size * random.uniform(0.6, 1.2)
    slats, thick = random.integers(2, 6), 0.04 * size
    high, parts = size / slats, [box((wide, thick, deep), paint, 2)]
    for slat in range(slats):
        y, tall = slat * high, high * random.uniform(0.6, 0.95)
        for side in (-1, 1):
            parts.append(box((wide, tall, thick), paint, 2).moved((0, y, side * deep / 2)))
            parts.append(box((thick, tall, deep), paint, 2).moved((side * wide / 2, y, 0)))
    return joined(parts)


def lamp(random, paints):
    """A standing lamp."""
    high, wide = random.uniform(1.2, 1.9), random.uniform(0.12, 0.25)
    shade = lathe([(wide, high), (wide * random.uniform(0.4, 0.9), high + wide * 1.4)],
                  (paints.white(), (1.3, 1.2, 1.0)), 2)
    return joined([
        rod((0, 0, 0), (0, high, 0), 0.015, paints.surface()),
        lathe([(0, 0.03), (0.15, 0.02), (0.16, 0)], paints.surface()), shade
    ])


def tree(random, paints, height):
    """A trunk, branches and clouds of small leaves."""
    trunk, paint = paints.surface(), paints.surface()
    stem, leaf = height * random.uniform(0.15, 0.5), height * random.uniform(0.012, 0.04)
    parts = [lathe([(height * 0.03, 0), (height * 0.02, stem), (height * 0.008, height * 0.8)], trunk, 2 / height)]
    centre, size = np.array([0, (stem + height) / 2, 0]), np.array([0.3, 0.5, 0.3]) * (height - stem)
    for _ in range(random.integers(5, 14)):
        end = centre + size * random.normal(0, 0.45, 3)
        parts.append(rod((0, stem * random.uniform(0.8, 1.2), 0), end, height * 0.008, trunk))
    if random.random() < 0.85:
        green = (paint[0], np.asarray(paint[1]) * random.uniform(0.3, 1.0, 3) * (0.8, 1.1, 0.5))
        for _ in range(random.integers(150, 500)):
            way = random.normal(0, 1, 3)
            place = centre + size * way / np.linalg.norm(way) * random.uniform(0.4, 1.0)
            across, up = random.normal(0, leaf, 3), random.normal(0, leaf, 3)
            parts.append(sheet(place, across, up, green, whole=True))
    return joined(parts)


def fence(random, paints, length):
    """Posts and rails, or bars, along x."""
    high, gap, paint = random.uniform(0.6, 1.6), random.choice((0.12, 0.3, 1.0)), paints.surface()
    parts = [
        rod((x, 0, 0), (x, high, 0), min(0.05, gap * 0.12), paint) for x in np.arange(-length / 2, length / 2, gap)
    ]
    parts += [rod((-length / 2, high * h, 0), (length / 2, high * h, 0), 0.02, paint) for h in (0.3, 0.9)]
    return joined(parts)


def pole(random, paints):
    """A street lamp or a mast, with an arm."""
    high, arm, paint = random.uniform(2.5, 7), random.uniform(0.3, 1.5), paints.surface()
    return joined([
        rod((0, 0, 0), (0, high, 0), random.uniform(0.03, 0.09), paint),
        rod((0, high, 0), (arm, high, 0), 0.03, paint),
        box((0.4, 0.1, 0.2), paints.surface()).moved((arm, high, 0))
    ])


def car(random, paints):
    """A car along x: rounded body, cabin, wheels."""
    length, paint = random.uniform(3.4, 4.8), paints.cloth()
    parts = [
        ball(1, paint, 0.3).moved((0, 0.25, 0), 0, (length / 2, random.uniform(0.3, 0.4), 0.85)),
        box((length * 0.9, random.uniform(0.35, 0.5), 1.6), paint, 0.4).moved((0, 0.35, 0)),
        ball(1, paints.photo(), 0.5).moved((random.uniform(-0.3, 0.1), 0.6, 0), 0,
                                           (length * 0.3, random.uniform(0.35, 0.5), 0.7))
    ]
    wheel = lathe([(0, 0), (0.32, 0), (0.32, 0.2), (0, 0.2)], (paints.white(), 0.08))
    for x in (-1, 1):
        for z in (-1, 1):
            parts.append(
                wheel.moved((x * length * 0.31, 0.32, z * 0.7 + 0.1), tilt=np.array([[1, 0, 0], [0, 0, 1], [0, -1,
                                                                                                            0]])))
    return joined(parts)


def house(random, paints, width, height, depth):
    """A box of photos with a roof, facing +z."""
    front, side = paints.photo(), paints.photo()
    w, h, d = width / 2, height, depth / 2
    wall = paints.surface()
    body = [
        sheet((-w, 0, d), (width, 0, 0), (0, h, 0), front, whole=True),
        sheet((-w, 0, -d), (0, 0, depth), (0, h, 0), side, whole=True),
        sheet((w, 0, d), (0, 0, -depth), (0, h, 0), side, whole=True),
        sheet((w, 0, -d), (-width, 0, 0), (0, h, 0), wall, 0.3)
    ]
    if random.random() < 0.5:
        top = h + random.uniform(0.5, 3)
        body += [
            sheet((-w - 0.3, h, d + 0.3), (width + 0.6, 0, 0), (0, top - h, -d - 0.3), wall, 0.4),
            sheet((w + 0.3, h, -d - 0.3), (-width - 0.6, 0, 0), (0, top - h, d + 0.3), wall, 0.4)
        ]
    else:
        body.append(sheet((-w, h, d), (width, 0, 0), (0, 0, -depth), wall, 0.3))
    for _ in range(random.integers(0, 4)):
        body.append(
            box((random.uniform(0.6, 2), random.uniform(0.1, 1), 0.6), wall).moved(
                (random.uniform(-w, w), random.uniform(1, h), d + 0.3)))
    return joined(body)
