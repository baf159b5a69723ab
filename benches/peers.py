"""The network alone, this program's engine beside other runtimes on the same machine: `./x bench-peers`.

All get the same weights and the same picture. Outputs are compared first; a runtime whose output differs is named and not timed. Then they take turns,
frame by frame, so that whatever else the machine does hits all of them alike; medians and their ratios are of one run. Between turns all rest, as threads of
some go on spinning for a while after theirs.
"""
import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "train"))

import model_2016
from export import Folded
from model_2016 import Deep3d2016

THREADS = os.cpu_count() or 1
OURS = "deep3d (this program)"
# Greatest difference of a share of the softmax (0..1) from PyTorch's in double precision; all runtimes compute in single precision.
TOLERANCE = 2e-4
# The specification's bound for the right view of the original, in 255ths.
VIEW_TOLERANCE = 0.01
NETWORKS = ("deep3d", "deep3d-2016")
# Seconds before each turn: threads of OpenMP spin for up to 0.2.
REST = 0.3


class WithSoftmax(torch.nn.Module):
    """Picture to chances of the planes, as every runtime here gives them."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return torch.softmax(self.network(x), 1)


def original(tensors):
    """The original network from a file in its names; `moving_inv_var` becomes the variance it stands for."""
    network = Deep3d2016().eval().double()
    state = network.state_dict()
    renamed = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_inv_var": "running_var"}
    for name, tensor in tensors.items():
        part = next(part for part in (*renamed, "weight", "bias") if name.endswith(f"_{part}"))
        values = torch.from_numpy(np.asarray(tensor, np.float64))
        if part == "moving_inv_var":
            values = 1 / values**2 - model_2016.EPSILON
        state[f"{name.removesuffix(f'_{part}')}.{renamed.get(part, part)}"] = values
    network.load_state_dict(state)
    return network


def selected(shares, picture):
    """The right view (3×H×W, 0..255) from the planes' shares (33×H×W) and the left one: plane k shifts by k − 16 pixels, plane 0 makes none."""
    width = picture.shape[2]
    view = np.zeros(picture.shape)
    for plane in range(1, 33):
        columns = np.clip(np.arange(width) - (plane - 16), 0, width - 1)
        view += shares[plane] * picture[:, :, columns]
    return view


class Ours:
    """This program, in a process of its own that makes one picture for each line it is sent."""

    def __init__(self, program, network, size, folder):
        command = [*program, str(folder), network, *map(str, size)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.device = self.process.stdout.readline().strip()
        if not self.device:
            raise RuntimeError("this program's benchmark did not start (see above)")

    def run(self):
        print("run", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer:
    """A runtime as a function from nothing to the output, timed from outside."""

    def __init__(self, infer):
        self.infer = infer

    def run(self):
        start = time.perf_counter()
        self.infer()
        return time.perf_counter() - start


def with_torch(network, picture, folder):
    picture = torch.from_numpy(picture)[None]
    network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, picture)))

    def infer():
        with torch.inference_mode():
            return network(picture)[0].numpy()
    return infer


def with_onnx(network, picture, folder):
    import onnxruntime
    file = folder / "network.onnx"
    torch.onnx.export(network, torch.from_numpy(picture)[None], str(file), input_names=["picture"], dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"picture": picture[None]})[0][0]


def with_ncnn(vulkan):
    def make(network, picture, folder):
        import ncnn
        import pnnx
        stem = folder / "ncnn"
        if not stem.with_suffix(".ncnn.param").exists():
            pnnx.export(network, str(stem.with_suffix(".pt")), torch.from_numpy(picture)[None], fp16=False)
        net = ncnn.Net()
        net.opt.use_vulkan_compute = vulkan
        net.opt.num_threads = THREADS
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
            setattr(net.opt, name, False)
        if net.load_param(str(stem.with_suffix(".ncnn.param"))) or net.load_model(str(stem.with_suffix(".ncnn.bin"))):
            raise RuntimeError("ncnn does not take what pnnx made")
        source = ncnn.Mat(picture)

        def infer():
            with net.create_extractor() as extractor:
                extractor.input("in0", source)
                return np.array(extractor.extract("out0")[1])
        return infer
    return make


PEERS = {
    "ncnn, Vulkan": with_ncnn(True),
    "ncnn, CPU": with_ncnn(False),
    "ONNX Runtime, CPU": with_onnx,
    "PyTorch, CPU": with_torch,
}


