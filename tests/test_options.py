"""Options: defaults < config file < command line, and what is said when one of them is wrong."""

import dataclasses
from pathlib import Path

import pytest

from tbreport.errors import InputError
from tbreport.options import Options, load_options


def config(folder: Path, text: str, name: str = "tbreport.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_beats_the_file_and_the_file_the_defaults(tmp_path):
    config(tmp_path, 'title = "Nightly"\nsmoothing = 0.9\n')
    options = load_options({"smoothing": 0.0}, directory=tmp_path)
    assert options == dataclasses.replace(Options(), title="Nightly", smoothing=0.0)


def test_pyproject_holds_the_settings_of_one_tool_among_many(tmp_path):
    config(tmp_path, '[project]\nname = "x"\n[tool.tbreport]\njobs = 3\n', "pyproject.toml")
    assert load_options({}, directory=tmp_path).jobs == 3


def test_tbreport_toml_comes_before_pyproject(tmp_path):
    config(tmp_path, "[tool.tbreport]\njobs = 3\n", "pyproject.toml")
    config(tmp_path, "jobs = 2\n")
    assert load_options({}, directory=tmp_path).jobs == 2


def test_a_named_file_is_the_only_one_read(tmp_path):
    config(tmp_path, "jobs = 2\n")
    other = config(tmp_path, "strict = true\n", "other.toml")
    assert load_options({}, config=other, directory=tmp_path) == Options(strict=True)


def test_a_directory_without_settings_gives_the_defaults(tmp_path):
    config(tmp_path, '[project]\nname = "x"\n', "pyproject.toml")
    assert load_options({}, directory=tmp_path) == Options()
    assert load_options({}) == Options()


@pytest.mark.parametrize("field", dataclasses.fields(Options), ids=lambda field: field.name)
def test_every_option_can_be_set_in_the_file_by_either_spelling(tmp_path, field):
    values = {
        "x_axis": ('"wall"', "wall"),
        "section": ('["text"]', ("text",)),
        "skip_section": ('"text"', ("text",)),
        "smoothing": ("0", 0.0),
        "metric": ('"loss:max"', ("loss:max",)),
        "image_steps": ("2", 2),
        "limit": ('["tags=7"]', ("tags=7",)),
        "ignore": ('["overfitting"]', ("overfitting",)),
        "rule_option": ('"overfitting.rise=0.3"', ("overfitting.rise=0.3",)),
        "fail_on": ('"error"', "error"),
        "fail_if": ('"loss > 3"', ("loss > 3",)),
        "jobs": ("2", 2),
        "max_size": ('"25MB"', "25MB"),
    }
    defaults = {str: ('"abc"', "abc"), bool: ("true", True)}
    written, read = values.get(field.name) or defaults[type(field.default)]
    for key in (field.name, field.name.replace("_", "-")):
        config(tmp_path, f"{key} = {written}\n")
        assert getattr(load_options({}, directory=tmp_path), field.name) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("smoothin = 1", "unknown key 'smoothin'; did you mean 'smoothing'?"),
        ("zzz = 1", "unknown key 'zzz'; there are output, title"),
        ("smoothing = '0.6'", "smoothing is to be a number, not '0.6'"),
        ("smoothing = true", "smoothing is to be a number, not True"),
        ("smoothing = nan", "smoothing is to be from 0 to 0.999, not nan"),
        ("smoothing = 1", "smoothing is to be from 0 to 0.999, not 1.0"),
        ("jobs = true", "jobs is to be a whole number, not True"),
        ("jobs = -1", "jobs is to be 0 (one per processor) or more, not -1"),
        ("rule_option = 'x'", "rule_option is to be RULE.threshold=NUMBER, not 'x'"),
        ("max_size = '10'", "max_size is to be a size such as 10MB or none, not '10'"),
        ("fail_on = 'note'", "fail_on is to be warning, error or empty, not 'note'"),
        ("fail_if = 'loss >'", "fail_if: a number is missing here (column 7)"),
        ("image_steps = 0", "image_steps is to be 1 or more, not 0"),
        ("output = 'a'\njson = 'a'", "output and json can't both go to a"),
        ("title = 3", "title is to be a string, not 3"),
        ("strict = 1", "strict is to be true or false, not 1"),
        ("section = [1]", "section is to be a list of strings, not [1]"),
        ("x_axis = 'epoch'", "x_axis is to be one of step, relative, wall, not 'epoch'"),
        ("runs = '('", "runs: '(' is no regular expression: missing ), unterminated subpattern"),
        ("output = ''", "output is empty"),
        ("markdown = 'a'\njunit = 'a'", "markdown and junit can't both go to a"),
        ("csv = '-'", "csv is a folder of files; name one, not -"),
        ("output = '-'\njunit = '-'", "output and junit can't both go to -"),
        ("title = ", "is no valid TOML"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_file_and_key(tmp_path, text, said):
    path = config(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_options({}, directory=tmp_path)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_files_that_are_no_settings_are_named(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        load_options({}, config=tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(InputError, match="is no valid TOML"):
        load_options({}, config=tmp_path / "latin.toml")
    config(tmp_path, "tool.tbreport = 3", "pyproject.toml")
    with pytest.raises(InputError, match="is to be a table"):
        load_options({}, directory=tmp_path)


@pytest.mark.parametrize(
    ("text", "size"),
    [("10MB", 10**7), ("800kB", 800_000), ("1.5 mb", 1_500_000), ("1GB", 10**9), ("99B", 99)],
)
def test_sizes_are_powers_of_a_thousand(text, size):
    assert Options(max_size=text).max_bytes == size
    assert Options(max_size="none").max_bytes is None


def test_values_given_by_hand_are_checked_too():
    with pytest.raises(InputError, match="tags: '\\*' is no regular expression"):
        Options(tags="*")
    with pytest.raises(InputError, match="smoothing"):
        dataclasses.replace(Options(), smoothing=-0.1)
