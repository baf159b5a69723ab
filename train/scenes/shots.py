"""Puts a scene before a camera: who and what stands where, from where it is filmed, in which light."""
from dataclasses import dataclass

import numpy as np

from scenes import places, things
from scenes.figures import figure
from scenes.meshes import joined
from scenes.renderer import look_at

# Shares of the kinds of shots. The size of a head in a shot is its share of the picture's height.
SHOTS = {"close": 0.25, "medium": 0.21, "wide": 0.12, "crowd": 0.07, "table": 0.11, "heap": 0.12, "empty": 0.12}
HEAD_SHARE = {"close": (0.22, 0.95), "medium": (0.1, 0.25), "wide": (0.035, 0.1), "crowd": (0.03, 0.2)}
HEAD = 0.24


@dataclass
class Shot:
    """A scene with its camera. `inverse` is the inverse distance of the subject."""
    kind: str
    mesh: object
    light: dict
    eye: np.ndarray
    target: np.ndarray
    roll: float
    focal: float
    inverse: float
    place: str

    def view(self, forth=(0, 0, 0), aside=(0, 0, 0)):
        """World to camera, the camera moved by `forth` and its target by `aside` (m)."""
        return look_at(self.eye + np.asarray(forth), self.target + np.asarray(aside), self.roll)


def light(random, target, reach):
    """Sun or lamp, sky and bounce; now and then hard, flat or from the camera."""
    sun = np.array([random.normal(0, 1), random.uniform(0.3, 1.6), random.normal(0.3, 1)])
    warm, strength = random.uniform(0.85, 1.15), random.uniform(0.3, 1.2)
    sky = random.uniform(0.35, 0.85) * random.uniform(0.85, 1.1, 3)
    return {
        "sun": sun, "centre": target, "reach": reach, "sun_colour": strength * np.array([warm, 1, 2 - warm]),
        "sky_colour": sky, "ground_colour": sky * random.uniform(0.4, 0.95), "headlight": random.uniform(0, 0.35)
    }