@contextlib.contextmanager
def talk_into(file):
    """What the runtimes and their converters (also their processes) say goes into a file meanwhile."""
    sys.stdout.flush()
    kept = [os.dup(stream) for stream in (1, 2)]
    with open(file, "wb") as sink:
        try:
            for stream in (1, 2):
                os.dup2(sink.fileno(), stream)
            yield
        finally:
            sys.stdout.flush()
            for stream, old in enumerate(kept, 1):
                os.dup2(old, stream)
                os.close(old)


def measure(program, name, size, rounds, folder):
    """Prints one network's table. Whether every runtime ran and agreed."""
    ours = Ours(program, name, size, folder)
    with safe_open(folder / "weights.safetensors", "numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    double = WithSoftmax(Folded(tensors) if name == "deep3d" else original(tensors)).eval()
    picture = np.fromfile(folder / "input.f32", np.float32).reshape(3, size[1], size[0])
    with torch.inference_mode():
        truth = double(torch.from_numpy(picture.astype(np.float64))[None])[0].numpy()
    output = np.fromfile(folder / "output.f32", np.float32).reshape(truth.shape)
    agreed = agrees(OURS, output, truth)
    if name == "deep3d-2016":
        eye = np.fromfile(folder / "eye.f32", np.float32).reshape(picture.shape)
        difference = float(np.abs(eye - selected(truth, picture)).max())
        agreed &= difference <= VIEW_TOLERANCE
        print(f"  its right view: {difference:.5f} of 255 from double precision, {VIEW_TOLERANCE} allowed")
    network = double.float()
    runners = {OURS: ours}
    for peer, make in PEERS.items():
        try:
            with talk_into(folder / "talk.txt"):
                infer = make(network, picture, folder)
                values = infer()
        except Exception as error:  # A peer that does not run here is told of and left out.
            print((folder / "talk.txt").read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
            print(f"  {peer}: does not run here: {error}")
            agreed = False
            continue
        if agrees(peer, values, truth):
            runners[peer] = Peer(infer)
        else:
            agreed = False
    times = {runner: [] for runner in runners}
    for turn in range(-2, rounds):  # The first two turns warm everything up.
        for runner in runners:
            time.sleep(REST)
            seconds = runners[runner].run()
            if turn >= 0:
                times[runner].append(seconds)
    ours.close()
    base = statistics.median(times[OURS])
    print(f"\n  {name}, {size[0]}×{size[1]}, single precision, {rounds} turns, {THREADS} threads; Vulkan device: {ours.device}")
    print(f"  {'runtime':24} {'median ms':>10} {'least ms':>10} {'median ÷ ours':>14}")
    for runner, seconds in times.items():
        median = statistics.median(seconds)
        print(f"  {runner:24} {median * 1e3:10.1f} {min(seconds) * 1e3:10.1f} {median / base:14.2f}")
    print(flush=True)
    return agreed


def agrees(name, values, truth):
    """Whether an output is close enough to double precision; says so."""
    if values.shape != truth.shape:
        print(f"  {name}: output of shape {values.shape}, not {truth.shape}")
        return False
    difference = float(np.abs(values - truth).max())
    close = difference <= TOLERANCE  # Not so for a number that is none.
    print(f"  {name}: softmax within {difference:.2e} of double precision{'' if close else f', more than {TOLERANCE}: NOT timed'}")
    return close


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, nargs="+", help="the compiled benches/network.rs")
    parser.add_argument("--rounds", type=int, default=11, help="turns that are counted (at least 9)")
    parser.add_argument("--network", choices=NETWORKS, action="append", help="only this one")
    parser.add_argument("--size", type=int, nargs=2, default=(384, 160), metavar=("WIDTH", "HEIGHT"), help="of deep3d's input")
    arguments = parser.parse_args()
    if arguments.rounds < 9:
        parser.error("a median of fewer than 9 says little")
    torch.set_num_threads(THREADS)
    agreed = True
    for name in arguments.network or NETWORKS:
        with tempfile.TemporaryDirectory(prefix="deep3d-peers-") as folder:
            print(f"{name}:")
            size = tuple(arguments.size) if name == "deep3d" else model_2016.SIZE
            agreed &= measure(arguments.program, name, size, arguments.rounds, Path(folder))
    if not agreed:
        sys.exit("Not every runtime ran and agreed; see above.")


if __name__ == "__main__":
    main()
