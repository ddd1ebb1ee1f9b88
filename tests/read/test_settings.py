import os

import pytest

from tbreport.model import GapKind
from tbreport.read.logdir import read_logs
from tbreport.read.settings import MAX_VALUES, read_settings
from tests.writer import event, scalar, write


def read(tmp_path, text, name="hparams.yaml"):
    (tmp_path / name).write_text(text)
    return read_settings(tmp_path, "run")


def test_nested_settings_are_flat_and_typed(tmp_path):
    found, gaps = read(tmp_path, "lr: 0.1\nmodel:\n  depth: 3\n  act: relu\nbn: true\nseed: null\n")
    assert not gaps
    assert found.source == "hparams.yaml"
    assert found.values == {
        "lr": 0.1,
        "model.depth": 3.0,
        "model.act": "relu",
        "bn": True,
        "seed": "",
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x: !!python/object/apply:os.system ['true']", GapKind.REFUSED),
        ("x: !!python/name:os.system", GapKind.REFUSED),
        ("x: [", GapKind.MALFORMED),
        ("\x00", GapKind.MALFORMED),
    ],
)
def test_what_is_not_plain_yaml_is_a_gap(tmp_path, text, kind):
    found, gaps = read(tmp_path, text)
    assert found is None
    assert [(gap.kind, gap.file) for gap in gaps] == [(kind, "run/hparams.yaml")]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_files_without_settings_say_nothing(tmp_path, text):
    assert read(tmp_path, text) == (None, [])


def test_a_file_that_leads_out_of_the_run_or_is_no_file_is_not_opened(tmp_path):
    (tmp_path / "secret.yaml").write_text("password: hunter2\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "hparams.yaml").symlink_to("../secret.yaml")
    found, gaps = read_settings(tmp_path / "run", "run")
    assert found is None
    assert [gap.kind for gap in gaps] == [GapKind.REFUSED]
    (tmp_path / "run" / "hparams.yaml").unlink()
    os.mkfifo(tmp_path / "run" / "hparams.yaml")
    assert read_settings(tmp_path / "run", "run") == (None, [])


def test_a_large_file_of_settings_is_not_read(tmp_path):
    found, gaps = read(tmp_path, "# nothing\n" * 30_000)
    assert found is None
    assert [gap.kind for gap in gaps] == [GapKind.LIMIT]


def test_aliases_can_not_blow_up(tmp_path):
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    found, _ = read(tmp_path, "\n".join(lines))
    assert all(len(value) < 5000 for value in found.values.values())
    many = "a: &a {" + ", ".join(f"k{i}: 1" for i in range(100)) + "}\n"
    found, _ = read(tmp_path, many + "".join(f"b{i}: *a\n" for i in range(100)))
    assert len(found.values) == MAX_VALUES


def test_a_run_takes_the_settings_beside_it_unless_it_logged_its_own(tmp_path):
    run = tmp_path / "version_0"
    write(run, event(0, scalar("loss", 1.0)))
    (run / "args.yaml").write_text("epochs: 3\n")
    (found,) = read_logs(tmp_path).runs
    assert found.hparams is not None
    assert (dict(found.hparams.values), found.hparams.source) == ({"epochs": 3.0}, "args.yaml")
