"""Rooms, streets, fields and table tops around the subject, which stands near the origin."""
import numpy as np

from scenes import things
from scenes.meshes import ball, box, ground, lathe, rod, sheet

# Of the things on a table top or in a heap, where there are figures at all.
FIGURE_SHARE = 0.2


def room(random, paints, stock, back, front, left, right):
    """Walls at the given distances (m) from the origin, furniture along them and about."""
    height = random.uniform(2.3, 3.5)
    wall, wide, deep = paints.surface(), left + right, back + front
    parts = [ground(paints.surface(), random.uniform(0.3, 2), 30.0)]
    repeat = random.uniform(0.2, 1.5)
    parts += [
        sheet((-left, 0, -back), (wide, 0, 0), (0, height, 0), wall, repeat),
        sheet((-left, 0, front), (0, 0, -deep), (0, height, 0), wall, repeat),
        sheet((right, 0, -back), (0, 0, deep), (0, height, 0), wall if random.random() < 0.7 else paints.surface(),
              repeat),
        sheet((-left, height, -back), (wide, 0, 0), (0, 0, deep), (paints.plain(), random.uniform(0.6, 1.1)), 0.5)
    ]
    for _ in range(random.integers(1, 7)):
        # Pictures, windows, screens, doors: flat, whatever they show.
        w, h, y = random.uniform(0.3, 1.6), random.uniform(0.3, 1.4), random.uniform(0.8, 1.4)
        if random.random() < 0.2:
            w, h, y = 0.9, 2.0, 0.0
        paint, side = paints.photo(), random.integers(3)
        if side == 0:
            parts.append(
                sheet((random.uniform(-left, max(right - w, -left)), y, -back + 0.03), (w, 0, 0), (0, h, 0),
                      paint,
                      whole=True))
        else:
            x = (-left + 0.03, right - 0.03)[side - 1]
            parts.append(sheet((x, y, random.uniform(-back, front - w)), (0, 0, w), (0, h, 0), paint, whole=True))
    pieces = (things.sofa, things.shelf, things.chair, things.bed, things.lamp)
    for _ in range(random.integers(2, 9)):
        kind = pieces[random.integers(len(pieces))]
        if random.random() < 0.35 and stock:
            piece = stock[random.integers(len(stock))].moved(scale=random.uniform(0.5, 1.8))
        else:
            piece = kind(random, paints)
        side = random.integers(4)
        deep_of = (piece.position[:, 2].max() - piece.position[:, 2].min()) / 2
        if side == 0:
            parts.append(piece.moved((random.uniform(-left, right), 0, -back + deep_of)))
        elif side == 3:
            parts.append(
                piece.moved((random.normal(0, wide / 4), 0, random.uniform(-back, front * 0.3)), random.uniform(0,
                                                                                                                6.3)))
        else:
            x, turn = ((-left + deep_of, np.pi / 2), (right - deep_of, -np.pi / 2))[side - 1]
            parts.append(piece.moved((x, 0, random.uniform(-back, front)), turn))
    if random.random() < 0.4:
        where = (random.normal(0, wide / 5), 0, random.uniform(-back * 0.8, 0.3))
        size = random.uniform(0.6, 1.8), random.uniform(0.4, 0.8), random.uniform(0.5, 1.0)
        parts.append(things.table(random, paints, *size).moved(where))
        parts += dishes(random, paints, stock, size[0], size[2], size[1], where, random.integers(0, 7))
    if random.random() < 0.3:
        drop = random.uniform(0.4, 1.0)
        where = np.array([random.uniform(-left, right) * 0.6, height, random.uniform(-back, front) * 0.6])
        parts += [
            rod(where, where - (0, drop, 0), 0.008, paints.surface()),
            ball(0.18, (paints.white(), 1.2)).moved(where - (0, drop + 0.3, 0))
        ]
    return parts


