"""Self-test of the made scenes: `python -m pytest train/test_scenes.py`. Needs EGL (Debian: libegl1 libgl1-mesa-dri)."""
import struct
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

# The body model's PyTorch must be loaded before Mesa's software renderer is: both bring an LLVM. So this comes first.
from scenes.people import People
import make_edges
import make_scenes
import motion
from scenes import figures, film, meshes, places, things
from scenes.models import read_spm
from scenes.paints import PLAIN_FROM, Paints
from scenes.renderer import Renderer, look_at
from scenes.shots import SHOTS, Shot, compose
from scenes.strands import strands

LIGHT = {
    "sun": (0, 1, 1), "centre": (0, 0, 0), "reach": 5, "sun_colour": (0.5, 0.5, 0.5), "sky_colour": (0.5, 0.5, 0.5),
    "ground_colour": (0.5, 0.5, 0.5), "headlight": 0.0
}
WHITE = (0, 1.0)
LAYERS = PLAIN_FROM + 1


@pytest.fixture(scope="module")
def renderer():
    return Renderer(192, 108, LAYERS, 16)


@pytest.fixture(autouse=True)
def white(renderer):
    renderer.set_textures(np.full((LAYERS, 16, 16, 4), 255, np.uint8), LAYERS)


def wall(z, half=50):
    return meshes.sheet((-half, -half, z), (2 * half, 0, 0), (0, 2 * half, 0), WHITE)


def test_inverse_depth_is_exact(renderer):
    # A wall four metres away, and before its left half another at two.
    near = meshes.sheet((-50, -50, -2), (50, 0, 0), (0, 100, 0), WHITE)
    renderer.set_mesh(meshes.joined([wall(-4), near]), LIGHT)
    colour, inverse, covered = renderer.draw(look_at((0, 0, 0), (0, 0, -1)), 1.0)
    assert inverse.shape == (108, 192) and colour.shape == (108, 192, 3) and covered.min() == 1
    assert np.allclose(inverse[:, :95], 0.5, atol=1e-4) and np.allclose(inverse[:, 97:], 0.25, atol=1e-4)
    # Top of the picture is up: a floor is nearer at the bottom.
    renderer.set_mesh(meshes.ground(WHITE, 1.0), LIGHT)
    _, inverse, _ = renderer.draw(look_at((0, 1.5, 0), (0, 1.5, -1)), 1.0)
    assert inverse[107, 96] > inverse[80, 96] > 0 and inverse[20, 96] == 0
    # The ray through row r of a level camera meets the floor at 1.5 · focal / (share of the width below the middle).
    assert inverse[99, 96] == pytest.approx((99.5 - 54) / 192 / 1.5, rel=0.02)


def test_right_view_moves_by_parallax(renderer):
    edge = meshes.sheet((0, -50, -2), (50, 0, 0), (0, 100, 0), WHITE)
    renderer.set_mesh(edge, LIGHT)
    view = look_at((0, 0, 0), (0, 0, -1))
    baseline, focal, screen = 0.1, 1.0, 0.3

    def edge_of(view, shear):
        _, inverse, _ = renderer.draw(view, focal, shear)
        return int(np.argmax(inverse[50] > 0))

    left = edge_of(view, 0.0)
    right_view = view.copy()
    right_view[0, 3] -= baseline
    right = edge_of(right_view, baseline * focal * screen)
    # Two metres away is nearer than the screen (1/0.3 m): the edge moves to the left.
    assert right - left == pytest.approx(192 * baseline * focal * (screen - 0.5), abs=1)


def test_holes_in_textures_are_holes(renderer):
    clear = np.full((LAYERS, 16, 16, 4), 255, np.uint8)
    clear[1, :, :, 3] = 0
    renderer.set_textures(clear, LAYERS)
    leaf = meshes.sheet((-50, -50, -2), (100, 0, 0), (0, 100, 0), (1, 1.0))
    renderer.set_mesh(meshes.joined([wall(-4), leaf]), LIGHT)
    assert np.allclose(renderer.draw(look_at((0, 0, 0), (0, 0, -1)), 1.0)[1], 0.25, atol=1e-4)


def test_shapes_stand_on_the_floor():
    for mesh in (meshes.box((1, 2, 3), WHITE), meshes.ball(0.5, WHITE), meshes.lathe([(1, 0), (0.5, 2)], WHITE)):
        assert mesh.position[:, 1].min() == pytest.approx(0, abs=1e-6)
        assert mesh.faces.min() == 0 and mesh.faces.max() < len(mesh.position) == len(mesh.uv) == len(
            mesh.layer) == len(mesh.tint)
    one, both = meshes.box((1, 2, 3), WHITE), meshes.joined([meshes.box((1, 2, 3), WHITE)] * 2)
    assert len(both.faces) == 2 * len(one.faces) and both.faces.max() == 2 * len(one.position) - 1


