"""Textures for a stock of scenes: pieces of photos in the layers of one texture array, and what to take for what."""
import cv2
import numpy as np

DETAIL, PIECES, WHOLE = 40, 90, 46
# The first layer is white; models' own pictures follow the whole photos.
PLAIN_FROM = 1 + DETAIL + PIECES + WHOLE


class Paints:
    """`photo()` and `backdrop()` give a random photo (H×W×3, RGB, 8 bit). A paint is (layer, tint)."""
    def __init__(self, random, photo, backdrop, layers, side):
        self.random, self.side = random, side
        self.pictures = np.full((layers, side, side, 4), 255, np.uint8)
        self.used = PLAIN_FROM
        self.of_file = {}
        for layer in range(1, PLAIN_FROM):
            picture = backdrop() if layer > PLAIN_FROM - 0.75 * WHOLE else photo()
            if layer < 1 + DETAIL + PIECES:
                edge = min(random.integers(32, 200), *picture.shape[:2])
                y, x = (random.integers(0, n - edge + 1) for n in picture.shape[:2])
                picture = picture[y:y + edge, x:x + edge]
            picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
            if layer < 1 + DETAIL:
                # Grey of middle brightness and limited contrast, to be tinted.
                grey = picture.mean(2)
                grey = (grey - grey.mean()) / (grey.std() + 4) * random.uniform(8, 45) + 190
                picture = np.clip(grey, 0, 255).astype(np.uint8)[..., None]
            self.pictures[layer, :, :, :3] = picture
        # The first few details are nearly smooth: skin, painted walls.
        self.pictures[1:9, :, :, :3] = 215 + (self.pictures[1:9, :, :, :3].astype(float) - 190) * 0.25

    def add_texture(self, path):
        """The layer of a model's picture file; ValueError when the array is full or the file no picture."""
        if path not in self.of_file:
            picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if picture is None or picture.ndim != 3 or self.used == len(self.pictures):
                raise ValueError(f"{path}: no picture, or no layer left")
            if picture.dtype != np.uint8:
                picture = (picture // 257).astype(np.uint8)
            picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA if picture.shape[2] == 4 else cv2.COLOR_BGR2RGBA)
            self.pictures[self.used] = cv2.resize(picture, (self.side, self.side), interpolation=cv2.INTER_AREA)
            self.of_file[path] = self.used
            self.used += 1
        return self.of_file[path]

    def colour(self):
        """A random tint, seldom garish."""
        value, saturation = self.random.uniform(0.08, 1.1), self.random.uniform(0, 1)**2
        return value * (1 - saturation * self.random.uniform(0, 1, 3))

    def white(self):
        return 0

    def plain(self):
        return int(self.random.integers(1, 9))

    def cloth(self, detail=False):
        if detail or self.random.random() < 0.6:
            return int(self.random.integers(1, 1 + DETAIL)), self.colour()
        return int(self.random.integers(1 + DETAIL, 1 + DETAIL + PIECES)), self.random.uniform(0.6, 1.2)

    surface = cloth

    def photo(self):
        """A whole photo: posters, house fronts, screens."""
        return int(self.random.integers(1 + DETAIL + PIECES, PLAIN_FROM)), self.random.uniform(0.7, 1.1)
