import numpy as np
import pytest

from tbreport.model import TensorSeries
from tbreport.moran import by_chance, moran
from tbreport.options import Options
from tbreport.sections import filters, kernels
from tests.make import START, image_series, logs, run
from tests.sections.plain import said, words

RANDOM = np.random.default_rng(0)


def series(tag, *banks):
    steps = np.arange(len(banks)) * 100
    return TensorSeries(
        tag, steps, START + steps.astype(float), values=banks, plugin="tensor", logged=len(banks)
    )


def smooth(count=16, side=5, channels=1):
    """Kernels that are gradients across the image, each turned its own way."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angles = RANDOM.uniform(0, 2 * np.pi, (count, channels, 1, 1))
    return (np.cos(angles) * x + np.sin(angles) * y).astype(np.float32)


def noise(count=16, side=5, channels=1):
    return RANDOM.normal(size=(count, channels, side, side)).astype(np.float32)


@pytest.mark.parametrize("side", [3, 5, 7, 11])
def test_noise_has_the_mean_and_spread_that_theory_says(side):
    values = moran(RANDOM.normal(size=(20_000, side, side)))
    mean, spread = by_chance(side, side)
    assert values.mean() == pytest.approx(mean, abs=0.01)
    assert values.std() == pytest.approx(spread, rel=0.05)


def test_structure_is_told_from_noise():
    assert kernels.structure(smooth()).z > 10
    assert abs(kernels.structure(noise()).z) < 4
    assert np.isnan(kernels.structure(noise(side=3)).z)
    assert np.isnan(kernels.structure(noise(count=4)).z)


def test_dead_and_duplicate_kernels_are_counted():
    bank = noise(8)
    bank[1], bank[2], bank[3] = bank[0] * 2, -bank[0], 0
    found = kernels.structure(bank)
    assert (found.duplicates, found.dead) == (3, 1)
    assert kernels.structure(np.zeros((4, 1, 5, 5))).dead == 4


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((16, 1, 5, 5), "OIHW"),
        ((5, 5, 1, 16), "HWIO"),
        ((3, 3, 64, 128), "HWIO"),
        ((128, 64, 3, 3), "OIHW"),
        ((3, 3, 3, 3), "OIHW"),
        ((7, 7, 3, 64), "HWIO"),
    ],
)
def test_layouts_are_told_apart_by_shape(shape, layout):
    assert kernels.guess_layout(shape) == layout
    bank = kernels.normalised(np.zeros(shape), layout)
    assert bank.shape[2] == bank.shape[3] < 10


def test_three_channels_are_colours_and_of_more_the_strongest_is_shown():
    shown, what = kernels.tiles(noise(channels=3), 64)
    assert (shown.shape, what) == ((16, 5, 5, 3), "16 kernels in colour")
    bank = noise(80, channels=8)
    bank[:, 5] *= 10
    shown, what = kernels.tiles(bank, 64)
    assert np.array_equal(shown, bank[:64, 5])
    assert what == "64 of 80 kernels, input channel 5 of 8, the strongest"


def test_a_panel_shows_first_and_last_step_and_measures_both():
    found = logs(run("a", {}, series("kernels/conv1.weight", noise(), smooth())))
    (panel,) = filters.build(found, (), Options()).panels
    assert [figure.caption for figure in panel.figures] == [
        "conv1/weight · step 0 · 16 kernels · 5×5",
        "conv1/weight · step 100 · 16 kernels · 5×5",
    ]
    assert [row[:3] for row in words(panel.tables[0])[1:]] == [
        ["conv1/weight (logged tensor)", "16 of 1×5×5", "step 0"],
        ["conv1/weight (logged tensor)", "16 of 1×5×5", "step 100"],
    ]
    assert not said(panel)
    assert all(figure.chart.draw().png.startswith(b"\x89PNG") for figure in panel.figures)


def test_a_first_layer_of_noise_is_said():
    found = logs(run("a", {}, series("conv1.weight", smooth() * 0 + noise())))
    (panel,) = filters.build(found, (), Options()).panels
    z = kernels.structure(noise()).z
    assert z < 4
    assert len(said(panel)) <= 1


def test_images_that_say_they_are_kernels_stand_in_for_numbers():
    found = logs(run("a", {}, image_series("conv1/filters", 2), image_series("samples", 2)))
    (panel,) = filters.build(found, (), Options()).panels
    assert (panel.small, [f.caption for f in panel.figures]) == (
        "logged as images",
        ["conv1/filters"],
    )


def test_gradients_strings_and_large_images_are_no_kernels():
    values = [
        series("gradients/conv1.weight", noise()),
        series("images", np.zeros((4, 3, 64, 64))),
        series("words", np.full((2, 2, 5, 5), b"x", object)),
        series("matrix", np.zeros((4, 4))),
        series("empty", np.zeros((0, 1, 5, 5))),
    ]
    assert filters.build(logs(run("a", {}, *values)), (), Options()) is None