def test_reads_models_and_refuses_others(tmp_path):
    corners = [(0, 0, 0, 0, 0), (1, 0, 0, 1, 0), (0, 1, 0, 0, 1)]
    data = b"SP" + bytes([1 << 3 | 2, 0]) + bytes(24) + struct.pack("<HB5sB", 1, 5, b"a.png", 0) + struct.pack(
        "<HHIIH", 1, 1, 3, 3, 0)
    data += b"".join(struct.pack("<3f2e", *corner) for corner in corners) + bytes([0, 1, 2])
    path = tmp_path / "thing.spm"
    path.write_bytes(data)
    (position, uv, faces, texture), = read_spm(path)
    assert texture == "a.png" and faces.tolist() == [[0, 1, 2]] and position[1].tolist() == [
        1, 0, 0
    ] and uv[2].tolist() == [0, 1]
    path.write_bytes(data[:-1] + bytes([9]))
    with pytest.raises(ValueError, match="range"):
        read_spm(path)
    path.write_bytes(b"PK" + data[2:])
    with pytest.raises(ValueError, match="SPM"):
        read_spm(path)


def test_views_of_a_shot_are_graded_alike():
    picture, inverse = np.random.default_rng(1).uniform(0, 255, (54, 96, 3)), np.linspace(0.1, 1,
                                                                                          54)[:, None].repeat(96, 1)
    for seed in range(30):
        recipe = film.look(np.random.default_rng(seed)) | {"grain": 0.0}
        one, other = (film.developed(picture, inverse, 0.5, recipe, take) for take in (0, 1))
        assert one.dtype == np.uint8 and one.shape == picture.shape and np.array_equal(one, other)


@pytest.fixture(scope="module")
def people():
    return People()


@pytest.fixture(scope="module")
def paints():
    def photo():
        return np.random.default_rng(2).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    return Paints(np.random.default_rng(3), photo, photo, LAYERS, 16)


def test_people_stand_and_face_forwards(people, paints):
    for seed in range(3):
        mesh, head = people.person(np.random.default_rng(seed), paints)
        assert mesh.position[:, 1].min() == pytest.approx(0, abs=1e-5)
        assert 0.8 * mesh.position[:, 1].max() < head[1] + 0.3 and 1.0 < head[1] < 2.2, head
        eyes = mesh.position[(mesh.layer == 0)]
        assert eyes[:, 2].mean() > head[2], "eyes are in front"


@pytest.mark.parametrize("kind", SHOTS)
def test_every_kind_of_shot_can_be_filmed(kind, people, paints, renderer):
    stock = [meshes.box((1, 0.5, 0.3), WHITE)]
    for seed in range(3):
        paints.random = random = np.random.default_rng(seed)
        shot = compose(random, paints, people, stock, 16 / 9, (kind,))
        assert shot.kind == kind and np.isfinite(shot.mesh.position).all() and shot.mesh.layer.max() < len(paints.pictures)
        renderer.set_textures(paints.pictures, PLAIN_FROM)
        renderer.set_mesh(shot.mesh, shot.light)
        _, inverse, _ = renderer.draw(shot.view(), shot.focal)
        # Something is to be seen, at many depths, and the subject's is among them.
        assert (inverse > 0).mean() > 0.02 and len(np.unique(inverse)) > 100
        assert inverse.max() > 0.5 * shot.inverse


def test_figures_are_things(people, paints):
    for make in set(figures.FIGURES):
        for seed in range(6):
            paints.random = random = np.random.default_rng(seed)
            mesh = make(random, paints, people)
            low, high = mesh.position.min(0), mesh.position.max(0)
            assert low[1] == pytest.approx(0, abs=1e-5) and (high - low).max() == pytest.approx(1, abs=1e-5), make
            assert len(mesh.faces) > 300 and mesh.faces.max() < len(mesh.position) == len(mesh.tint) == len(mesh.layer)
            # Stood in the middle of its place, however it was made.
            assert np.abs(low[[0, 2]] + high[[0, 2]]).max() < 1e-5
    # A mask has a face and no back; what is left of a person is less than a person.
    paints.random = random = np.random.default_rng(1)
    whole, head = people.person(random, paints)
    front = figures.part_of(whole, whole.position[:, 2] > head[2])
    assert 0 < len(front.faces) < len(whole.faces) and front.position[:, 2].min() > head[2]
    assert front.faces.max() == len(front.position) - 1
    plaster = figures.of_one_paint(whole, (3, (0.5, 0.6, 0.7)))
    assert set(plaster.layer) == {3} and len(np.unique(plaster.tint, axis=0)) == 1 and len(np.unique(whole.layer)) > 1


def test_figures_books_and_crates_lie_in_heaps(people, paints):
    # A layer that nothing else wears tells the figure's faces.
    marked = figures.of_one_paint(figures.bust(np.random.default_rng(1), paints, people), (LAYERS + 5, 1.0))
    for heaped in (True, False):
        found = 0
        for seed in range(4):
            paints.random = random = np.random.default_rng(seed)
            parts = (places.heap(random, paints, [], 2.0, 1.0, [marked]) if heaped else
                     places.dishes(random, paints, [], 1.0, 0.8, 0.7, (0, 0, 0), 15, [marked]))
            ours = [part for part in parts if part.layer[0] == LAYERS + 5]
            found += len(ours)
            assert all(part.position[:, 1].min() > -1e-5 for part in ours)
        assert 4 <= found <= 40, found
    for make in (lambda random: things.books(random, paints), lambda random: things.crate(random, paints, 0.3)):
        mesh = make(np.random.default_rng(3))
        assert mesh.position[:, 1].min() == pytest.approx(0, abs=1e-6) and 0.003 < np.ptp(mesh.position[:, 1]) < 0.5


