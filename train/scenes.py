"""Makes pictures with exact depth: `python train/scenes.py --textures DATA --out DIR --count 2000`.

Spheres, boxes, cylinders and cones, single and put together as figures, stand on a floor before walls or a photo, are
covered with pieces of the photos in DATA, and are ray-traced with one lamp and its shadows. The result is a data folder.
Lengths are in metres, x to the right, y down, z away from the camera.
"""
import argparse
import csv
import functools
import io
import tarfile
from pathlib import Path

import cv2
import numpy as np

from data import Pictures

WIDTH, HEIGHT = 288, 162
FAR = 1e9


def sphere(o, d):
    """Distance along the rays (…×3) to the unit sphere, FAR where missed."""
    b, a = (o * d).sum(-1), (d * d).sum(-1)
    root = b * b - a * ((o * o).sum(-1) - 1)
    near = (-b - np.sqrt(np.maximum(root, 0))) / a
    return np.where((root > 0) & (near > 1e-4), near, FAR)


def box(o, d):
    """Distance to the cube −1..1."""
    safe = np.where(np.abs(d) < 1e-9, 1e-9, d)
    one, other = (-1 - o) / safe, (1 - o) / safe
    near, far = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
    return np.where((near < far) & (near > 1e-4), near, FAR)


def tapered(top):
    """Distance to a cylinder of height −1..1 and radius 1 at the foot (y = 1), `top` at y = −1, with its lids."""
    slope, middle = (1 - top) / 2, (1 + top) / 2

    def intersect(o, d):
        radius, change = middle + slope * o[..., 1], slope * d[..., 1]
        a = d[..., 0] ** 2 + d[..., 2] ** 2 - change ** 2
        a = np.where(np.abs(a) < 1e-9, 1e-9, a)
        b = o[..., 0] * d[..., 0] + o[..., 2] * d[..., 2] - radius * change
        root = b * b - a * (o[..., 0] ** 2 + o[..., 2] ** 2 - radius ** 2)
        best = np.full(root.shape, FAR)
        for sign in (-1, 1):
            t = (-b + sign * np.sqrt(np.maximum(root, 0))) / a
            y = o[..., 1] + t * d[..., 1]
            best = np.where((root > 0) & (t > 1e-4) & (np.abs(y) <= 1) & (t < best), t, best)
        for y, lid in ((-1, top), (1, 1.0)):
            t = (y - o[..., 1]) / np.where(np.abs(d[..., 1]) < 1e-9, 1e-9, d[..., 1])
            distance = (o[..., 0] + t * d[..., 0]) ** 2 + (o[..., 2] + t * d[..., 2]) ** 2
            best = np.where((t > 1e-4) & (distance <= lid * lid) & (t < best), t, best)
        return best
    return intersect


class Thing:
    """A unit shape stretched, turned and moved, with a texture."""

    def __init__(self, shape, centre, size, turn, texture, repeat):
        self.shape, self.texture, self.repeat = shape, texture, repeat
        self.centre = np.asarray(centre, np.float32)
        self.inverse = np.linalg.inv(turn @ np.diag(size)).astype(np.float32)
        self.size = np.asarray(size, np.float32)

    def distance(self, o, d):
        """Along rays from o (3, or n×3) in directions d (n×3), n; only rays near the thing are looked at closely."""
        way = np.broadcast_to(self.centre - o, d.shape)
        along = (way * d).sum(1)
        aside = (way * way).sum(1) - along * np.abs(along) / (d * d).sum(1)
        near = np.flatnonzero(aside <= (self.size ** 2).sum())
        found = np.full(len(d), FAR, d.dtype)
        if len(near):
            found[near] = self.shape(-way[near] @ self.inverse.T, d[near] @ self.inverse.T)
        return found

    def surface(self, points):
        """Colour (n×3) and normal (n×3, either way round) at points on the surface."""
        p = (points - self.centre) @ self.inverse.T
        if self.shape is box:
            axis = np.abs(p).argmax(1)
            normal = np.eye(3, dtype=np.float32)[axis] * np.sign(p)
        else:
            axis = np.where(np.abs(p[:, 1]) > 0.999, 1, 2)
            normal = p.copy()
            if self.shape is not sphere:
                normal[:, 1] = 0
                normal[np.abs(p[:, 1]) > 0.999] = (0, 1, 0)
        normal = normal @ self.inverse
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        q = p * self.size
        u = np.where(axis == 0, q[:, 2], q[:, 0]) * self.repeat
        v = np.where(axis == 1, q[:, 2], q[:, 1]) * self.repeat
        height, width = self.texture.shape[:2]
        # Mirrored tiling, so that a piece of photo has no seam.
        fold = [np.abs((w % 2) - 1) * (n - 1) for w, n in ((v, height), (u, width))]
        return self.texture[fold[0].astype(int), fold[1].astype(int)], normal


