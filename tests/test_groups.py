"""Groups of runs: by seed without being asked, by the captures of a pattern when asked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbreport.errors import InputError
from tbreport.groups import experiment_of, groups_of
from tbreport.model import HParams
from tests import make


def logs(*names, **settings):
    """Runs of these names; ``settings`` are lists of a value for each of them."""
    made = []
    for place, name in enumerate(names):
        values = {key: values[place] for key, values in settings.items()}
        made.append(make.run(name, hparams=HParams(values) if values else None))
    return make.logs(*made)


def found(*names, wanted="", **settings):
    return {group.name: group.runs for group in groups_of(logs(*names, **settings), wanted)}


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (("lr=0.1,seed=1", "lr=0.1,seed=2"), "lr=0.1,seed=*"),
        (("seed=1,lr=0.1", "seed=2,lr=0.1"), "seed=*,lr=0.1"),
        (("ppo_s1", "ppo_s2"), "ppo_s*"),
        (("ppo-s0", "ppo-s10"), "ppo-s*"),
        (("ppo/seed_1", "ppo/seed_2"), "ppo/seed_*"),
        (("ppo/seed1/logs", "ppo/seed2/logs"), "ppo/seed*/logs"),
        (("ppo/s1", "ppo/s2"), "ppo/s*"),
        (("random_seed-3", "random_seed-4"), "random_seed-*"),
        (("Seed 1", "Seed 2"), "Seed *"),
        (("a_seed=1_2026-03-15_09-12-33", "a_seed=2_2026-03-16_10-12-33"), "a_seed=*_*"),
        (("a_s1/1767225600.0", "a_s2/1767225601.25"), "a_s*/*"),
        (("stage_s1_seed3", "stage_s1_seed4"), "stage_s1_seed*"),
    ],
)
def test_runs_that_differ_by_the_seed_in_their_names_are_a_group(names, name):
    assert found(*names) == {name: names}


@pytest.mark.parametrize(
    "names",
    [
        ("seed=1",),
        ("a", "b", "run1", "run2", "version_0", "version_1"),
        ("lr=0.1,seed=1", "lr=0.2,seed=2"),
        ("seedling1", "seedling2"),
        ("a_s1_big", "a_s2_big"),
        ("models1", "models2"),
        ("seed=1.5", "seed=2.5"),
        # The same seed twice: the times tell that a run was repeated.
        ("a_seed=1_2026-03-15_09-12-33", "a_seed=1_2026-03-16_10-12-33"),
        (".", ""),
    ],
)
def test_other_runs_are_none(names):
    assert found(*names) == {}


def test_training_and_validation_are_groups_of_their_own():
    names = ("a/seed=1/train", "a/seed=1/validation", "a/seed=2/train", "a/seed=2/validation")
    assert found(*names) == {
        "a/seed=*/train": ("a/seed=1/train", "a/seed=2/train"),
        "a/seed=*/validation": ("a/seed=1/validation", "a/seed=2/validation"),
    }


def test_a_logged_seed_groups_runs_whose_names_only_count():
    names = ("run_1", "run_2", "run_3", "run_4")
    settings = {"seed": [1.0, 2.0, 1.0, 2.0], "lr": [0.1, 0.1, 0.2, 0.2]}
    assert found(*names, **settings) == {
        "run_* (lr=0.1)": ("run_1", "run_2"),
        "run_* (lr=0.2)": ("run_3", "run_4"),
    }


def test_where_a_run_stands_and_what_it_is_called_are_no_settings():
    one = found(
        "a_s1",
        "a_s2",
        exp_name=["a_s1", "a_s2"],
        output_dir=["/x/1", "/x/2"],
        **{"p/device": [0, 1]},
    )
    assert one == {"a_s*": ("a_s1", "a_s2")}
    assert found("a_s1", "a_s2", model_name=["small", "large"]) == {}


def test_a_logged_seed_is_not_enough_where_names_say_more():
    assert found("resnet", "vgg", seed=[1.0, 2.0]) == {}
    assert found("resnet18_1", "resnet50_1", seed=[1.0, 2.0]) == {}
    # Equal names but for a counter, and each seed twice: something else differs.
    assert found("run1", "run2", "run3", "run4", seed=[1.0, 2.0, 1.0, 2.0]) == {}


def test_settings_that_add_hparams_logs_in_a_sub_run_are_those_of_the_run():
    hparams = [HParams({"lr": 0.1, "seed": float(seed)}) for seed in (1, 2)]
    runs = [make.run(f"run{place}") for place in (1, 2)]
    runs += [
        make.run(f"run{place}/176722560{place}.0", hparams=hparams[place - 1]) for place in (1, 2)
    ]
    assert [group.name for group in groups_of(make.logs(*runs))] == ["run*", "run*/*"]
    assert experiment_of("run1/1767225601.0") == experiment_of("run1/train") == "run1"
    assert experiment_of("1767225601.0") == "."


def test_captures_name_the_groups():
    names = ("a-0.1-x", "a-0.1-y", "b-0.1-x", "b-0.2-x", "other")
    pattern = r"^(\w)-([\d.]+)"
    assert found(*names, wanted=pattern) == {"a/0.1": ("a-0.1-x", "a-0.1-y")}
    assert found(*names, wanted=r"^(\w)-") == {"a": names[:2], "b": names[2:4]}
    assert found(*names, wanted=r"0\.\d") == {"0.1": names[:3]}
    assert found(*names, wanted=r"^(a)|^(b)") == {"a": names[:2], "b": names[2:4]}


def test_captures_never_mix_training_with_validation():
    names = ("a1/train", "a1/val", "a2/train", "a2/val")
    assert found(*names, wanted="^(a)") == {
        "a (training)": ("a1/train", "a2/train"),
        "a (validation)": ("a1/val", "a2/val"),
    }


def test_a_pattern_without_a_match_is_told():
    with pytest.raises(
        InputError, match=r"group: '\^x' has no match .* there are 'a', 'b', 'c', \.\.\."
    ):
        found("a", "b", "c", "d", wanted="^x")


def test_none_groups_nothing():
    assert found("a_s1", "a_s2", wanted="none") == {}


def test_a_group_has_one_colour_and_counts_as_one_run():
    given = logs("a_s1", "a_s2", "b", "c_s1", "c_s2")
    grouped = replace(given, groups=groups_of(given))
    assert [colour for colour, _ in grouped.coloured] == [0, 0, 1, 2, 2]
    assert [colour for colour, _ in given.coloured] == [0, 1, 2, 3, 4]
    assert [run for _, run in grouped.coloured] == list(given.runs)


@given(st.lists(st.text(alphabet="ab_-/=s1290.seed*()", max_size=12), unique=True, max_size=8))
def test_whatever_runs_are_called_groups_are_disjoint_and_in_order(names):
    given = logs(*names)
    groups = groups_of(given)
    places = {run.name: place for place, run in enumerate(given.runs)}
    members = [run for group in groups for run in group.runs]
    assert len(set(members)) == len(members)
    assert len({group.name for group in groups}) == len(groups)
    for group in groups:
        assert len(group.runs) > 1
        assert [places[run] for run in group.runs] == sorted(places[run] for run in group.runs)
