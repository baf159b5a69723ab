"""Self-test of training on a few made-up pairs: `python -m pytest train`."""
import csv
import json
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parent))

import batches
import data
import evaluate
import export
import losses
import metrics
import model
import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder of 12 pictures: bright discs near, on a dark far ground that rises in nearness downwards."""
    path = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    with tarfile.open(path / "made.tar", "w") as tar, open(path / "index.csv", "w", newline="") as index:
        writer = csv.writer(index)
        writer.writerow(("name", "disparity_lo", "disparity_hi"))
        for number in range(12):
            label = np.repeat(np.linspace(20, 120, 120, dtype=np.uint8)[:, None], 200, 1)
            centre = tuple(int(v) for v in random.integers(30, 90, 2))
            cv2.circle(label, centre, 25, 250, -1)
            picture = cv2.cvtColor(label, cv2.COLOR_GRAY2BGR) // 2 + random.integers(0, 60, (120, 200, 3)).astype(np.uint8)
            for suffix, image in (("webp", picture), ("disparity.webp", label)):
                data.add(tar, f"picture-{number}.{suffix}", data.webp(image, 95))
            writer.writerow((f"picture-{number}", 0.0, 2.0))
    return path


def options(folder, out, steps, *more):
    return train.arguments(["--data", str(folder), "--out", str(out), "--steps", str(steps), "--batch", "4",
                            "--no-pretrained", "--save-every", "6", "--twins", "1", "--threads", "1", *more])


def log(out):
    with open(out / "log.csv", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    train.train(options(folder, out, 60, "--save-every", "30"))
    return out


def test_loss_falls(run):
    values = log(run)
    assert len(values) == 3 and values[-1] < values[0] - 0.1, values


def test_resume_equals_one_go(folder, tmp_path, monkeypatch):
    # The rate depends on the length of the run; one that does not lets a short run stand for a long one cut off.
    monkeypatch.setattr(train, "rate", lambda step, _: 1e-3)
    whole = train.train(options(folder, tmp_path / "whole", 12))
    train.train(options(folder, tmp_path / "parts", 6))
    parts = train.train(options(folder, tmp_path / "parts", 12))
    for one, other in zip(whole.parameters(), parts.parameters()):
        assert torch.allclose(one, other, atol=1e-4)


def test_export_equals_training_graph(run, tmp_path):
    network = export.load_weights(run / "step-60.pt")
    picture = model.normalise(torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1)))
    exact = export.Folded(export.folded_tensors(network, np.float64))
    with torch.no_grad():
        expected = network.double()(picture.double())
        assert (exact(picture.double()) - expected).abs().max() < 1e-4
    tensors = export.folded_tensors(network)
    save_file(tensors, tmp_path / "deep3d.safetensors", export.METADATA)
    with torch.no_grad():
        rounded = export.load_weights(tmp_path / "deep3d.safetensors")(picture)
    assert (model.parallax(rounded) - model.parallax(expected)).abs().max() < 0.02
    with safe_open(tmp_path / "deep3d.safetensors", "numpy") as file:
        assert set(file.metadata()) == {"format", "network", "input", "planes", "scale", "licence"}
        planes = json.loads(file.metadata()["planes"])
        assert len(planes) == 32 and planes == sorted(planes) and planes[0] == -planes[-1]
    assert (tmp_path / "deep3d.safetensors").stat().st_size < 8e6


def test_generator_matches_the_published_values():
    assert export.generated("conv1_1_weight", 2).tolist() == [0.5637803673744202, 0.28375720977783203]
    picture = export.generated_picture(384, 160)
    assert picture[0, :2].tolist() == [[59, 37, 2], [41, 54, 45]] and picture[100, 200].tolist() == [172, 144, 191]


def test_cost_and_shapes():
    network = model.Deep3d()
    assert sum(model.count_macs(network).values()) < 1.2e9
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 3, 64, 96)).shape == (1, 32, 32, 48)
    with pytest.raises(ValueError, match="multiples of 32"):
        network(torch.zeros(1, 3, 80, 96))


def test_near_is_negative(folder):
    pictures = data.Pictures([folder])
    label = pictures.read(0)[1]
    assert label.max() > 0.9
    one = batches.sample(pictures, 0, (96, 64), np.random.default_rng(0))
    _, target, believed = one.takes[0]
    assert one.exact and one.view is None and believed.min() == 1
    assert target.shape == (32, 48) and target.min() >= -1.001 and target.max() <= 1.001
    first, again = (batches.batch(pictures, 3, 4, "half", 1, 2) for _ in range(2))
    assert torch.equal(first.pictures, again.pictures) and torch.equal(first.targets, again.targets)


def test_twins_show_the_same_moved(folder):
    batch = batches.batch(data.Pictures([folder]), 3, 4, "half", 1, 4)
    assert len(batch.places) == 4 and len(batch.pictures) == len(batch.targets) == len(batch.believed) == len(batch.exact) == 8
    assert not len(batch.views.index)
    # The targets themselves are as steady as can be; followed to the wrong places they are not.
    still = 0 * batch.targets
    assert losses.steady_loss(batch.targets, still, batch.places, batch.seen) < 1e-5
    height, width = batch.targets.shape[1:]
    unmoved = torch.from_numpy(batches.moved_frame((0, 0), width, height)[0]).expand_as(batch.places)
    assert not torch.equal(unmoved, batch.places)
    assert losses.steady_loss(batch.targets, still, 2 * unmoved - batch.places, batch.seen) > 0.01


def test_losses_and_measures():
    target = torch.linspace(-0.8, 0.8, 24 * 32).view(1, 24, 32)
    logits = -((torch.tensor(model.PLANE_PARALLAX)[None, :, None, None] - target[:, None]) / 0.1) ** 2 / 2
    none = torch.zeros(0, 24, 32)
    views = batches.Views(torch.zeros(0, dtype=torch.long), none, none, none)
    everywhere = torch.ones_like(target)
    batch = batches.Batch(None, target, everywhere, torch.tensor([True]), none, none, views)
    good, bad = (losses.losses(sign * logits, sign * model.parallax(logits), batch) for sign in (1, -1))
    assert all(good[name] < bad[name] for name in ("shape", "gradient", "planes")) and good["steady"] == good["view"] == 0
    terms = {"shape": 1.0, "steady": 3.0}
    assert losses.total(terms, 2.0) - losses.total(terms, 0.0) == 6 and losses.total(terms, 0.0) == 1
    # A fifth of the label is wrong: it counts where the label should be exact, not where it is known to be a guess.
    wrong = target.clone()
    wrong[:, :, :6] += 1
    exact, guess = (losses.shape_loss(target - wrong, torch.tensor([is_exact]), everywhere) for is_exact in (True, False))
    assert exact > 0.1 and guess == 0
    near = np.arange(1.0, 1000.0)
    assert metrics.rank_correlation(near, near) == pytest.approx(1)
    assert metrics.order_error(near, near) == 0 and metrics.order_error(-near, near) == 1
    assert metrics.relative_error(3 * near - 5, near) == pytest.approx(0, abs=1e-6)
    assert evaluate.input_size(1920, 1080) == (320, 192) and evaluate.input_size(2400, 1000) == (384, 160)


def test_steadiness_counts_as_told(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "losses", lambda *_: {"shape": 1.0, "steady": 3.0})
    for more, expected in ((("--steady", "7"), 22), ((), 1 + 3 * losses.WEIGHTS["steady"])):
        team = train.processes("fp32")
        labels = train.Labels(options(folder, tmp_path, 1, *more), team.__enter__())
        team.__exit__(None, None, None)
        assert labels.loss(torch.zeros(1, model.PLANES, 8, 8), None)[0] == expected


def test_missing_data_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="index.csv"):
        data.Pictures([tmp_path])