def turned(random, tilt=0.0):
    """A rotation about the vertical, then a small random tilt in radians."""
    rotation, _ = cv2.Rodrigues(random.normal(0, tilt, 3) if tilt else np.zeros(3))
    about, _ = cv2.Rodrigues(np.array([0, random.uniform(0, 2 * np.pi), 0]))
    return rotation @ about


def figure(random, foot, height, texture):
    """A standing person out of rounded parts; `foot` is on the floor."""
    skin, cloth, legs = texture(), texture(), texture()
    lean, still = random.uniform(-0.06, 0.06), np.eye(3)
    x, y, z = foot
    h = height

    def part(shape, up, side, size, picture):
        at = (x + (side + lean * up) * h, y - up * h, z + random.uniform(-0.03, 0.03) * h)
        return Thing(shape, at, np.array(size) * h, still, picture, random.uniform(1, 4))
    parts = [part(sphere, 0.93, 0, (0.055, 0.075, 0.06), skin), part(tapered(0.8), 0.85, 0, (0.03, 0.04, 0.03), skin),
             part(sphere, 0.68, 0, (0.12, 0.18, 0.08), cloth), part(sphere, 0.52, 0, (0.1, 0.1, 0.08), legs)]
    for side in (-1, 1):
        swing = random.uniform(0, 0.08)
        parts += [part(sphere, 0.64, side * (0.13 + swing), (0.035, 0.17, 0.04), cloth),
                  part(sphere, 0.48, side * (0.14 + swing), (0.03, 0.06, 0.03), skin),
                  part(sphere, 0.25, side * 0.06, (0.05, 0.27, 0.06), legs)]
    return parts


def furnish(random, texture):
    """Things of a random scene, the camera's height above the floor and its pitch (radians, down)."""
    table = random.random() < 0.5
    unit = random.uniform(0.1, 0.3) if table else random.uniform(0.5, 1.0)
    height = random.uniform(2, 6) * unit if table else random.uniform(1.0, 2.2)
    pitch = np.radians(random.uniform(8, 40) if table else random.uniform(-4, 14))
    reach = random.uniform(5, 14) * unit if table else random.uniform(4, 15)
    aim = height / np.tan(max(pitch, 0.15)) if table else reach * 0.4
    things = [Thing(box, (0, height + 50, 0), (500, 50, 500), turned(random), texture(), 1 / random.uniform(1, 4) / unit)]
    if random.random() < 0.75:
        things.append(Thing(box, (0, 0, aim + reach + 1), (500, 500, 1), np.eye(3), texture(), 0.3 / unit / random.uniform(1, 4)))
        angle, _ = cv2.Rodrigues(np.array([0, random.normal(0, 0.3), 0]))
        things[-1].inverse = (things[-1].inverse @ angle).astype(np.float32)
    for side in (-1, 1):
        if random.random() < (0.15 if table else 0.4):
            x = side * (random.uniform(0.5, 1.0) * reach + 1)
            things.append(Thing(box, (x, 0, 0), (1, 500, 500), np.eye(3), texture(), 0.3 / unit / random.uniform(1, 4)))
    for _ in range(random.integers(4, 24) if table else random.integers(3, 12)):
        z = random.uniform(0.45, 1.0) * aim + random.uniform(0, 0.8) ** 1.5 * reach if table else random.uniform(1.5, reach)
        x = random.normal(0, 0.45) * max(z, unit)
        if not table and random.random() < 0.55:
            things += figure(random, (x, height, z), random.uniform(1.5, 1.9), texture)
            continue
        shape = (sphere, box, box, tapered(1.0), tapered(0.02), tapered(0.6))[random.integers(6)]
        size = unit * random.uniform(0.2, 1.0) * random.uniform(0.5, 1.5, 3)
        if random.random() < 0.3:
            size[1] *= random.uniform(1.5, 4)
        if shape is not box:
            size[2] = size[0]
        things.append(Thing(shape, (x, height - size[1], z), size, turned(random, 0.05), texture(), random.uniform(0.5, 3) / unit))
    if random.random() < 0.35:
        # Someone or something close to the camera, cut by the frame, as films like it.
        z = random.uniform(0.9, 1.6) if not table else 0.45 * aim
        if table:
            size = unit * random.uniform(0.3, 0.8, 3)
            things.append(Thing(sphere, (random.normal(0, 0.3) * z, height - size[1], z), size, turned(random, 0.3), texture(), 1 / unit))
        else:
            things += figure(random, (random.normal(0, 0.3) * z, height, z), random.uniform(1.5, 1.9), texture)
    return things, height, pitch


