"""Rules about time and about several runs: pace, early ends, duplicates, settings."""

import numpy as np
import pytest

from tbreport.model import HParams, Severity
from tests import make
from tests.rules.trainings import falling, only, reason, training

RNG = np.random.default_rng(0)


def timed(gaps, files=None, tag="loss"):
    walls = make.START + np.concatenate([[0.0], np.cumsum(gaps)])
    series = make.scalar_series(tag, falling(len(walls)), wall_times=walls)
    return make.run(".", None, series, files=files)


def test_steps_that_take_longer_and_longer_are_a_note():
    (one,) = only("slow-down", timed(np.linspace(10, 60, 100)))
    assert one.severity is Severity.NOTE and one.value > 2
    assert only("slow-down", timed(np.linspace(10, 15, 100))) == ()
    assert "too short" in reason("slow-down", timed(np.linspace(0.1, 0.6, 100)))
    assert "20 points" in reason("slow-down", timed([60.0] * 10))
    assert "order" in reason("slow-down", timed([60.0, -60.0] * 20))


def test_a_long_pause_is_a_note():
    (one,) = only("stall", timed([1.0] * 20 + [500.0] + [1.0] * 20))
    assert (one.value, one.step) == (500.0, 21)
    assert only("stall", timed([0.01] * 20 + [9.0] + [0.01] * 20)) == ()
    assert only("stall", timed([100.0] * 20 + [500.0])) == ()


def test_a_restart_is_no_pause():
    gaps = [1.0] * 20 + [500.0] + [1.0] * 20
    files = [make.event_file("a"), make.event_file("b", first_wall_time=make.START + 519)]
    assert only("stall", timed(gaps, files)) == ()


def family(lengths, hparams=None, tag="val_loss", values=falling):
    """Runs of one kind that end after so many steps; they start an hour after one another."""
    runs = []
    for place, length in enumerate(lengths):
        start = make.START + 3600 * place
        walls = start + np.arange(length, dtype=float)
        series = make.scalar_series(tag, values(length), wall_times=walls)
        file = make.event_file(
            f"lr{place}/e", first_wall_time=start, last_wall_time=float(walls[-1])
        )
        runs.append(make.run(f"lr{place}", None, series, files=[file], hparams=hparams))
    return runs


def test_a_run_that_ends_before_its_siblings_is_told():
    (one,) = only("stopped-early", *family([30, 100, 100, 100, 101]))
    assert (one.runs, one.step, one.severity) == (("lr0",), 29, Severity.WARNING)
    assert "reach 99" in one.message


@pytest.mark.parametrize(
    "runs",
    [
        family([80, 100, 100, 100]),
        family([30, 100, 100]),
        family([30, 50, 70, 100, 130]),
        family([100, 100, 100, 30]),
        family([30, 100, 100, 100], HParams({}, status="success")),
        family([30, 100, 100, 100], values=lambda length: np.r_[falling(length - 3), 1, 1, 1]),
        [*family([100, 100, 100]), training({"other": falling(9)}, name="lr9")],
        [*family([100, 100, 100]), training({"val_loss": falling(9)}, name="baseline", every=1)],
    ],
    ids=[
        "nearly there", "two siblings", "lengths vary", "still going", "ended well",
        "lost patience", "other tags", "other name",
    ],
)  # fmt: skip
def test_early_ends_that_are_no_alarm(runs):
    assert only("stopped-early", *runs) == ()


def test_runs_with_the_very_same_numbers_are_one():
    values = falling(20) + RNG.normal(0, 0.01, 20)
    runs = [training({"loss": values}, name=name) for name in ("a", "b", "c")]
    (one,) = only("duplicate-run", *runs, training({"loss": falling(20)}, name="d"))
    assert one.runs == ("a", "b", "c")
    assert one.message == "a, b and c hold identical series of loss."


@pytest.mark.parametrize(
    "scalars",
    [{"lr": falling(20)}, {"loss": [1.0] * 20}, {"loss": falling(4)}, {"epoch": range(20)}],
    ids=["schedule", "constant", "few", "counter"],
)
def test_what_runs_may_share(scalars):
    runs = [training(scalars, name=name) for name in ("a", "b")]
    assert only("duplicate-run", *runs) == ()


def test_the_roles_of_one_training_are_no_duplicates():
    values = falling(20)
    runs = [training({"loss": values}, name=name) for name in ("a/train", "a/val")]
    assert only("duplicate-run", *runs) == ()


def sweep(count, effect, seed=0):
    """Runs whose best validation loss depends on how far "lr" is from the middle of its range."""
    noise = np.random.default_rng(seed)
    runs = []
    for place in range(count):
        rate, width = float(noise.uniform(-5, -1)), float(noise.choice([16, 32, 64]))
        best = effect * (rate + 3) ** 2 + noise.normal(0, 0.1) + 2
        hparams = HParams({"lr": 10**rate, "width": width, "seed": float(place)})
        scalars = {"train_loss": falling(10, 3, 1), "val_loss": falling(10, best + 1, best)}
        runs.append(training(scalars, name=f"run{place}", hparams=hparams))
    return runs


def test_the_setting_that_decides_is_named_though_its_best_is_in_the_middle():
    (one,) = only("hparam-importance", *sweep(30, 1.0))
    assert one.message.startswith("lr explains") and one.severity is Severity.NOTE
    assert len(one.runs) == 30


def test_chance_names_no_setting():
    named = sum(bool(only("hparam-importance", *sweep(16, 0.0, seed))) for seed in range(12))
    assert named <= 1


def test_few_runs_or_settings_are_not_judged():
    assert "12 runs" in reason("hparam-importance", *sweep(9, 1.0))
    hparams = HParams({"lr": 1.0})
    same = [training({"val_loss": [float(i)]}, name=str(i), hparams=hparams) for i in range(14)]
    assert "differs" in reason("hparam-importance", *same)
