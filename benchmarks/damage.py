"""What readers make of damaged event files: python benchmarks/damage.py [COUNT] [SEED] [PYTHON].

Damages a known file COUNT times (300) at random and adds a few records made to hurt, then lets
every reader read all of it in processes of their own: tbreport, TensorBoard's EventFileLoader and
its EventAccumulator, its data server, and tbparse. PYTHON is an interpreter that has
tensorboard, tensorboard-data-server and tbparse; readers that it does not have are left out.

A point is intact if its record stands whole in the file, both checksums right; invented, if its tag
or step was never written; wrong, if its value was not. A reader that says nothing for a minute
hangs, and one that ends before it has read everything has crashed.
"""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PATIENCE = 60  # seconds without a word
MEMORY = 4 << 30  # bytes that a reader may ask for
STEPS = 120
HURTFUL_STEP = STEPS + 1  # of records that hurt; who reads them may show them
SERVED = 30  # damaged files that the data server reads
READERS = {
    "tbreport": "tbreport",
    "EventFileLoader": "tensorboard, file by file",
    "EventAccumulator": "tensorboard --load_fast=false",
    "data server": "tensorboard --load_fast=true",
    "tbparse": "tbparse",
}

Points = list[tuple[str, int, float]]


def written() -> list[tuple[bytes, tuple[str, int, float] | None]]:
    """The records of the file, framed, and the point that each holds."""
    import numpy as np

    from tests import writer

    records: list[tuple[bytes, tuple[str, int, float] | None]] = []
    version = writer.event(file_version=b"brain.Event:2")
    records.append((writer.frame(version), None))
    for step in range(STEPS):
        for tag, number in (("loss", 1 / (step + 1)), ("accuracy", step / STEPS)):
            value = float(np.float32(number))
            payload = writer.event(step, writer.scalar(tag, value))
            records.append((writer.frame(payload), (tag, step, value)))
        if step % 10 == 0:
            picture = random.Random(step).randbytes(20_000)
            payload = writer.event(step, writer.image("image", picture))
            records.append((writer.frame(payload), None))
    return records