def compose(random, paints, people, stock, aspect, kinds=tuple(SHOTS)):
    """A random Shot of one of the kinds, which keep their proportions. `stock`: meshes of things, the largest side 1."""
    shares = np.array([SHOTS[kind] for kind in kinds])
    kind = str(random.choice(kinds, p=shares / shares.sum()))
    focal = np.exp(random.uniform(np.log(0.65), np.log(2.2)))
    parts, place = [], str(random.choice(("room", "street", "field", "photo"), p=(0.42, 0.2, 0.13, 0.25)))
    if place == "photo" and kind not in ("close", "medium"):
        place = "room"
    if kind in HEAD_SHARE:
        main, head = people.person(random, paints, random.random() < 0.12 and place == "room", random.random() < 0.12)
        low, high = HEAD_SHARE[kind]
        share = np.exp(random.uniform(np.log(low), np.log(high)))
        distance = max(0.35, HEAD * focal * aspect / share)
        # The head is in the upper part of the picture, seldom touched by the edge; in width it is anywhere.
        high, wide = distance / focal / aspect, distance / focal
        room_above = (1 - share) / 2
        drop = random.uniform(-0.15, max(room_above, 0.05)) if kind == "close" else random.uniform(
            0.0, 0.9 * room_above)
        target = head + np.array([random.normal(0, 0.18) * wide, -drop * high, 0])
        eye_height = np.clip(head[1] + random.normal(0, 0.12) * min(distance, 3), 0.3, 4)
        if place != "room" and random.random() < 0.1:
            # From below or from a roof.
            eye_height = np.clip(head[1] + random.uniform(-0.8, 0.8) * distance, 0.2, 8)
        parts.append(main.moved(turn=random.normal(0, 0.7)))
    else:
        distance = random.uniform(
            0.4, 1.3) if kind == "table" else random.uniform(0.8, 2.2) if kind == "heap" else random.uniform(2, 6)
        eye_height, target = random.uniform(0.6, 2.2), np.array([random.normal(0, 0.3), random.uniform(0.3, 1.5), 0])
    angle = random.normal(0, 0.3) if place != "field" else random.uniform(-1, 1)
    figures = [figure(random, paints, people) for _ in range(random.integers(0, 4))] if kind in ("table", "heap") else []
    if kind == "table":
        place = str(random.choice(("room", "room", "room", "field")))
        top = random.uniform(0.4, 0.95)
        wide, deep = random.uniform(0.7, 2.0), random.uniform(0.6, 1.4)
        parts.append(things.table(random, paints, wide, top, deep))
        parts += places.dishes(random, paints, stock, wide, deep, top, (0, 0, 0), random.integers(3, 20), figures)
        target = np.array([random.normal(0, 0.15), top + random.uniform(-0.05, 0.2), random.uniform(-0.2, 0.2)])
        eye_height = top + distance * np.tan(random.uniform(0.05, 0.9))
        if random.random() < 0.35:
            # Someone behind the table.
            someone, _ = people.person(random, paints, random.random() < 0.7)
            parts.append(
                someone.moved((random.normal(0, 0.4), 0, -deep / 2 - random.uniform(0.2, 0.6)), random.normal(0, 0.3)))
    if kind == "heap":
        place, deep, target = "heap", random.uniform(0.6,
                                                     2.0), np.array([random.normal(0, 0.1),
                                                                     random.uniform(0, 0.35), 0])
        parts += places.heap(random, paints, stock, distance / focal * 1.6, deep, figures)
        eye_height = target[1] + distance * np.tan(random.uniform(0.0, 0.8))
    eye = np.array([np.sin(angle) * distance, eye_height, np.cos(angle) * distance])
    others = {
        "close": random.choice((0, 0, 1, 2)), "medium": random.integers(0, 5), "wide": random.integers(0, 5),
        "crowd": random.integers(8, 18), "table": 0, "heap": 0, "empty": random.choice((0, 0, 1))
    }[kind]
    parts += company(random, paints, people, eye, target, distance, focal, others, kind)
    if place == "room":
        needed = max(distance * np.cos(angle), 0.3) + 0.4
        aside = abs(eye[0]) + 0.4
        back = np.exp(random.uniform(np.log(0.5), np.log(7))) + (distance * 0.5 if kind in ("wide", "crowd") else 0)
        parts += places.room(random, paints, stock, back, needed + random.uniform(0, 2),
                             max(aside, random.uniform(1, 4)), max(aside, random.uniform(1, 4)))
    elif place == "street":
        parts += places.street(random, paints, stock)
    elif place == "field":
        parts += places.field(random, paints, stock)
    mesh = joined(parts)
    return Shot(kind, mesh, light(random, target, max(2.5, min(distance * 2, 15))), eye, target,
                random.normal(0, 0.025), focal, 1 / distance, place)


def company(random, paints, people, eye, target, distance, focal, count, kind):
    """Other people: behind, beside, and now and then in front with their back to the camera."""
    forwards = np.array([target[0] - eye[0], target[2] - eye[2]])
    forwards /= np.linalg.norm(forwards)
    aside = np.array([-forwards[1], forwards[0]])
    made, parts = [], []
    for number in range(count):
        if len(made) < 6 or number % 4 == 0:
            made.append(people.person(random, paints, False, random.random() < 0.1)[0])
        someone = made[random.integers(len(made))]
        away = distance * random.uniform(0.8, 1.3) + abs(random.normal(0, 1)) * (8 if kind in
                                                                                 ("crowd", "wide") else 2.5)
        side, turn = random.uniform(-0.6, 0.6) / focal * away, random.uniform(0, 6.3)
        if number == 0 and kind in ("close", "medium") and random.random() < 0.35:
            # Over someone's shoulder.
            away, side = distance * random.uniform(0.4, 0.6), random.choice(
                (-1, 1)) * random.uniform(0.3, 0.5) / focal * distance * 0.5
            turn = np.arctan2(forwards[0], forwards[1]) + random.normal(0, 0.3)
        elif abs(side) < 0.35 and abs(away - distance) < 0.5:
            side = np.copysign(random.uniform(0.45, 0.9), side)
        at = np.array([eye[0], eye[2]]) + forwards * away + aside * side
        parts.append(someone.moved((at[0], 0, at[1]), turn))
    return parts
