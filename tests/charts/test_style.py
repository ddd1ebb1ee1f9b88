import itertools

import numpy as np
import pytest

from tbreport.charts import style

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
JUST_DISTINCT = 0.025  # in OKLab; about twice what can be told apart side by side


def linear(colour):
    part = np.array(style.rgb(colour)) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    light, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def oklab(rgb):
    cones = np.cbrt(
        np.clip(rgb, 0, 1)
        @ np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        ).T
    )
    return (
        cones
        @ np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        ).T
    )


@pytest.mark.parametrize("ground", [style.LIGHT_GROUND, style.DARK_GROUND])
@pytest.mark.parametrize("colour", [*style.RUN_COLOURS, style.INK])
def test_every_colour_stands_out_on_both_grounds(colour, ground):
    assert contrast(colour, ground) >= 3


def test_ink_reads_equally_well_on_both_grounds():
    assert contrast(style.INK, style.LIGHT_GROUND) > 3.85
    assert contrast(style.INK, style.DARK_GROUND) > 3.85


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_runs_differ_whatever_the_sight(sight):
    assert len(style.RUN_COLOURS) >= 10
    seen = [oklab(linear(colour) @ np.array(SIGHTS[sight]).T) for colour in style.RUN_COLOURS]
    assert (
        min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
        > JUST_DISTINCT
    )


def test_runs_of_one_colour_differ_in_their_dashes():
    looks = {(style.run_colour(index), style.run_dash(index)) for index in range(40)}
    assert len(looks) == 40
    assert style.run_dash(0) == ()
