"""Test of training on pairs of eyes: shards made here, `torchrun` with two processes, the loss of the made view, resuming."""
import csv
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import films
import model
import train
from data import add
from processes import Processes, on_device

SPAN = 4.0


def eyes(random, width=320, height=160):
    """A pair whose parallax falls from +SPAN/2 % at the top to −SPAN/2 % at the bottom, where it is brighter, too."""
    texture = cv2.GaussianBlur(random.random((height, width + 40)).astype(np.float32), (0, 0), 1.5)
    texture = (texture - texture.mean()) / texture.std() * 0.12
    light = np.linspace(0.2, 0.8, height, dtype=np.float32)[:, None]
    parallax = np.linspace(SPAN / 2, -SPAN / 2, height, dtype=np.float32)[:, None] / 100 * width
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) + 20, np.arange(height, dtype=np.float32))
    pictures = []
    for shift in (0 * parallax, parallax):
        grey = np.clip(cv2.remap(texture, x - shift, y, cv2.INTER_LINEAR) + light, 0, 1)
        pictures.append(cv2.cvtColor((grey * 255).astype(np.uint8), cv2.COLOR_GRAY2BGR))
    return pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two shards of six pairs each, one sample of them damaged."""
    path = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    for shard in range(2):
        with tarfile.open(path / f"film-{shard:06}.tar", "w") as tar:
            for number in range(6):
                key = f"film-00000-{shard * 6 + number:08}"
                for eye, picture in zip(("left", "right"), eyes(random)):
                    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
                    add(tar, f"{key}.{eye}.jpg", data[:50] if (shard, number, eye) == (1, 3, "left") else data)
                percentiles = [-SPAN / 2, -SPAN / 4, 0, SPAN / 4, SPAN / 2]
                add(tar, f"{key}.json", json.dumps({"parallax": percentiles, "shot": 0}).encode())
    return path


def log(out):
    with open(out / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def torchrun(folder, out, steps, *more):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(HERE / "train.py"),
               "--films", str(folder), "--out", str(out), "--steps", str(steps), "--batch", "2", "--no-pretrained",
               "--rate", "4e-3", "--threads", "1", *more]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def halves(checkpoint):
    """Mean parallax of the upper and of the lower half of a picture that was not trained on."""
    network = model.Deep3d().eval()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    left = cv2.cvtColor(cv2.resize(eyes(np.random.default_rng(9))[0], (192, 96)), cv2.COLOR_BGR2RGB)
    picture = torch.from_numpy(left).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        parallax = model.parallax(network(model.normalise(picture)))[0]
    return parallax[:24].mean().item(), parallax[24:].mean().item()


def test_two_processes_learn_from_pairs_and_resume(folder, tmp_path):
    out = tmp_path / "run"
    torchrun(folder, out, 80, "--save-every", "40")
    rows = log(out)
    assert [int(row["step"]) for row in rows] == [20, 40, 60, 80]
    # Two processes with two pairs each.
    assert int(rows[-1]["samples"]) == 80 * 4
    views = [float(row["view"]) for row in rows]
    assert views[-1] < 0.8 * views[0], views
    # What was learnt is the depth: far above, near below. (The loss alone falls too where nothing is moved.)
    above, below = halves(out / "step-80.pt")
    assert above > 0.2 and below < -0.2, (above, below)
    assert sorted(path.name for path in out.glob("*.pt")) == ["last.pt", "step-40.pt", "step-80.pt"]
    said = torchrun(folder, out, 90, "--save-every", "40")
    assert said.count("resuming at step 80") == 1
    rows = log(out)
    assert [int(row["step"]) for row in rows] == [20, 40, 60, 80, 90]
    saved = torch.load(out / "last.pt", weights_only=True)
    assert saved["step"] == 90
    assert float(rows[-1]["view"]) < 0.9 * views[0]


def test_every_pair_is_seen_once_by_one_of_the_processes(folder, monkeypatch):
    def keys(world, workers, count):
        seen = []
        for rank in range(world):
            monkeypatch.setenv("RANK", str(rank))
            monkeypatch.setenv("WORLD_SIZE", str(world))
            stream = films.film_batches([folder], 1, ((64, 32),), (1, 0), rank, world, workers)
            seen += [next(stream)[2].mean().item() for _ in range(count)]
        return seen
    monkeypatch.setattr(films, "SHUFFLED", 1)
    monkeypatch.setattr(films, "pair", lambda sample, size, random: (*[np.full((3, 2, 2), sample[0].mean())] * 3, 1.0, 0.0))
    # 11 whole pairs: two shards for one process and for two, and three processes for two shards.
    assert len(set(keys(1, 1, 11))) == 11
    assert len(set(keys(2, 0, 5))) == 10
    assert len(set(keys(3, 0, 3))) == 9


def test_no_pass_is_like_the_one_before(folder):
    stream = films.film_batches([folder], 11, ((64, 32),), (1, 0), workers=0)
    passes = [next(stream)[1] for _ in range(3)]
    assert not torch.equal(passes[0], passes[1]) and not torch.equal(passes[1], passes[2])
    again = next(films.film_batches([folder], 11, ((64, 32),), (1, 0), workers=0))[1]
    assert torch.equal(again, passes[0])


def test_a_pair_keeps_its_parallax_through_crop_and_mirror():
    # The same parallax everywhere: 6 of 320 pixels behind the screen.
    wide = np.random.default_rng(5).random((160, 326)).astype(np.float32)
    wide = cv2.cvtColor((cv2.GaussianBlur(wide, (0, 0), 2) * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    truth, random = (wide[:, 6:], wide[:, :-6]), np.random.default_rng(3)
    for _ in range(6):
        seen, left, right, scale, offset = films.pair((*truth, 1.0, 6 / 3.2), (192, 96), random)
        assert seen.shape == left.shape == right.shape == (3, 96, 192)
        assert scale >= 1 and offset == pytest.approx(scale * 6 / 3.2)
        left, right = (torch.from_numpy(eye)[None] for eye in (left, right))
        screen = torch.zeros(1, 1, 48, 96)
        errors = {tried: films.view_loss(films.right_view(left, screen, 0.0, tried, (0.0,)), right, 12).item()
                  for tried in (-offset, 0.0, 0.7 * offset, offset)}
        assert errors[offset] < 0.5 * min(error for tried, error in errors.items() if tried != offset), errors


def test_scales_are_those_of_the_photos():
    scale, offset = films.scale_and_offset([-1.0, 0, 0, 0, 3.0])
    assert (scale, offset) == (2.0, 1.0)
    flat, _ = films.scale_and_offset([-0.2, 0, 0, 0, 0.2])
    assert flat * films.LEAST_SHARE == pytest.approx(0.2)
    for wrong in ([0, 0, 0, 0, 0], [float("nan"), 1], [1, -1], [-50, 50]):
        assert films.scale_and_offset(wrong) is None


def test_steps_are_shared_and_wrong_usage_is_told(folder, tmp_path, capsys):
    both = train.arguments(["--data", "a", "--films", "b", "--out", "c", "--film-share", "0.25"])
    assert sum(train.is_film_step(step, both) for step in range(100)) == 25
    only = train.arguments(["--films", "b", "--out", "c"])
    assert all(train.is_film_step(step, only) for step in range(5))
    with pytest.raises(SystemExit):
        train.arguments(["--out", "c"])
    assert "--films" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError, match="deep3d dataset"):
        films.film_batches([tmp_path], 1, ((64, 32),), (1,))
    (tmp_path / "broken-000000.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(ValueError, match="whole pair"):
        films.film_batches([tmp_path], 1, ((64, 32),), (1,))
    moved = on_device((torch.ones(1), [torch.zeros(1)], "text"), torch.device("cpu"))
    assert moved[2] == "text" and moved[1][0].item() == 0
    assert Processes(0, 1, torch.device("cpu"), False).mean([1.0]) == [1.0]