def hurtful(records: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Files with one record in the middle that is whole, and wrong all the same."""
    from tests import writer

    middle = len(records) // 2
    payload = writer.event(HURTFUL_STEP, writer.scalar("loss", 1.0))
    odd = {
        "claims-1-TiB": writer.frame(payload, length=1 << 40),
        "claims-2-to-64": writer.frame(payload, length=2**64 - 1),
        "no-event": writer.frame(random.Random(0).randbytes(60)),
        "nested": writer.frame(b"\xfb\x01" * 100_000),
        "tag-no-utf-8": writer.frame(payload.replace(b"loss", b"\xff\xfe\x80X")),
        "graph-no-graph": writer.frame(writer.event(meta_graph_def=b"\xff\xff garbage")),
    }
    for name, record in odd.items():
        yield name, b"".join([*records[:middle], record, *records[middle:]])


def make(folder: Path, count: int, seed: int) -> dict[str, list[list[object]]]:
    """Write the cases into ``folder``; gives the intact points of each."""
    from tests import writer
    from tests.strategies import KINDS, Damage

    records = written()
    framed = [record for record, _ in records]
    whole = b"".join(framed)
    draw = random.Random(seed)
    cases = {}
    for number in range(count):
        data = whole
        for _ in range(draw.choice([1, 1, 2, 10])):
            size = draw.choice([1, 8, 512, 3000])
            damage = Damage(draw.choice(KINDS), draw.random(), size, draw.randbytes(size))
            data = damage.apply(data)
        cases[f"random-{number:05}"] = data
    cases |= dict(hurtful(framed))
    truth = {}
    for name, data in cases.items():
        writer.write_bytes(folder / name / "run", data)
        truth[name] = [list(point) for record, point in records if point and record in data]
    return truth


def read_with(reader: str, folder: Path) -> Points:
    """The scalars that ``reader`` finds in one case. Runs in a process of its own."""
    if reader == "tbreport":
        from tbreport.read.logdir import read_logs

        return [
            (tag, int(step), float(value))
            for run in read_logs(folder).runs
            for tag, series in run.scalars.items()
            for step, value in zip(series.steps, series.values, strict=True)
        ]
    if reader == "EventFileLoader":
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

        (path,) = folder.glob("run/*")
        return [
            (value.tag, event.step, value.simple_value)
            for event in LegacyEventFileLoader(str(path)).Load()
            for value in event.summary.value
            if value.HasField("simple_value")
        ]
    if reader == "EventAccumulator":
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        accumulator = EventAccumulator(str(folder / "run"), size_guidance={"scalars": 0})
        accumulator.Reload()
        return [
            (tag, point.step, point.value)
            for tag in accumulator.Tags()["scalars"]
            for point in accumulator.Scalars(tag)
        ]
    if reader == "tbparse":
        from tbparse import SummaryReader

        table = SummaryReader(str(folder), event_types={"scalars"}).scalars
        if not len(table):
            return []
        return list(zip(table["tag"], table["step"].astype(int), table["value"], strict=True))
    return read_with_server(folder)


def read_with_server(folder: Path) -> Points:
    """The scalars that TensorBoard's data server finds when it has read all."""
    from tensorboard import context
    from tensorboard.data import server_ingester
    from tensorboard.util import grpc_util

    ingester = server_ingester.SubprocessServerDataIngester(
        server_binary=server_ingester.get_server_binary(),
        logdir=str(folder),
        reload_interval=1,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL,
        samples_per_plugin={"scalars": 1_000_000},
    )
    ingester.start()
    provider, ctx = ingester.data_provider, context.RequestContext()
    ask = {"experiment_id": "", "plugin_name": "scalars"}
    before: Points | None = None
    while True:
        time.sleep(1.5)
        found = provider.read_scalars(ctx, downsample=1_000_000, **ask)
        points = [
            (tag, point.step, point.value)
            for tags in found.values()
            for tag, points in tags.items()
            for point in points
        ]
        if points == before:
            return points
        before = points


def serve(reader: str, folder: Path, names: list[str]) -> None:
    """Read the cases and print each result; an error that is caught is one too."""
    import resource

    if reader != "data server":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    read_with_imports_done(reader)
    out.write("ready\n")
    out.flush()
    for name in names:
        try:
            points: Points | None = read_with(reader, folder / name)
        except Exception:
            points = None
        out.write(json.dumps([name, points]) + "\n")
        out.flush()
    os._exit(0)  # the data server's connection would keep it


def read_with_imports_done(reader: str) -> None:
    """Import what the reader needs, so that only reading is timed."""
    if reader == "tbreport":
        import tbreport.read.logdir  # noqa: F401
    elif reader == "tbparse":
        import tbparse  # noqa: F401
    else:
        import tensorboard.backend.event_processing.event_accumulator  # noqa: F401


def run(reader: str, python: str, folder: Path, names: list[str]) -> dict[str, object] | None:
    """All results of one reader: points by case ("crash" or "hang" where there are none)."""
    results: dict[str, object] = {}
    seconds = 0.0
    while len(results) < len(names):
        left = [name for name in names if name not in results]
        command = [python, __file__, "--serve", reader, str(folder), ",".join(left)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                return None
            begun = time.perf_counter()
            while True:
                ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
                line = process.stdout.readline() if ready else ""
                if not line:
                    break
                name, points = json.loads(line)
                results[name] = "crash" if points is None else points
            seconds += time.perf_counter() - begun
            process.kill()
        missing = [name for name in left if name not in results]
        if missing:
            results[missing[0]] = "crash" if ready else "hang"
    return {"results": results, "seconds": seconds}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    python = sys.argv[3] if len(sys.argv) > 3 else sys.executable
    known = {(tag, step): value for _, point in written() if point for tag, step, value in [point]}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        truth = make(folder, count, seed)
        total = sum(map(len, truth.values()))
        print(f"{len(truth)} files, seed {seed}, {total:,} intact points")
        print("| reader | intact | whole files | invented | wrong | crashes | hangs | ms a file |")
        print("|---|---|---|---|---|---|---|---|")
        for reader, what in READERS.items():
            own = sys.executable if reader == "tbreport" else python
            # The server takes seconds to settle, whatever it reads: a fair share of the files.
            names = (
                list(truth) if reader != "data server" else list(truth)[:30] + list(truth)[count:]
            )
            done = run(reader, own, folder, names)
            print(row(f"{reader} ({what})", done, truth, names, known), flush=True)


def row(
    title: str,
    done: dict[str, object] | None,
    truth: dict[str, list[list[object]]],
    names: list[str],
    known: dict[tuple[str, int], float],
) -> str:
    if done is None:
        return f"| {title} | not installed |"
    intact = whole = invented = wrong = 0
    results = done["results"]
    assert isinstance(results, dict)
    for name in names:
        points = results[name] if isinstance(results[name], list) else []
        found = {(tag, step): value for tag, step, value in points}
        right = sum(found.get((tag, step)) == value for tag, step, value in truth[name])
        intact += right
        whole += right == len(truth[name])
        found = {place: value for place, value in found.items() if place[1] != HURTFUL_STEP}
        invented += sum(place not in known for place in found)
        wrong += sum(place in known and value != known[place] for place, value in found.items())
    total = sum(len(truth[name]) for name in names)
    crashes, hangs = (
        sum(result == word for result in results.values()) for word in ("crash", "hang")
    )
    seconds = done["seconds"]
    assert isinstance(seconds, float)
    cells = (
        f"{intact / total:.2%}",
        f"{whole} of {len(names)}",
        *map(str, (invented, wrong, crashes, hangs)),
        f"{1000 * seconds / len(names):.1f}",
    )
    return f"| {title} | {' | '.join(cells)} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), sys.argv[4].split(","))
    else:
        main()
