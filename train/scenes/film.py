"""What a lens, a laboratory and a mastering desk do to a picture: mist, depth of field, darkness, grain, bars, titles."""
import cv2
import numpy as np


def mist(picture, inverse, random):
    """Fog of one colour; thicker with distance."""
    reach = 1 / max(np.percentile(inverse, 60), 1e-3) * random.uniform(0.7, 4)
    share = np.exp(-1 / (np.maximum(inverse, 1e-4) * reach))[..., None]
    return picture * share + random.uniform(60, 230) * random.uniform(0.85, 1.1, 3) * (1 - share)


def depth_of_field(picture, inverse, focus, random):
    """Blur by the circle of confusion, which grows with the difference of inverse depths. `focus` is an inverse depth."""
    strength = random.uniform(1.5, 7) * picture.shape[1] / 384
    circle = np.minimum(np.abs(inverse - focus) / max(focus, 1e-3), 1.5) * strength
    # A near blurred thing spreads over what is behind it.
    near = cv2.GaussianBlur(np.where(inverse > focus, circle, 0).astype(np.float32), (0, 0), 2)
    circle = np.maximum(circle, near).astype(np.float32)
    levels = [0, 0.8, 1.6, 3.2, 6.4, 10]
    stack = [picture] + [cv2.GaussianBlur(picture, (0, 0), level) for level in levels[1:]]
    place = np.interp(circle, levels, np.arange(len(levels)))
    lower = np.minimum(place.astype(int), len(levels) - 2)
    share = (place - lower)[..., None]
    rows, columns = np.indices(inverse.shape)
    stack = np.stack(stack)
    return stack[lower, rows, columns] * (1 - share) + stack[lower + 1, rows, columns] * share


def darkness(picture, random):
    """Night or low key: little light, often from one side, one colour."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = np.exp(-((x - random.normal(0, 0.6))**2 + (y - random.normal(0, 0.5))**2) / random.uniform(0.3, 3))
    return picture * (random.uniform(0.05, 0.25) + random.uniform(0.1, 0.6) * light)[..., None] * random.uniform(
        0.7, 1.2, 3)


def title(picture, random):
    """Letters over the picture, as in credits, subtitles and logos."""
    letters = "".join(
        chr(random.integers(65, 91)) if random.random() < 0.85 else " " for _ in range(random.integers(4, 26)))
    scale, height, width = random.uniform(0.35, 1.2), *picture.shape[:2]
    y = int(height * (0.9 if random.random() < 0.6 else random.uniform(0.1, 0.9)))
    x = int(max(3, width / 2 - 9 * scale * len(letters)) if random.random() < 0.7 else random.uniform(0, width / 2))
    face, colour = int(random.choice(
        (0, 2, 3, 4))), (255, 255, 255) if random.random() < 0.7 else tuple(int(v) for v in random.uniform(0, 255, 3))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if random.random() < 0.6:
        cv2.putText(picture, letters, (x, y), face, scale, (0, 0, 0), 3, cv2.LINE_AA)
    return cv2.putText(picture, letters, (x, y), face, scale, colour, 1, cv2.LINE_AA)


def bars(picture, share):
    """Letterbox bars of the given share of the height, above and below."""
    rows = round(picture.shape[0] * share)
    picture = picture.copy()
    if rows:
        picture[:rows] = picture[-rows:] = 0
    return picture


def look(random):
    """A recipe for one shot: which effects, with which seed, so that all its views get the same."""
    return {
        "seed": int(random.integers(1 << 30)), "mist": random.random() < 0.12, "field": random.random() < 0.4,
        "dark": random.random() < 0.13, "grain": random.uniform(1, 9) if random.random() < 0.4 else 0.0,
        "soft": random.uniform(0.25, 0.7), "gain": random.uniform(0.85, 1.4), "tint": random.uniform(0.93, 1.07, 3),
        "title": random.random() < 0.06, "bars": random.uniform(0.05, 0.13) if random.random() < 0.05 else 0.0
    }


def developed(picture, inverse, focus, recipe, take):
    """The picture (H×W×3, 0..255) as 8 bit after the recipe. `take` numbers the views of a shot: their grain differs."""
    random = np.random.default_rng(recipe["seed"])
    picture = picture.astype(np.float32) * recipe["gain"] * recipe["tint"]
    if recipe["mist"]:
        picture = mist(picture, inverse, random)
    if recipe["field"]:
        picture = depth_of_field(picture.astype(np.float32), inverse, focus, random)
    if recipe["dark"]:
        picture = darkness(picture, random)
    # Edges of real photos are not a pixel sharp.
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), recipe["soft"])
    if recipe["title"]:
        picture = title(picture, random)
    if recipe["grain"]:
        picture = picture + np.random.default_rng(
            (recipe["seed"], take)).normal(0, recipe["grain"], picture.shape[:2])[..., None]
    return bars(np.clip(picture, 0, 255).astype(np.uint8), recipe["bars"])
