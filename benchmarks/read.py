"""Reading against the readers there are, and against a C program that does no more than it must.

Run it by hand on a quiet machine with Linux: ``python benchmarks/read.py FOLDER [KIND...]``; the
logs are made in FOLDER. Every reading is a process of its own, and the readers take turns, so that
a slow moment hits them all; slow ones take part in every third round only. Imports are not counted.
Ratios are medians over rounds, with their range. Each side is checked to have read as much.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import logs

ROUNDS = int(os.environ.get("ROUNDS", "9"))
SLOW_EVERY = 3
OURS = "tbreport"
Reading = dict[str, Any]  # wall and cpu in seconds, rss in MB, count of values, their total


def tbreport(folder: str) -> Iterator[Any]:
    from tbreport.read.logdir import read_logs

    yield
    read = read_logs(folder, media_steps=1 << 30)  # all, as the others are told to
    yield
    series = [one for run in read.runs for one in run.scalars.values()]
    drawn = [one for run in read.runs for one in run.histograms.values()]
    images = [one for run in read.runs for one in run.images.values()]
    total = sum(float(one.values.sum()) for one in series)
    total += sum(float(counts[-1]) for one in drawn for counts in one.counts)
    yield sum(len(one.steps) for one in [*series, *drawn, *images]), total


def event_accumulator(folder: str) -> Iterator[Any]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    kinds = ("scalars", "tensors", "histograms", "images")
    yield
    accumulators = []
    for run in runs(folder):
        accumulator = EventAccumulator(str(run), size_guidance=dict.fromkeys(kinds, 0))
        accumulators.append(accumulator.Reload())
    yield
    count, total = 0, 0.0
    for accumulator in accumulators:
        for kind in kinds:
            for tag in accumulator.Tags()[kind]:
                values = getattr(accumulator, kind.capitalize())(tag)
                count += len(values)
                if kind == "scalars":
                    total += sum(value.value for value in values)
                elif kind == "tensors":
                    total += sum(make_ndarray(value.tensor_proto).flat[-1] for value in values)
                elif kind == "histograms":
                    total += sum(value.histogram_value.bucket[-1] for value in values)
    yield count, float(total)


def tbparse(folder: str) -> Iterator[Any]:
    from tbparse import SummaryReader

    yield
    reader = SummaryReader(folder, extra_columns={"dir_name"})
    frames = [reader.scalars, reader.histograms]
    yield
    total = float(frames[0].value.sum()) if len(frames[0]) else None
    yield sum(map(len, frames)), total


def raw_loader(folder: str) -> Iterator[Any]:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

    yield
    records = 0
    for run in runs(folder):
        for path in run.iterdir():
            records += sum(1 for _ in RawEventFileLoader(str(path)).Load())
    yield
    yield records, None


def runs(folder: str) -> list[Path]:
    return sorted({path.parent for path in Path(folder).rglob("*tfevents*")})


READERS = {
    OURS: (tbreport, "tbreport"),
    "EventAccumulator": (event_accumulator, "tensorboard"),
    "tbparse": (tbparse, "tbparse"),
    "RawEventFileLoader": (raw_loader, "tensorboard"),
}
SLOW = ("EventAccumulator", "tbparse", "RawEventFileLoader")


def read_here(reader: str, folder: str) -> None:
    """Read in this process and print what it took."""
    steps = READERS[reader][0](folder)
    next(steps)
    cpu, wall = time.process_time(), time.perf_counter()
    next(steps)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rss = peak_memory("self")
    count, total = next(steps)
    print(json.dumps({"wall": wall, "cpu": cpu, "rss": rss, "count": count, "total": total}))


def peak_memory(process: int | str) -> float:
    """In MB; ``ru_maxrss`` would count the parent that forked the process too."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def in_python(reader: str, folder: Path) -> Reading:
    command = [sys.executable, __file__, "--one", reader, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    reading: Reading = json.loads(done.stdout.splitlines()[-1])
    return reading


def in_c(program: Path, folder: Path) -> Reading:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    paths = sorted(map(str, folder.rglob("*tfevents*")))
    done = subprocess.run([program, *paths], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall, count, total = done.stdout.split()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": float(wall), "cpu": cpu, "rss": 0, "count": int(count), "total": float(total)}


def in_rustboard(folder: Path, *flags: str) -> Reading:
    """From the start of the process to the line that says that all is loaded."""
    import tensorboard_data_server

    keep = ",".join(f"{kind}=all" for kind in ("scalars", "tensors", "histograms", "images"))
    options = ["--reload", "once", "--port", "0", "--verbose", "--samples-per-plugin", keep]
    binary = tensorboard_data_server.server_binary()
    command = [binary, "--logdir", str(folder), *options, *flags]
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=quiet, text=True)
    try:
        port = ""
        for line in server.stderr or ():
            port = port or "".join(re.findall(r"listening on .*:(\d+)", line))
            if "Finished load cycle" in line:
                break
        wall = time.perf_counter() - start
        ticks = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        rss = peak_memory(server.pid)
        cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return {"wall": wall, "cpu": cpu, "rss": rss, "count": served(port), "total": None}
    finally:
        server.kill()
        server.wait()


def served(port: str) -> int:
    """How many values the server has."""
    import grpc
    from tensorboard.data.proto import data_provider_pb2 as messages
    from tensorboard.data.proto.data_provider_pb2_grpc import TensorBoardDataProviderStub

    options = [("grpc.max_receive_message_length", 1 << 30)]
    channel = grpc.insecure_channel(f"localhost:{port}", options)
    stub = TensorBoardDataProviderStub(channel)
    count = 0
    for plugin, name in (
        ("scalars", "Scalars"),
        ("histograms", "Tensors"),
        ("images", "BlobSequences"),
    ):
        request = getattr(messages, f"Read{name}Request")(
            plugin_filter=messages.PluginFilter(plugin_name=plugin),
            downsample=messages.Downsample(num_points=1 << 30),
        )
        response = getattr(stub, f"Read{name}")(request)
        count += sum(len(tag.data.step) for run in response.runs for tag in run.tags)
    return count


def contestants(program: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if program:
        found["C scan"] = lambda folder: in_c(program, folder)
    if importlib.util.find_spec("tensorboard_data_server"):
        found["RustBoard"] = in_rustboard
        found["RustBoard --checksum"] = lambda folder: in_rustboard(folder, "--checksum")
    for name, (_, package) in READERS.items():
        if importlib.util.find_spec(package):
            found[name] = lambda folder, name=name: in_python(name, folder)
    return found


def compiled(folder: str) -> Path | None:
    compiler = shutil.which("gcc")
    if not compiler:
        return None
    program = Path(folder, "scan")
    source = Path(__file__).with_name("scan.c")
    subprocess.run([compiler, "-O3", "-march=native", source, "-o", program], check=True)
    return program


def compare(folder: Path, sides: dict[str, Any]) -> None:
    """Let all sides take turns and print a table."""
    readings: dict[str, list[Reading]] = {name: [] for name in sides}
    rounds: dict[str, list[int]] = {name: [] for name in sides}
    for turn in range(ROUNDS):
        for name, read in sides.items():
            if name not in SLOW or turn % SLOW_EVERY == 0:
                readings[name].append(read(folder))
                rounds[name].append(turn)
    ours = readings[OURS]
    print(f"\n| {folder.name} | wall s | CPU s | MB | wall, x ours |\n|---|---|---|---|---|")
    for name, found in readings.items():
        wall, cpu, rss = (
            statistics.median(one[key] for one in found) for key in ("wall", "cpu", "rss")
        )
        ratios = [
            one["wall"] / ours[turn]["wall"] for one, turn in zip(found, rounds[name], strict=True)
        ]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        said = difference(found[0], ours[0])
        print(f"| {name} | {wall:.3f} | {cpu:.3f} | {rss:.0f} | {spread}{said} |")


def difference(reading: Reading, ours: Reading) -> str:
    """What to say if a side has read something else than we have."""
    count, total = reading["count"], reading["total"]
    said = "" if count == ours["count"] else f"; {count} values, not {ours['count']}"
    if total is not None and abs(total - ours["total"]) > 1e-9 * abs(ours["total"]) + 1e-6:
        said += f"; sum {total}, not {ours['total']}"
    return said


def main() -> None:
    if sys.argv[1] == "--one":
        read_here(*sys.argv[2:])
        return
    with tempfile.TemporaryDirectory() as folder:
        sides = contestants(compiled(folder))
        missing = {"C scan", "RustBoard", *READERS} - set(sides)
        print("missing, so left out:", ", ".join(sorted(missing)) or "none")
        for kind in sys.argv[2:] or logs.KINDS:
            compare(logs.make(Path(sys.argv[1]), kind), sides)


if __name__ == "__main__":
    main()
