"""Makes a film of known cuts, dissolves and flashes out of films at hand, to measure how cuts are found (docs/comfort.md).

    python3 make_cuts.py bbb.webm:11.75,15.67,22.96 dog.mp4 … -o film.mkv

After a colon stand a film's own cuts in seconds, so that every shot is one shot. Each piece is a part of a shot, seen through a frame of its own that
may stand, pan and be mirrored: two pieces of one shot are then as a wide shot and a close-up of the same place. Writes FILM and FILM's name with
`.cuts.csv`: lines `frame,kind,frames` with the kinds cut, dissolve (its first mixed frame and how many) and flash. Needs NumPy and FFmpeg.
"""

import argparse
import csv
import subprocess
from pathlib import Path

import numpy as np

SIZE = (480, 270)
RATE = 24


def read(path, seconds):
    """A film's frames, SIZE, RGB, RATE a second."""
    width, height = SIZE
    command = ["ffmpeg", "-loglevel", "error", "-i", path, "-t", str(seconds), "-r", str(RATE), "-vf", f"scale={width}:{height}"]
    raw = subprocess.run(command + ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def shots(argument, seconds):
    """The shots of a film named on the command line, without the two frames at each end of one."""
    path, _, cuts = argument.partition(":")
    frames = read(path, seconds)
    bounds = [0] + [round(float(cut) * RATE) for cut in cuts.split(",") if cut] + [len(frames)]
    return [frames[first + 2 : last - 2] for first, last in zip(bounds, bounds[1:]) if last - first > 20]


def piece(shot, length, random):
    """`length` frames of a shot, seen through a frame that pans."""
    width, height = SIZE
    begin = random.integers(0, max(1, len(shot) - length))
    share = random.uniform(0.5, 1.0)
    size = np.array([height * share, width * share])
    room = np.array([height, width]) - size
    at = random.uniform(0, 1, 2) * room
    # Up to 2.5 % of the width a frame; half of the pieces stand.
    speed = random.uniform(-1, 1, 2) * width * share * np.array([0.006, 0.025]) * random.integers(0, 2)
    mirrored = random.integers(0, 2)
    result = []
    for index in range(length):
        frame = shot[min(begin + index, len(shot) - 1)]
        y, x = np.clip(at + speed * index, 0, room)
        rows = (y + (np.arange(height) + 0.5) * share).astype(int).clip(0, height - 1)
        columns = (x + (np.arange(width) + 0.5) * share).astype(int).clip(0, width - 1)
        picture = frame[rows[:, None], columns[None]]
        result.append(picture[:, ::-1] if mirrored else picture)
    return np.stack(result).astype(np.float32)


def flash(frames, at, length, random):
    """A flash of light over `length` frames, brightest first."""
    strength = random.uniform(0.5, 1.0)
    for index in range(length):
        light = strength * (1 - index / (length + 1))
        frames[at + index] = frames[at + index] * (1 - light * 0.6) + 255 * light


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("films", nargs="+", metavar="FILM[:SECONDS,…]")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--dissolves", type=int, default=20)
    parser.add_argument("--flashes", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30, help="of each film")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    all_shots = [shot for film in options.films for shot in shots(film, options.seconds)]
    kinds = ["cut"] * options.cuts + ["dissolve"] * options.dissolves + ["flash"] * options.flashes
    random.shuffle(kinds)

    def some_piece():
        shot = all_shots[random.integers(len(all_shots))]
        return piece(shot, min(int(random.integers(24, 60)), len(shot)), random)

    film, truth = [some_piece()], []
    for kind in kinds:
        written = sum(map(len, film))
        if kind == "cut":
            truth.append((written, kind, 0))
            film.append(some_piece())
        elif kind == "dissolve":
            following, length = some_piece(), int(random.integers(6, 30))
            before = film.pop()
            length = min(length, len(before) - 8, len(following) - 8)
            share = ((np.arange(length) + 1) / (length + 1))[:, None, None, None]
            mixed = before[len(before) - length :] * (1 - share) + following[:length] * share
            truth.append((written - length, kind, length))
            film += [before[: len(before) - length], mixed.astype(np.float32), following[length:]]
        else:
            # The last piece may be what a dissolve has left over.
            frames, length = film[-1], int(random.integers(1, 4))
            if len(frames) < 12:
                film.append(piece(all_shots[0], 24, random))
                truth.append((written, "cut", 0))
                written, frames = written + 24, film[-1]
            at = int(random.integers(4, len(frames) - 7))
            flash(frames, at, length, random)
            truth.append((written - len(frames) + at, kind, length))
    frames = np.concatenate(film).clip(0, 255).astype(np.uint8)
    width, height = SIZE
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(RATE), "-i", "-"]
    coding = ["-c:v", "libx264", "-crf", "20", "-preset", "veryfast", "-pix_fmt", "yuv420p", str(options.output)]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *raw, *coding], input=frames.tobytes(), check=True)
    with options.output.with_suffix(".cuts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "kind", "frames"])
        writer.writerows(sorted(truth))
    counts = {kind: sum(1 for _, known, _ in truth if known == kind) for kind in ("cut", "dissolve", "flash")}
    print(f"{len(frames)} frames: {counts}")


if __name__ == "__main__":
    main()