def dishes(random, paints, stock, width, depth, height, where, count, figures=()):
    """Small things on a table top; `figures` (meshes, the largest side 1) among them."""
    parts = []
    for _ in range(count):
        at = np.array(where) + (random.uniform(-0.45, 0.45) * width, height, random.uniform(-0.45, 0.45) * depth)
        size, kind = random.uniform(0.05, 0.3), random.random()
        if figures and random.random() < FIGURE_SHARE:
            # A figure looks more or less at the viewer, wherever it stands.
            parts.append(figures[random.integers(len(figures))].moved(at, random.normal(0, 0.8), random.uniform(0.1, 0.45)))
            continue
        if kind < 0.35:
            thing = things.vessel(random, paints, size)
        elif kind < 0.6 and stock:
            thing = stock[random.integers(len(stock))].moved(scale=size * 1.3)
        elif kind < 0.75:
            thing = box(size * random.uniform(0.2, 1.2, 3), paints.surface(), random.uniform(1, 8))
        elif kind < 0.85:
            thing = ball(size * 0.4, paints.surface(), 4)
        elif kind < 0.93:
            thing = things.tree(random, paints, size * 2)
        else:
            thing = things.books(random, paints)
        parts.append(thing.moved(at, random.uniform(0, 6.3)))
    return parts


def street(random, paints, stock):
    """Two rows of houses with lamps, trees, cars, poles between; the street runs along z, the subject is in it."""
    parts = [ground(paints.surface(), random.uniform(0.1, 0.6))]
    half = random.uniform(3.5, 12)
    closed = random.random() < 0.5
    for side in (-1, 1):
        z = random.uniform(2, 12)
        while z > -90:
            wide, deep = random.uniform(5, 16), random.uniform(5, 12)
            home = things.house(random, paints, wide, random.uniform(3, 16), deep)
            if random.random() < 0.9:
                parts.append(
                    home.moved((side * (half + deep / 2 + random.uniform(0, 1)), 0, z - wide / 2), -side * np.pi / 2))
            z -= wide + (0 if random.random() < 0.6 else random.uniform(1, 8))
        parts.append(box((half * 0.35, 0.13, 120), paints.surface(), 0.4).moved((side * half * 0.85, 0, -50)))
    if closed:
        parts.append(
            things.house(random, paints, 3 * half, random.uniform(5, 20), 8).moved((0, 0, -random.uniform(20, 90))))
    for _ in range(random.integers(3, 14)):
        at = (random.choice((-1, 1)) * half * random.uniform(0.5, 0.95), 0, random.uniform(-40, 2))
        kind = random.random()
        if kind < 0.3:
            thing, turn = things.car(random, paints), np.pi / 2 + random.normal(0, 0.1)
        elif kind < 0.5:
            thing, turn = things.pole(random, paints), random.uniform(0, 6.3)
        elif kind < 0.7:
            thing, turn = things.tree(random, paints, random.uniform(2.5, 8)), random.uniform(0, 6.3)
        elif kind < 0.9 and stock:
            thing, turn = stock[random.integers(len(stock))].moved(scale=random.uniform(1, 4)), random.uniform(0, 6.3)
        else:
            thing, turn = things.fence(random, paints, random.uniform(2, 8)), random.choice((0, np.pi / 2))
        parts.append(thing.moved(at, turn))
    if random.random() < 0.3:
        for _ in range(random.integers(1, 4)):
            y, z = random.uniform(4, 7), random.uniform(-30, 0)
            parts.append(rod((-half, y, z), (half, y + random.normal(0, 0.5), z), 0.015, (paints.white(), 0.05)))
    return parts