def render(random, texture):
    """Picture H×W×3 (RGB, 8 bit) and inverse depth H×W (1/m, 0 at infinity) of a random scene."""
    things, height, pitch = furnish(random, texture)
    focal = 0.5 / np.tan(np.radians(random.uniform(32, 68)) / 2)
    x, y = np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH - 0.5, ((np.arange(HEIGHT) + 0.5) - HEIGHT / 2) / WIDTH)
    rays = np.stack([x / focal, y / focal, np.ones_like(x)], -1).reshape(-1, 3).astype(np.float32)
    camera, _ = cv2.Rodrigues(np.array([-pitch, 0, random.normal(0, 0.02)]))
    world, origin = rays @ camera.T.astype(np.float32), np.zeros(3, np.float32)
    distance, which = np.full(len(rays), FAR, np.float32), np.full(len(rays), -1)
    for number, thing in enumerate(things):
        t = thing.distance(origin, world)
        closer = t < distance
        distance[closer], which[closer] = t[closer], number
    backdrop = cv2.resize(texture(whole=True), (WIDTH, HEIGHT)).reshape(-1, 3)
    colour = backdrop.astype(np.float64)
    hit = which >= 0
    points, lamp = world[hit] * distance[hit, None], np.array([random.normal(0, 4), -random.uniform(2, 8), random.normal(0, 4)], np.float32)
    seen, light = which[hit], lamp - points
    albedo, cosine, lit = np.zeros_like(points), np.zeros(len(points)), np.ones(len(points))
    for number, thing in enumerate(things):
        mine = seen == number
        if mine.any():
            albedo[mine], normal = thing.surface(points[mine])
            cosine[mine] = np.abs((normal * light[mine]).sum(1)) / np.linalg.norm(light[mine], axis=1)
        if number:
            blocked = thing.distance(points + 2e-3 * light, light) < 1
            lit[blocked & ~mine] = random.uniform(0.15, 0.5)
    ambient = random.uniform(0.25, 0.6)
    colour[hit] = albedo * (ambient + (1.15 - ambient) * cosine * lit)[:, None]
    inverse = np.where(hit, 1 / distance, 0).reshape(HEIGHT, WIDTH)
    # A touch of lens: edges of real photos are not a pixel sharp.
    picture = cv2.GaussianBlur(np.clip(colour, 0, 255).reshape(HEIGHT, WIDTH, 3), (0, 0), random.uniform(0.3, 0.8))
    return picture.astype(np.uint8), inverse.astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textures", nargs="+", required=True, help="data folders whose photos cover the things")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    photos = Pictures(options.textures)
    options.out.mkdir(parents=True, exist_ok=True)

    @functools.lru_cache(400)
    def read(place):
        return photos.read(order[place])[0]
    order = np.random.default_rng(options.seed).permutation(len(photos))
    with tarfile.open(options.out / "scenes.tar", "w") as tar, open(options.out / "index.csv", "w", newline="") as index:
        writer = csv.writer(index)
        writer.writerow(("name", "disparity_lo", "disparity_hi"))
        for number in range(options.count):
            random = np.random.default_rng((options.seed, number))

            def texture(whole=False):
                photo = read((number // 50 * 997 + random.integers(300)) % len(photos))
                if whole or random.random() < 0.3:
                    return photo
                side = random.integers(24, 160)
                y, x = (random.integers(0, max(1, n - side)) for n in photo.shape[:2])
                return photo[y:y + side, x:x + side]
            picture, inverse = render(random, texture)
            low, high = np.percentile(inverse, (0.5, 99.5))
            if high < 1.2 * low or high <= 0:
                continue
            label = np.clip((inverse - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
            name = f"scene-{number:05}"
            for suffix, image, quality in (("webp", picture[:, :, ::-1], 90), ("disparity.webp", label, 101)):
                data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
                entry = tarfile.TarInfo(f"{name}.{suffix}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            # Inverse depth in units of a third of its own top, so that flat scenes count as flat.
            writer.writerow((name, f"{3 * low / high:.4f}", "3.0000"))


if __name__ == "__main__":
    main()
