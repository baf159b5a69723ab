"""People: posed bodies of the parametric model Anny (PyPI `anny`) with hair and clothes.

The code is Apache-2.0, the mesh MakeHuman's (CC0).

A person stands on y = 0 at x = z = 0 and faces +z.
"""
import anny
import numpy as np
import roma
import torch
from anny.face_segmentation import get_face_segmentation_mask

from scenes.meshes import Mesh, grid, joined, painted

SKIN = ((0.95, 0.76, 0.66), (0.88, 0.67, 0.55), (0.78, 0.56, 0.42), (0.6, 0.41, 0.29), (0.42, 0.28, 0.2),
        (0.3, 0.2, 0.15))
HAIR = ((0.08, 0.06, 0.05), (0.08, 0.06, 0.05), (0.2, 0.13, 0.08), (0.2, 0.13, 0.08), (0.35, 0.22, 0.12),
        (0.65, 0.5, 0.3), (0.5, 0.2, 0.1), (0.6, 0.6, 0.6), (0.9, 0.9, 0.88))


class People:
    """The body model, with what is found out once: parts of the body, faces as triangles."""
    @torch.no_grad()
    def __init__(self):
        model = anny.create_fullbody_model()
        self.model, self.bones = model, {name: i for i, name in enumerate(model.bone_labels)}
        quads = model.faces.numpy()
        self.faces = (quads if quads.shape[1] == 3 else np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])).astype(
            np.int32)
        rest = model()
        self.template = rest["rest_vertices"][0].numpy().astype(np.float32)
        strongest = np.take_along_axis(model.vertex_bone_indices.numpy(),
                                       model.vertex_bone_weights.numpy().argmax(1)[:, None], 1)[:, 0]
        owner = np.array(model.bone_labels)[strongest]

        def of(*starts):
            return np.array([name.startswith(starts) for name in owner])

        def segment(*labels):
            mask = np.zeros(len(self.template), bool)
            mask[quads[np.asarray(get_face_segmentation_mask(model, labels))]] = True
            return mask

        self.parts = {
            "torso": of("spine", "clavicle", "shoulder", "breast", "root"),
            "hips": of("pelvis"),
            "thigh": of("upperleg"),
            "shin": of("lowerleg"),
            "shoe": of("foot", "toe"),
            "sleeve": of("upperarm"),
            "forearm": of("lowerarm"),
            "head": segment("head"),
            "eye": segment("eye_front.L", "eye_front.R", "eye_back.L", "eye_back.R"),
            "lips": of("oris", "levator06"),
            "brow": of("oculi"),
        }
        head = self.parts["head"]
        low, high = self.template[head].min(0), self.template[head].max(0)
        self.head_middle, self.head_size = (low + high) / 2, high - low
        # In head sizes: to the side, to the front, up.
        self.head_place = (self.template - self.head_middle) / self.head_size * np.array([1, -1, 1], np.float32)

    def pose(self, random, sitting=False):
        """{bone: rotation vector} in the rest pose's axes (x to the left hand, y backwards, z up)."""
        turns = {}
        lean, turn, tilt = random.normal(0, 0.08), random.normal(0, 0.15), random.normal(0, 0.05)
        for bone in ("spine04", "spine03", "spine02", "spine01"):
            turns[bone] = (lean / 2 + (0.1 if sitting else 0), tilt, turn / 2)
        nod, look, cock = random.normal(0.02, 0.12), random.normal(0, 0.25), random.normal(0, 0.08)
        for bone in ("neck02", "neck03", "head"):
            turns[bone] = (nod / 2, cock / 2, look / 2)
        kind = random.choice(("hanging", "hanging", "hanging", "hanging", "bent", "bent", "raised", "crossed", "any"))
        for side, sign in (("L", 1), ("R", -1)):
            if kind == "any":
                kind = random.choice(("hanging", "bent", "raised"))
            down = {
                "hanging": random.uniform(0.35, 0.75), "bent": random.uniform(0.2, 0.7),
                "raised": random.uniform(-1.4, 0.2), "crossed": random.uniform(0.5, 0.7)
            }[kind]
            forth = {
                "hanging": random.normal(0, 0.2), "bent": random.uniform(-0.9, 0.1),
                "raised": random.uniform(-1.2, 0.3), "crossed": -0.5
            }[kind]
            bend = {
                "hanging": random.uniform(0, 0.5), "bent": random.uniform(0.5, 2.0), "raised": random.uniform(0, 2.0),
                "crossed": 1.6
            }[kind]
            inwards = 1.1 if kind == "crossed" else random.uniform(-0.2, 0.9)
            turns[f"upperarm01.{side}"] = compose((0, sign * down, 0), (forth, 0, 0))
            # The forearm bends towards the front and a little inwards; its rest direction is down and outwards.
            arm, front = np.array([sign * 0.65, 0, -0.76]), np.array([-sign * inwards, -1, 0.0])
            axis = np.cross(arm, front)
            turns[f"lowerarm01.{side}"] = tuple(axis / np.linalg.norm(axis) * bend)
            if sitting:
                turns[f"upperleg01.{side}"] = (-1.45, 0, sign * random.uniform(0, 0.25))
                turns[f"lowerleg01.{side}"] = (random.uniform(1.2, 1.7), 0, 0)
        if not sitting:
            step = random.normal(0, 0.25)
            for side, sign in (("L", 1), ("R", -1)):
                turns[f"upperleg01.{side}"] = (sign * step, sign * random.uniform(0.02, 0.12), 0)
                turns[f"lowerleg01.{side}"] = (abs(step) * random.uniform(0.2, 1.2), 0, 0)
        return turns

    @torch.no_grad()
    def body(self, random, sitting, child):
        """Corners n×3 of a posed body, those of its rest pose (both z up), and the 4×4 of its head from rest to pose."""
        shape = {
            "gender": random.uniform(), "age": random.uniform(0.28, 0.55) if child else random.uniform(0.62, 1.0),
            "muscle": random.uniform(0.2, 0.9), "weight": random.uniform(0.1, 0.9), "height": random.uniform(0.2, 0.9),
            "proportions": random.uniform(0.2, 0.9)
        }
        transforms = {}
        for bone, turn in self.pose(random, sitting).items():
            transform = torch.eye(4, dtype=self.model.dtype)[None]
            transform[0, :3, :3] = roma.rotvec_to_rotmat(torch.tensor(turn, dtype=self.model.dtype))
            transforms[bone] = transform
        found = self.model(pose_parameters=transforms, phenotype_kwargs=shape, pose_parameterization="local-ref")
        head = self.bones["head"]
        carried = (found["bone_poses"][0, head] @ torch.linalg.inv(found["rest_bone_poses"][0, head])).numpy()
        return found["vertices"][0].numpy(), found["rest_vertices"][0].numpy(), carried

    def person(self, random, paints, sitting=False, child=False):
        """A dressed person as a Mesh and the place of the head's middle (3). `paints` picks textures."""
        posed, rest, carried = self.body(random, sitting, child)
        parts, place = self.parts, self.head_place
        position = posed.astype(np.float32)
        normal = normals(position, self.faces)
        layer, tint = np.zeros(len(position), np.float32), np.ones((len(position), 3), np.float32)

        def dress(mask, paint, thickness=0.0, folds=0.0):
            layer[mask], tint[mask] = paint[0], paint[1]
            if thickness:
                wave = folds * (np.sin(rest[mask] @ random.normal(0, 45, 3)) +
                                np.sin(rest[mask] @ random.normal(0, 25, 3)))
                position[mask] += normal[mask] * (thickness + wave[:, None]).astype(np.float32)

        skin = np.array(SKIN[random.integers(len(SKIN))]) * random.uniform(0.9, 1.1) * random.uniform(0.95, 1.05, 3)
        dress(np.ones(len(position), bool), (paints.plain(), skin))
        dress(parts["lips"] & (np.abs(place[:, 0]) < 0.2), (paints.plain(), skin * (0.9, 0.65, 0.65)))
        # Upper garment, lower garment, shoes: none, thin or thick, long or short.
        upper, lower = paints.cloth(), paints.cloth()
        thick = random.choice((0.004, 0.01, 0.03))
        dress(parts["hips"] | parts["thigh"], lower, 0.008, 0.002)
        if random.random() < 0.7:
            dress(parts["shin"], lower, random.uniform(0.005, 0.025), 0.003)
        dress(parts["shoe"], paints.cloth(), 0.012)
        sleeves = random.random()
        covered = parts["torso"] | (parts["hips"] if random.random() < 0.5 else False)
        dress(covered | (parts["sleeve"] if sleeves < 0.85 else False) | (parts["forearm"] if sleeves < 0.6 else False),
              upper, thick, 0.2 * thick)
        # The face: eyes, brows, now and then a beard; then hair.
        face = parts["head"]
        eye = parts["eye"]
        layer[eye], tint[eye] = paints.white(), 0.9
        for sign in (-1, 1):
            mine = eye & (np.sign(self.template[:, 0]) == sign)
            middle = self.template[mine].mean(0)
            front = np.hypot(self.template[:, 0] - middle[0], self.template[:, 2] - middle[2]) < 0.006
            tint[mine & front] = random.uniform(0.02, 0.3)
        colour = np.array(HAIR[random.integers(len(HAIR))]) * random.uniform(0.8, 1.2)
        hair = (paints.cloth(detail=True)[0], colour)
        dress(parts["brow"] & ~eye & (np.abs(place[:, 2] - 0.12) < 0.06), (paints.plain(), 0.5 * skin + 0.5 * colour))
        grown = random.random()
        if grown < 0.15:
            dress(face & (place[:, 2] < -0.17) & (place[:, 1] > -0.1), (hair[0], 0.3 * skin + 0.7 * colour),
                  random.uniform(0.002, 0.015))
        meshes = []
        if random.random() < 0.93:
            line = random.uniform(0.2, 0.36)
            score = place[:, 2] * 1.0 - place[:, 1] * 0.75
            ears = (np.abs(place[:, 0]) > 0.4) & (place[:, 2] < 0.16) & (place[:, 1] > -0.1)
            scalp = (face | parts["torso"]) & (score > line) & (place[:, 2] > -0.35) & ~ears
            volume = random.uniform(0.003, 0.03) if random.random() < 0.7 else random.uniform(0.03, 0.07)
            dress(scalp, hair, volume, 0.25 * volume)
            if random.random() < 0.45:
                meshes.append(self.long_hair(random, rest, carried, hair, volume))
        if random.random() < 0.12:
            meshes.append(self.hat(random, rest, carried, paints.cloth(), volume=0.02))
        u = rest[:, [0, 2]] * random.uniform(1.5, 6)
        meshes.append(Mesh(position, u.astype(np.float32), layer, tint, self.faces))
        mesh = joined(meshes)
        mesh.position = mesh.position[:, [0, 2, 1]] * np.array([1, 1, -1], np.float32)
        middle = carried[:3, :3] @ rest[face].mean(0) + carried[:3, 3]
        middle = np.array([middle[0], middle[2], -middle[1]], np.float32)
        shift = np.array([middle[0], mesh.position[:, 1].min(), middle[2]], np.float32)
        mesh.position -= shift
        return mesh, middle - shift

    def cap(self, rest):
        """The head's middle and half sizes in this body's rest pose."""
        low, high = rest[self.parts["head"]].min(0), rest[self.parts["head"]].max(0)
        return (low + high) / 2, (high - low) / 2

    def long_hair(self, random, rest, carried, hair, volume):
        """A curtain of hair around the back and sides of the head."""
        middle, half = self.cap(rest)
        length, open_angle = random.uniform(0.05, 0.45), random.uniform(0.9, 1.5)
        rows, columns = 12, 25
        angle = np.linspace(open_angle, 2 * np.pi - open_angle, columns)
        down = np.linspace(0, 1, rows)[:, None]
        flare = 1.0 + volume / 0.09 + random.uniform(
            -0.15, 0.35) * down + 0.05 * np.sin(angle * random.integers(5, 12) + 6 * down)
        # A dome over the crown, then down; a parting would be finer than a pixel.
        dome = np.sqrt(np.clip(1 - (1 - np.minimum(down / 0.3, 1))**2, 0.02, 1))
        x = half[0] * flare * dome * np.sin(angle)
        y = -half[1] * 0.95 * flare * dome * np.cos(angle) + 0.012
        fall = np.where(down < 0.3, 1.0 + volume / half[2] - 0.6 * down / 0.3,
                        0.4 - (down - 0.3) / 0.7 * (0.4 + length / half[2]))
        z = half[2] * fall + 0 * angle
        position = (np.stack([x, y, z], -1).reshape(-1, 3) + middle) @ carried[:3, :3].T + carried[:3, 3]
        uv = np.stack([np.broadcast_to(angle / 1.5, x.shape),
                       np.broadcast_to(down * length * 2, x.shape)], -1).reshape(-1, 2)
        return painted(position, uv, grid(rows, columns), hair)

    def hat(self, random, rest, carried, paint, volume):
        """A cap or a hat with a brim."""
        middle, half = self.cap(rest)
        angle = np.linspace(0, 2 * np.pi, 25)
        crown, brim = random.uniform(0.55, 0.9), random.choice((1.02, 1.1, 1.6))
        rings = [(brim, 0.42), (1.03, 0.45), (1.03, 0.45 + crown * 0.5), (0.75, 0.5 + crown * 0.7),
                 (0.01, 0.55 + crown * 0.75)]
        position = np.concatenate([
            np.stack([
                r * (half[0] + volume) * np.sin(angle), -r * (half[1] + volume) * np.cos(angle),
                np.full(25, h * half[2])
            ], 1) for r, h in rings
        ]) + middle
        position = position @ carried[:3, :3].T + carried[:3, 3]
        uv = np.stack([np.tile(angle / 2, len(rings)), np.repeat([h for _, h in rings], 25)], 1)
        return painted(position, uv, grid(len(rings), 25), paint)


def compose(first, then):
    """Rotation vector of one rotation after another."""
    both = roma.rotvec_to_rotmat(torch.tensor(then, dtype=torch.float64)) @ roma.rotvec_to_rotmat(
        torch.tensor(first, dtype=torch.float64))
    return tuple(roma.rotmat_to_rotvec(both).tolist())


def normals(position, faces):
    """Unit normals of the corners, n×3."""
    one, two, three = (position[faces[:, i]] for i in range(3))
    each = np.cross(two - one, three - one)
    total = np.stack(
        [sum(np.bincount(faces[:, i], each[:, axis], len(position)) for i in range(3)) for axis in range(3)], 1)
    return (total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)).astype(np.float32)