def field(random, paints, stock):
    """Open country: rolling ground, trees, bushes, rocks, a fence, hills."""
    parts = [ground(paints.surface(), random.uniform(0.1, 0.6), 400.0, random, random.choice((0, 0.15, 0.6)))]
    trees = [things.tree(random, paints, random.uniform(2, 9))
             for _ in range(3)] + [m.moved(scale=random.uniform(1, 7)) for m in stock[:4]]
    for _ in range(random.integers(4, 40)):
        distance = random.uniform(1.5, 8)**2
        angle = random.uniform(-0.9, 0.9)
        thing = trees[random.integers(len(trees))]
        parts.append(
            thing.moved((np.sin(angle) * distance, 0, -np.cos(angle) * distance + 1), random.uniform(0, 6.3),
                        random.uniform(0.6, 1.5)))
    for _ in range(random.integers(0, 8)):
        size = random.uniform(0.2, 1.5)
        at = (random.normal(0, 4), -size * 0.3, random.uniform(-15, 0))
        parts.append(
            ball(size, paints.surface(), 0.5 / size).moved(at, random.uniform(0, 6.3), random.uniform(0.5, 1.3, 3)))
    if random.random() < 0.4:
        parts.append(
            things.fence(random, paints, random.uniform(5, 30)).moved((random.normal(0, 3), 0, -random.uniform(0.5, 8)),
                                                                      random.normal(0, 0.6)))
    for _ in range(random.integers(0, 5)):
        high = random.uniform(10, 60)
        parts.append(
            ball(1, paints.surface(), 2).moved((random.normal(0, 120), -high, -random.uniform(120, 300)), 0,
                                               (high * 2.5, high, high * 2)))
    return parts


def heap(random, paints, stock, wide, deep, figures=()):
    """Things close together on a floor or on steps, filling the picture, a wall or boards behind them; `figures` among them."""
    steps = random.integers(1, 5)
    rise = random.choice((0.0, 0.0, random.uniform(0.05, 0.25)))
    parts = [ground(paints.surface(), random.uniform(0.5, 4), 30.0)]
    parts += [
        box((3 * wide, rise * step, deep / steps), paints.surface(), random.uniform(0.5, 3)).moved(
            (0, 0, deep / 2 - (step + 0.5) * deep / steps)) for step in range(1, steps) if rise
    ]
    for _ in range(random.integers(12, 40)):
        z = random.uniform(-0.5, 0.5) * deep
        y = rise * int((0.5 - z / deep) * steps * 0.999) if steps > 1 else 0.0
        size, kind = random.uniform(0.08, 0.4), random.random()
        if figures and random.random() < FIGURE_SHARE:
            thing = figures[random.integers(len(figures))].moved(scale=size * random.uniform(1, 2))
            parts.append(thing.moved((random.uniform(-0.5, 0.5) * wide, y, z), random.normal(0, 0.8)))
            continue
        if kind < 0.22:
            thing = lathe([(size * random.uniform(0.2, 0.6), 0),
                           (size * random.uniform(0.01, 0.3), size * random.uniform(0.7, 2))], paints.surface(),
                          2 / size)
        elif kind < 0.32:
            thing = box(size * random.uniform(0.3, 1.3, 3), paints.surface(), random.uniform(1, 5))
        elif kind < 0.4:
            thing = things.books(random, paints).moved(scale=random.uniform(1, 2)) if random.random() < 0.5 else things.crate(
                random, paints, size * random.uniform(0.6, 1.6))
        elif kind < 0.55:
            # A board or a picture, leaning.
            lean = random.uniform(-0.1, 0.5)
            thing = sheet((-size, 0, 0), (2 * size, 0, 0), (0, 2.5 * size * np.cos(lean), -2.5 * size * np.sin(lean)),
                          paints.photo(),
                          whole=True)
        elif kind < 0.75 and stock:
            thing = stock[random.integers(len(stock))].moved(scale=size * 2)
        elif kind < 0.85:
            thing = ball(size * 0.5, paints.surface(), 2)
        elif kind < 0.92:
            thing = things.fence(random, paints, 2.0).moved(scale=size)
        else:
            thing = things.vessel(random, paints, size * 1.5)
        turn = random.normal(0, 0.5) if 0.4 <= kind < 0.55 else random.uniform(0, 6.3)
        parts.append(thing.moved((random.uniform(-0.5, 0.5) * wide, y, z), turn))
    back, high = -deep / 2 - random.uniform(0.02, 1.0), random.uniform(1.5, 3)
    wall = paints.photo() if random.random() < 0.5 else paints.surface()
    parts.append(
        sheet((-3 * wide, 0, back), (6 * wide, 0, 0), (0, high, 0), wall,
              random.uniform(0.3, 2)).moved(turn=random.normal(0, 0.15)))
    return parts