def spotted(width, height):
    """A box on the ground, a renderer with spots to cover them, and a photograph for the sky, coarse enough for interpolation not to matter."""
    drawer = Renderer(width, height, LAYERS, 16)
    spots = np.random.default_rng(5).integers(0, 256, (LAYERS, 16, 16, 4)).astype(np.uint8)
    spots[..., 3] = 255
    drawer.set_textures(spots, LAYERS)
    photo = cv2.GaussianBlur(np.random.default_rng(6).normal(128, 900, (4 * height, width, 3)), (0, 0), 6).clip(0, 255).astype(np.uint8)
    mesh = meshes.joined([meshes.ground((1, 1.0), 0.4, 400.0), meshes.box((1, 1, 1), (2, 1.0), 0.5).moved((0.4, 0, 0.5), 0.4)])
    return drawer, photo, mesh


def test_next_frames_and_right_views_move_as_told_and_the_sky_too(monkeypatch):
    monkeypatch.setattr(make_scenes, "NEXT_SHARE", 1.0)
    monkeypatch.setattr(make_scenes, "RIGHT_SHARE", 1.0)
    plain = {"mist": False, "field": False, "dark": False, "title": False, "grain": 0.0, "bars": 0.0, "soft": 0.25}
    graded = film.look(np.random.default_rng(0)) | plain | {"gain": 1.0}
    monkeypatch.setattr(make_scenes, "look", lambda random: graded)
    width, height = make_scenes.WIDTH, make_scenes.HEIGHT
    drawer, photo, mesh = spotted(width, height)
    shot = Shot("empty", mesh, LIGHT, np.array([0, 1.6, 4.0]), np.array([0, 1.5, 0]), 0.02, 1.0, 0.25, "field")
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    for seed in range(3):
        takes, low, high, moved = make_scenes.shoot(np.random.default_rng(seed), drawer, shot, photo, np.zeros(photo.shape[:2], np.float32))
        labels = {name: np.clip((inverse - low) / (high - low), 0, 1).astype(np.float32) for name, (_, inverse) in takes.items()}
        places_of, seen = motion.followed(labels[""], labels["next"], moved | {"low": low, "high": high}, (0, 0, 1, 1))
        share = np.clip(make_scenes.NEAREST * (1 - low / high) / make_scenes.FULL_RANGE, make_scenes.LEAST_SHARE, 1) / 100
        right_of = here + np.stack([share * width * (1 - 2 * labels[""]), 0 * labels[""]], -1)
        grey = {name: picture.mean(2).astype(np.float32) for name, (picture, _) in takes.items()}
        sky = takes[""][1] == 0
        assert 0.2 < sky.mean() < 0.8 and 0.8 < seen.mean() < 1

        def change(name, where, counted, grey=grey):
            inner = counted & (where.min(-1) > 1) & (where[..., 0] < width - 2) & (where[..., 1] < height - 2)
            return np.abs(cv2.remap(grey[name], where.astype(np.float32), None, cv2.INTER_LINEAR) - grey[""])[inner].mean()

        near = (takes[""][1] > 0.15) & seen
        for name, where in (("next", places_of), ("right", right_of)):
            for counted in (sky, near):
                assert change(name, where, counted) < 0.5 * change(name, here, counted), (seed, name, change(name, here, counted))


@pytest.mark.parametrize("blur", ("sharp", "aperture", "motion"))
def test_edges_are_measured_on_pictures_that_agree_with_their_disparity(monkeypatch, blur, paints):
    width, height = 192, 108
    monkeypatch.setattr(make_edges, "WIDTH", width)
    monkeypatch.setattr(make_edges, "HEIGHT", height)
    drawer, photo, mesh = spotted(width, height)
    shot = Shot("empty", mesh, LIGHT, np.array([0, 1.6, 4.0]), np.array([0, 1.0, 0]), 0.02, 1.0, 0.25, "field")
    thin = strands(np.random.default_rng(3), paints, shot, width)
    assert np.isfinite(thin.position).all() and len(thin.faces) > 30
    left, right, disparity = make_edges.shoot(np.random.default_rng(4), drawer, shot, photo, blur)
    assert disparity.min() == pytest.approx(make_edges.FARTHEST * width, rel=0.02)
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    there = (here - np.stack([disparity, 0 * disparity], -1)).astype(np.float32)

    def change(where):
        return np.abs(cv2.remap(right.astype(np.float32), where, None, cv2.INTER_LINEAR) - left)[:, 8:-8].mean()

    assert change(there) < 0.6 * change(here), (change(there), change(here))
