"""Figures of people that are things: busts, masks, statuettes and stuffed animals. Each stands on y = 0, the largest side 1.

A head is not near because it is a head: on a table it may be small, far, and of plaster.
"""
import numpy as np

from scenes.meshes import Mesh, ball, box, joined, lathe, rod


def stood(mesh):
    """The mesh on y = 0, centred in x and z, its largest side 1."""
    low, high = mesh.position.min(0), mesh.position.max(0)
    shift = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2], np.float32)
    return Mesh((mesh.position - shift) / (high - low).max(), mesh.uv, mesh.layer, mesh.tint, mesh.faces)


def part_of(mesh, wanted):
    """The faces whose corners are all wanted (n booleans)."""
    faces = mesh.faces[wanted[mesh.faces].all(1)]
    used, renumbered = np.unique(faces, return_inverse=True)
    return Mesh(*(getattr(mesh, part)[used] for part in ("position", "uv", "layer", "tint")),
                renumbered.reshape(-1, 3).astype(np.int32))


def of_one_paint(mesh, paint):
    """The mesh in plaster, wood or bronze: one paint over all of it."""
    return Mesh(mesh.position, mesh.uv, np.full_like(mesh.layer, paint[0]),
                np.broadcast_to(np.asarray(paint[1], np.float32), mesh.tint.shape).copy(), mesh.faces)


def person_of_something(random, paints, people):
    """A standing person (Mesh) and the middle of the head; mostly all of one paint, else dressed like a doll."""
    mesh, head = people.person(random, paints, False, random.random() < 0.15)
    return (of_one_paint(mesh, paints.surface()) if random.random() < 0.75 else mesh), head


def bust(random, paints, people):
    """A head with shoulders or without, on a foot."""
    mesh, head = person_of_something(random, paints, people)
    below = random.choice((random.uniform(0.13, 0.18), random.uniform(0.25, 0.4)))
    place = mesh.position - head
    cut = part_of(mesh, (place[:, 1] > -below) & (np.abs(place[:, 0]) < random.uniform(0.15, 0.24)) & (np.abs(place[:, 2]) < 0.25))
    cut = stood(cut)
    wide, paint = cut.position[:, 0].max(), paints.surface()
    foot = random.uniform(0.02, 0.35)
    if random.random() < 0.5:
        base = box((wide * random.uniform(0.8, 2.2), foot, wide * random.uniform(0.8, 2.0)), paint, 3)
    else:
        base = lathe([(0, 0), (wide, 0), (wide * random.uniform(0.25, 0.9), foot * 0.5), (wide * 0.7, foot), (0, foot)], paint, 3)
    return stood(joined([base, cut.moved((0, foot, 0))]))


def mask(random, paints, people):
    """A face without the back of its head: on a pole, leaning, or lying."""
    mesh, head = person_of_something(random, paints, people)
    place = mesh.position - head
    deep = random.uniform(-0.02, 0.04)
    face = stood(part_of(mesh, (place[:, 2] > deep) & (np.abs(place[:, 1]) < random.uniform(0.11, 0.16)) & (np.abs(place[:, 0]) < 0.12)))
    kind = random.random()
    if kind < 0.45:
        high = random.uniform(0.3, 2.5)
        pole = rod((0, 0, -0.1), (0, high + 0.4, -0.1), random.uniform(0.015, 0.06), paints.surface())
        return stood(joined([pole, box((0.5, 0.05, 0.5), paints.surface()), face.moved((0, high, 0))]))
    if kind < 0.75:
        lean = random.uniform(0.1, 0.6)
        c, s = np.cos(lean), np.sin(lean)
        return stood(face.moved(tilt=np.array([[1, 0, 0], [0, c, s], [0, -s, c]])))
    return stood(face.moved(tilt=np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])))


def statuette(random, paints, people):
    """A whole figure on a foot, or a doll without."""
    mesh, _ = person_of_something(random, paints, people)
    if random.random() < 0.4:
        return stood(mesh)
    foot = random.uniform(0.05, 0.4)
    return stood(joined([box((0.6, foot, 0.6), paints.surface()), mesh.moved((0, foot, 0))]))


def stuffed_animal(random, paints, _people):
    """A sitting bear or hare of balls."""
    fur, light = paints.cloth(), paints.cloth()
    parts = [ball(0.3, fur, 3).moved(scale=(1, random.uniform(0.9, 1.3), 0.9)),
             ball(0.22, fur, 3).moved((0, 0.5, 0.03)), ball(0.1, light, 3).moved((0, 0.57, 0.18))]
    ear, high = random.uniform(0.06, 0.1), random.choice((1.0, 1.0, 3.0))
    for x in (-1, 1):
        parts += [ball(ear, fur, 3).moved((x * 0.16, 0.84, 0.02), 0, (1, high, 0.6)),
                  ball(0.1, fur, 3).moved((x * 0.24, 0.06, 0.28), 0, (1, 1, 2)),
                  ball(0.09, fur, 3).moved((x * 0.3, 0.3, 0.12), 0, (1, 1, random.uniform(1, 2))),
                  ball(0.025, (paints.white(), 0.05)).moved((x * 0.08, 0.72, 0.22))]
    return stood(joined(parts))


FIGURES = (bust, bust, mask, mask, statuette, stuffed_animal)


def figure(random, paints, people):
    """Any of them."""
    return FIGURES[random.integers(len(FIGURES))](random, paints, people)
