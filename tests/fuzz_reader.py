"""Fuzzes the reader with atheris: python tests/fuzz_reader.py -max_total_time=60.

Whatever the bytes are, reading them ends, raises nothing, says where each byte went and gives the
same whether records are taken one by one or in bulk. Give it -rss_limit_mb=8000 too: atheris itself
grows with each run.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(include=["tbreport"]):
    from tbreport.model import Run
    from tbreport.read.logdir import read_logs

from tests import writer

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
PAYLOADS = [
    writer.event(file_version=b"brain.Event:2"),
    writer.event(1, writer.scalar("loss", 0.5)),
    writer.event(2, writer.tf2_scalar("acc", 0.5)),
    writer.event(3, writer.histogram("h", [1.0, 2.0], [3.0, 4.0])),
    writer.event(4, writer.image("im", writer.png(2, 2))),
    writer.event(5, writer.text("note", [b"words"])),
    writer.session(writer.START, 3),
]


def one_input(data: bytes) -> None:
    """Read a log made of the bytes: as they are, framed, and between right records."""
    how = data[0] % 3 if data else 0
    rest = data[1:]
    if how == 1:
        rest = b"".join(writer.frame(part) for part in rest.split(b"\xfe\xff"))
    elif how == 2:
        seed = random.Random(len(rest))
        parts = [writer.frame(seed.choice(PAYLOADS)) for _ in range(4)]
        rest = rest.join(parts)
    writer.write_bytes(FOLDER / "run", rest)
    (quick,) = read_logs(FOLDER).runs
    (plain,) = read_logs(FOLDER, plain=True).runs
    assert quick.gaps == plain.gaps
    assert quick.files == plain.files or "nan" in repr(quick.files)
    for kind in ("scalars", "histograms", "images", "audio", "texts", "tensors"):
        assert steps_of(quick, kind) == steps_of(plain, kind)


def steps_of(run: Run, kind: str) -> dict[str, list[int]]:
    """The steps of each series of one kind."""
    return {tag: series.steps.tolist() for tag, series in getattr(run, kind).items()}


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
