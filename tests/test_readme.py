"""The README says what there is: its list of sections and its options are held against the code."""

import re
from pathlib import Path

from click.testing import CliRunner

from tbreport import cli
from tbreport.sections import SECTIONS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def part(heading):
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.M | re.S)[1]


def test_the_list_of_sections_is_that_of_the_code():
    titles = re.findall(r"^- \*\*(.+?)\*\*", part("What is in the report"), re.M)
    assert titles == [section.title for section in SECTIONS]


def test_the_set_up_commands_stand_alone_in_a_block():
    for heading in ("Make a report", "Run the tests"):
        blocks = re.findall(r"^```sh\n(.*?)^```$", part(heading), re.M | re.S)
        assert [len(block.splitlines()) for block in blocks] == [1]


def test_options_that_the_readme_names_exist():
    help_text = CliRunner().invoke(cli.command, ["--help"]).output
    of_curl = {"--fail", "--header", "--data-urlencode"}
    for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - of_curl:
        assert flag in help_text


def test_the_first_screen_is_there_with_its_picture():
    first = README.split("\n## ")[0]
    picture = re.search(r"!\[.+?\]\((.+?)\)", first)[1]
    assert (Path(__file__).resolve().parents[1] / picture).is_file()
