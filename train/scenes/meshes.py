"""Triangle meshes with a texture layer and a tint for each corner, and the simple ones among them."""
from dataclasses import dataclass

import numpy as np


@dataclass
class Mesh:
    """Corners: position n×3 (m), uv n×2, layer n (of the texture array), tint n×3 (times the texture). Faces: m×3."""
    position: np.ndarray
    uv: np.ndarray
    layer: np.ndarray
    tint: np.ndarray
    faces: np.ndarray

    def moved(self, offset=(0, 0, 0), turn=0.0, scale=1.0, tilt=None):
        """Scaled, tilted by a 3×3 matrix, turned about the vertical (radians, to the left), then shifted."""
        position = self.position * np.asarray(scale, np.float32)
        if tilt is not None:
            position = position @ np.asarray(tilt, np.float32).T
        return Mesh(position @ about_vertical(turn).T + np.asarray(offset, np.float32), self.uv, self.layer, self.tint,
                    self.faces)


def about_vertical(angle):
    """3×3 rotation that takes +z towards +x."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)


def painted(position, uv, faces, paint):
    """A mesh covered with one paint: (layer, tint as three numbers)."""
    count = len(position)
    return Mesh(np.asarray(position, np.float32), np.asarray(uv, np.float32), np.full(count, paint[0], np.float32),
                np.broadcast_to(np.asarray(paint[1], np.float32), (count, 3)), np.asarray(faces, np.int32))


def joined(meshes):
    """One mesh of many."""
    starts = np.cumsum([0] + [len(m.position) for m in meshes[:-1]])
    return Mesh(*(np.concatenate([getattr(m, part) for m in meshes]) for part in ("position", "uv", "layer", "tint")),
                np.concatenate([m.faces + start for m, start in zip(meshes, starts)]))


def grid(rows, columns):
    """Faces of a rows×columns grid of corners."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    return np.concatenate([
        np.stack([first, first + 1, first + columns], 1),
        np.stack([first + 1, first + columns + 1, first + columns], 1)
    ])


def sheet(corner, across, up, paint, repeat=1.0, whole=False):
    """A parallelogram. `repeat`: textures a metre; `whole`: the texture once over all of it."""
    corner, across, up = (np.asarray(v, np.float32) for v in (corner, across, up))
    wide, high = (1, 1) if whole else (np.linalg.norm(across) * repeat, np.linalg.norm(up) * repeat)
    position = [corner, corner + across, corner + up, corner + across + up]
    return painted(position, [(0, high), (wide, high), (0, 0), (wide, 0)], [(0, 1, 2), (1, 3, 2)], paint)


def box(size, paint, repeat=1.0):
    """A box standing on y = 0, centred in x and z, of the given width, height and depth."""
    w, h, d = (float(v) for v in size)
    x, z = (w, 0, 0), (0, 0, d)
    sides = [((-w / 2, 0, d / 2), x, (0, h, 0)), ((w / 2, 0, -d / 2), (-w, 0, 0), (0, h, 0)),
             ((-w / 2, 0, -d / 2), z, (0, h, 0)), ((w / 2, 0, d / 2), (0, 0, -d), (0, h, 0)),
             ((-w / 2, h, d / 2), x, (0, 0, -d)), ((-w / 2, 0, -d / 2), x, z)]
    return joined([sheet(*side, paint, repeat) for side in sides])


def lathe(profile, paint, repeat=1.0, segments=28):
    """Turned about the vertical: `profile` is k×2, radius and height of each ring."""
    profile = np.asarray(profile, np.float32)
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    position = np.concatenate(
        [np.stack([r * ring[:, 0], np.full(segments + 1, y), r * ring[:, 1]], 1) for r, y in profile])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    girth = 2 * np.pi * profile[:, 0].max()
    uv = np.stack([
        np.tile(angle / (2 * np.pi) * max(1, round(girth * repeat)), len(profile)),
        np.repeat(along * repeat, segments + 1)
    ], 1)
    return painted(position, uv, grid(len(profile), segments + 1), paint)


def ball(radius, paint, repeat=1.0, rings=14):
    """A sphere standing on y = 0."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings)
    return lathe(np.stack([radius * np.cos(angle), radius * (1 + np.sin(angle))], 1), paint, repeat)


def rod(start, end, radius, paint, repeat=1.0):
    """A thin four-sided bar between two points."""
    start, end = (np.asarray(v, np.float32) for v in (start, end))
    way = end - start
    side = np.cross(way, (0.31, 0.2, 0.93) if abs(way[1]) > np.abs(way[[0, 2]]).max() else (0, 1, 0))
    side *= radius / np.linalg.norm(side)
    other = np.cross(way, side) / np.linalg.norm(way)
    rim = np.array([side, other, -side, -other, side])
    uv = np.stack([np.tile(np.arange(5) / 4, 2), np.repeat([0, np.linalg.norm(way) * repeat], 5)], 1)
    return painted(np.concatenate([start + rim, end + rim]), uv, grid(2, 5), paint)


def ground(paint, repeat, reach=400.0, random=None, rough=0.0):
    """A floor at y = 0 around the origin, finer near it; with `rough` (m), it undulates beyond a few metres."""
    ticks = np.sinh(np.linspace(-1, 1, 61) * 5) / np.sinh(5) * reach
    x, z = np.meshgrid(ticks, ticks)
    y = np.zeros_like(x)
    if rough:
        for _ in range(4):
            kx, kz, phase = random.normal(0, 0.25), random.normal(0, 0.25), random.uniform(0, 6.3)
            y += np.sin(kx * x + kz * z + phase)
        y *= rough / 2 * np.clip((np.hypot(x, z) - 3) / 10, 0, 1)
    return painted(
        np.stack([x, y, z], -1).reshape(-1, 3),
        np.stack([x, z], -1).reshape(-1, 2) * repeat, grid(61, 61), paint)
