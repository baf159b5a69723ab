"""Test of the original network's graph, against the published values of its specification, and of its training."""
import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parent))

import export
import model_2016
import selection
import train
import vgg
from test_films import folder  # noqa: F401 (a fixture)


def he(inputs):
    return np.float32(np.sqrt(6 / inputs))


def bound(name, shape):
    """Middle and half width of the made-up values of a parameter of the original's file."""
    layer, part = name.rsplit("_", 1)
    if name.startswith("bn_"):
        return {"gamma": (1, 0.25), "beta": (0, 0.25), "mean": (60, 40), "var": (0.010, 0.004)}[part]
    if part == "bias":
        return 0, 4.0 if layer.startswith("conv") and layer != "convolution0" else 0.25
    if layer.startswith("deconv"):
        return 0, he(33 * (1 if shape[2] == 1 else 4))
    if layer in ("fc6", "fc7", "pred5"):
        return 0, he(shape[1]) / (64 if layer == "fc6" else 1)
    return 0, he(9 * shape[1])


@pytest.fixture(scope="module")
def made_up():
    """The network with made-up weights that any language can make (export.generated)."""
    network = model_2016.Deep3d2016().eval()
    state = network.state_dict()
    for name, tensor in model_2016.exported(network).items():
        original = name.replace("moving_var", "moving_inv_var")
        middle, half = bound(original, tensor.shape)
        values = middle + (2 * export.generated(original, tensor.size).astype(np.float32) - 1) * np.float32(half)
        values = torch.from_numpy(np.asarray(values, np.float32).reshape(tensor.shape))
        layer, part = name.split("_moving_")[0], name.rsplit("_moving_")[-1]
        if name.endswith("moving_var"):
            state[f"{layer}.running_var"] = 1 / values.double() ** 2 - model_2016.EPSILON
        elif part == "mean":
            state[f"{layer}.running_mean"] = values
        else:
            layer, part = name.rsplit("_", 1)
            state[f"{layer}.{ {'gamma': 'weight', 'beta': 'bias'}.get(part, part)}"] = values
    network.load_state_dict(state)
    return network


def test_the_graph_is_the_original_to_the_digit(made_up):
    picture = export.generated_picture(384, 160).astype(np.float32)
    left = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous()
    with torch.no_grad():
        logits = made_up(left)
        right = selection.right_view(left, logits, planes=model_2016.PLANE_PARALLAX, dropped=model_2016.DROPPED)
    flat = logits.double().flatten()
    assert flat[0].item() == pytest.approx(0.8808978, abs=1e-4) and flat[-1].item() == pytest.approx(1.6709245, abs=1e-4)
    assert flat.abs().sum().item() == pytest.approx(12438926.8, rel=1e-5)
    assert ((torch.arange(flat.numel()) % 251) * flat).sum().item() == pytest.approx(-155424976, rel=1e-4)
    made = right.double().flatten()
    assert [made[0].item(), made[-1].item()] == pytest.approx([52.15464, 181.61821], abs=0.01)
    assert made.sum().item() == pytest.approx(18966186.8, rel=1e-5)
    # The network's own input is the same picture in R, G, B of 0..1.
    again = model_2016.normalise(left.flip(1) / 255)
    assert torch.allclose(again, left, atol=1e-4)
    with pytest.raises(ValueError, match="384×160"):
        made_up(left[..., :192])


def test_it_learns_from_pairs(folder, tmp_path, monkeypatch):  # noqa: F811
    # A trunk for pictures less their mean, as VGG's is: the mean goes into the first bias.
    torch.manual_seed(2)
    trunk = {f"{name}.{part}": getattr(getattr(model_2016.Deep3d2016(), name), part).detach()
             for group in model_2016.TRUNK for name, _ in group for part in ("weight", "bias")}
    save_file({name: tensor.numpy() for name, tensor in trunk.items()}, tmp_path / "trunk.safetensors")
    network = model_2016.Deep3d2016()
    model_2016.load_trunk(network, trunk)
    picture = torch.rand(1, 3, 8, 8) * 255
    less = picture - torch.tensor(model_2016.VGG_MEAN)[None, :, None, None]
    expected = torch.nn.functional.conv2d(less, trunk["conv1_1.weight"], trunk["conv1_1.bias"])
    found = torch.nn.functional.conv2d(picture, network.conv1_1.weight, network.conv1_1.bias)
    assert torch.allclose(found, expected, atol=1e-3)

    options = train.arguments(["--network", "deep3d-2016", "--films", str(folder), "--out", str(tmp_path / "run"), "--steps", "6",
                               "--batch", "2", "--rate", "1e-3", "--threads", "2", "--workers", "0",
                               "--trunk", str(tmp_path / "trunk.safetensors")])
    views, keep = [], train.Log.note
    train.Log.note = lambda log, terms: (views.append(terms["view"].item()), keep(log, terms))
    try:
        train.train(options)
    finally:
        train.Log.note = keep
    assert np.mean(views[-2:]) < 0.85 * np.mean(views[:2]), views
    with open(tmp_path / "run" / "log.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["6"]
    # What is exported has the names and shapes of the original's file.
    file = tmp_path / "deep3d-2016.safetensors"
    monkeypatch.setattr(sys, "argv", ["export.py", str(tmp_path / "run" / "step-6.pt"), "--out", str(file)])
    export.main()
    with safe_open(file, "numpy") as opened:
        assert opened.metadata()["network"] == "deep3d-2016" and len(json.loads(opened.metadata()["planes"])) == 33
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}
    assert len(tensors) == 60 and sum(tensor.size for tensor in tensors.values()) == 28_026_705
    assert {name for name in tensors if name.startswith("bn_pool1")} == {
        f"bn_pool1_{part}" for part in ("gamma", "beta", "moving_mean", "moving_var")}


def test_vgg_is_found_by_its_layers():
    layers = [(f"model/block{b}_conv{c}_1/{what}", np.zeros(shape, np.float32))
              for b, many in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3)) for c in range(1, many + 1)
              for what, shape in (("ReadVariableOp:0", (2, 2, 3, 3)), ("Squeeze:0", (2,)))]
    assert set(vgg.trunk(layers)) == {f"{name}.{part}" for group in model_2016.TRUNK for name, _ in group
                                      for part in ("weight", "bias")}
    with pytest.raises(ValueError, match="conv1_1.weight"):
        vgg.trunk(layers[1:])


def test_labels_are_not_for_it(capsys):
    with pytest.raises(SystemExit):
        train.arguments(["--network", "deep3d-2016", "--data", "a", "--films", "b", "--out", "c"])
    assert "labels" in capsys.readouterr().err
