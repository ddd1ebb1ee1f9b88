"""The script that made the sample logs beside it, from real trainings on scikit-learn's digits.

``python sample_logs/make.py`` trains every run anew and then replaces the run directories.
README.md says what each run holds. Needs torch, tensorboard, tensorflow and scikit-learn.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its order of summation depends on the processor

import sweep
import tf1_mlp
import torch
from digits import read_digits
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = Path(__file__).resolve().parent
START = 1767225600.0  # seconds: the first event of all is dated 2026-01-01 00:00 UTC


def read_events(folder: Path) -> list[list[Event]]:
    """The events of each event file of one run, the file that was begun first coming first."""
    files = [list(LegacyEventFileLoader(str(path)).Load()) for path in folder.glob("*tfevents*")]
    return sorted(files, key=lambda events: events[0].wall_time)


def publish(scratch: Path, target: Path) -> None:
    """Copy the runs, their event files under names that tell no host and with shifted clocks.

    Writers put the host name and the process id into a file's name. The events keep their order
    and their distances in time; only the origin is moved, so that no log is dated in the future.
    """
    runs = {Path(folder): read_events(Path(folder)) for folder, _, _ in os.walk(scratch)}
    shift = START - min(file[0].wall_time for files in runs.values() for file in files)
    for folder, files in runs.items():
        place = target / folder.relative_to(scratch)
        place.mkdir(parents=True, exist_ok=True)
        for index, events in enumerate(files):
            with (place / f"events.out.tfevents.{START:.0f}.sample.{index}").open("wb") as stream:
                writer = RecordWriter(stream)
                for event in events:
                    event.wall_time += shift
                    writer.write(event.SerializeToString())
        for path in folder.iterdir():
            if path.is_file() and "tfevents" not in path.name:
                shutil.copyfile(path, place / path.name)


def main() -> None:
    """Train every run in a scratch folder, then put the runs where the old ones were."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    digits = read_digits()
    with tempfile.TemporaryDirectory() as scratch:
        for config in sweep.SWEEP:
            sweep.train(config, digits, Path(scratch, config.name))
        tf1_mlp.train(digits, Path(scratch, "tf1_mlp"))
        for run in os.listdir(scratch):
            shutil.rmtree(HERE / run, ignore_errors=True)
        publish(Path(scratch), HERE)


if __name__ == "__main__":
    main()
