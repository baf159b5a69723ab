"""Meshes of things from SuperTuxKart's library (Debian's `supertuxkart-data`, free licences), for training pictures only.

The file format .spm is that of the game (lib/graphics_engine of its source): one or several buffers of corners with
half-float texture coordinates, and faces.
"""
import struct
from pathlib import Path

import numpy as np

from scenes.meshes import Mesh, joined


def read_spm(path):
    """Buffers [(position n×3, uv n×2, faces m×3, texture file or "")]; ValueError when it is not a still .spm mesh."""
    data = path.read_bytes()
    if data[:2] != b"SP" or data[2] >> 3 != 1 or data[2] & 7 == 1:
        raise ValueError(f"{path}: not a still SPM mesh")
    has_normal, has_colour, has_tangent = (data[3] >> bit & 1 for bit in range(3))
    at = 4 + 24

    def take(layout):
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    textures = []
    for _ in range(take("H")[0]):
        pair = []
        for _ in range(2):
            length, = take("B")
            pair.append(data[at:at + length].decode("utf-8", "replace"))
            at += length
        textures.append(pair)
    buffers = []
    for _ in range(take("H")[0]):
        for _ in range(take("H")[0]):
            corners, indices, material = take("IIH")
            first, second = textures[material]
            position, uv = np.empty((corners, 3), np.float32), np.zeros((corners, 2), np.float32)
            for corner in range(corners):
                position[corner] = take("3f")
                at += 4 * has_normal
                if has_colour and take("B")[0] != 128:
                    at += 3
                if first:
                    uv[corner] = take("2e")
                    at += 4 * bool(second) + 4 * has_tangent
            kind = np.dtype("<u2" if corners > 255 else "u1")
            faces = np.frombuffer(data, kind, indices, at).astype(np.int32).reshape(-1, 3)
            at += indices * kind.itemsize
            if len(faces) and faces.max() >= corners:
                raise ValueError(f"{path}: face out of range")
            buffers.append((position, uv, faces, first))
    return buffers


class Models:
    """Some models of a folder of .spm files (with their textures beside them or in its `textures`)."""

    # Things that are not things: lights, collision hulls, paths.
    SKIPPED = ("physic", "collision", "path", "gfx_", "glow", "flash", "beam", "col.", "flame", "adscreen", "limit",
               "Some", "low")

    def __init__(self, folder):
        self.folder = Path(folder)
        self.files = sorted(p for p in self.folder.glob("library/**/*.spm")
                            if not any(word in p.name for word in self.SKIPPED))
        if not self.files:
            raise FileNotFoundError(f"{folder}: no library/**/*.spm")
        self.pictures = {p.name: p for p in self.folder.glob("textures/*.*")}

    def load(self, path, add_texture):
        """The model as a Mesh on y = 0, centred, its largest side 1; `add_texture(path)` gives the layer of a picture."""
        meshes = []
        for position, uv, faces, name in read_spm(path):
            file = path.parent / name if name and (path.parent / name).exists() else self.pictures.get(name)
            if file is None or not len(faces):
                continue
            layer = np.full(len(position), add_texture(file), np.float32)
            # The game's axes are left-handed.
            meshes.append(
                Mesh(position * np.array([1, 1, -1], np.float32), uv, layer, np.ones((len(position), 3), np.float32),
                     faces))
        if not meshes:
            raise ValueError(f"{path}: nothing to draw")
        mesh = joined(meshes)
        low, high = mesh.position.min(0), mesh.position.max(0)
        mesh.position = (mesh.position - np.array([(low[0] + high[0]) / 2, low[1],
                                                   (low[2] + high[2]) / 2], np.float32)) / (high - low).max()
        return mesh
