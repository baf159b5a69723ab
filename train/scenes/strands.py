"""What is thin: tufts of hair or grass, and wires. One strand is a ribbon that faces the camera."""
import numpy as np

from scenes.meshes import grid, joined, painted


def ribbon(places, widths, eye, paint):
    """A strip along `places` (n×3), `widths` (n, metres) wide, seen from `eye`."""
    places = np.asarray(places, float)
    along = np.gradient(places, axis=0)
    aside = np.cross(along, places - eye)
    aside *= (np.asarray(widths) / 2 / np.maximum(np.linalg.norm(aside, axis=1), 1e-9))[:, None]
    position = np.stack([places - aside, places + aside], 1).reshape(-1, 3)
    uv = np.stack([np.tile((0, 1), len(places)), np.repeat(np.linspace(0, 3, len(places)), 2)], 1)
    return painted(position, uv, grid(len(places), 2), paint)


def strands(random, paints, shot, width):
    """Thin things before the subject of `shot`, whose pictures are `width` pixels wide: a tuft from below or from the side, or wires across."""
    right, up, back = shot.view()[:3, :3]
    nearness = random.uniform(1.15, 2.0)
    distance = 1 / shot.inverse / nearness
    wide = distance / shot.focal
    pixel = wide / width

    def place(x, y, z=0.0):
        """At x, y in parts of the picture's width from its middle, z nearer."""
        return shot.eye - back * (distance - z) + right * x * wide + up * y * wide

    parts = []
    if random.random() < 0.35:
        paint = paints.surface()
        for _ in range(random.integers(2, 6)):
            ends = random.uniform(-0.3, 0.3, 2)
            t = np.linspace(-0.6, 0.6, 24)
            sag = random.uniform(0, 0.1)
            curve = [place(x, ends[0] + (ends[1] - ends[0]) * (x + 0.6) / 1.2 + sag * (x * x - 0.36)) for x in t]
            parts.append(ribbon(curve, np.full(len(t), pixel * random.uniform(0.8, 5)), shot.eye, paint))
        return joined(parts)
    root = np.array([random.uniform(-0.4, 0.4), random.choice((-0.28, random.uniform(-0.2, 0.2)))])
    colour, spread = paints.cloth(True), random.uniform(0.3, 1.6)
    lean, long, bend = random.normal(0, 0.7), random.uniform(0.06, 0.22), random.uniform(-1, 1)
    for _ in range(random.integers(60, 260)):
        angle = lean + random.normal(0, spread)
        length = long * random.uniform(0.5, 1.3)
        t = np.linspace(0, 1, 10)
        turn = angle + (bend + random.normal(0, 0.4)) * t
        x = root[0] + random.normal(0, 0.02) + np.cumsum(np.sin(turn)) * length / 10
        y = root[1] + random.normal(0, 0.01) + np.cumsum(np.cos(turn)) * length / 10
        z = random.normal(0, 0.02) * distance
        thick = pixel * random.uniform(0.5, 2.2) * np.linspace(1, 0.3, 10)
        tint = (colour[0], np.asarray(colour[1]) * random.uniform(0.7, 1.2))
        parts.append(ribbon([place(*at, z) for at in zip(x, y)], thick, shot.eye, tint))
    return joined(parts)
