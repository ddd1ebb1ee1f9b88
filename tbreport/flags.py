"""The flags of the command line, one for each field of Options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., int]

# In the order of --help. A flag that is not given is None or (), so that the config file decides.
_FLAGS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        help="The file to write [report.html], a folder "
        "(ends in / or is there) or - for standard output.",
    ),
    click.option("--title", metavar="TEXT", help="The heading [the name of LOGDIR]."),
    click.option("--comment", metavar="TEXT", help="A sentence under the heading."),
    click.option("--runs", metavar="REGEX", help="Only runs whose name has a match."),
    click.option("--tags", metavar="REGEX", help="Only tags that have a match."),
    click.option(
        "--section", metavar="ID", multiple=True, help="Only this section; may be repeated."
    ),
    click.option(
        "--skip-section",
        metavar="ID",
        multiple=True,
        help="All sections but this one; may be repeated.",
    ),
    click.option(
        "--smoothing",
        metavar="WEIGHT",
        type=float,
        help="Of curves as in TensorBoard, 0 to 0.999 [0.6].",
    ),
    click.option(
        "--x-axis",
        type=click.Choice(["step", "relative", "wall"]),
        help="What curves are drawn over [step].",
    ),
    click.option(
        "--log-y",
        metavar="REGEX",
        help="A logarithmic y axis for tags that have a match; positive values that span more "
        "than three powers of ten have one anyway.",
    ),
    click.option(
        "--metric",
        metavar="TAG[:min|max]",
        multiple=True,
        help="A main metric, and which of its values is best [told by the names of tags]; "
        "repeatable.",
    ),
    click.option(
        "--group",
        metavar="REGEX",
        help="Runs with equal captures are one group, drawn as mean and band; none for no groups "
        "[runs that differ by their seed only].",
    ),
    click.option("--image-steps", metavar="N", type=int, help="Steps shown of each image tag [6]."),
    click.option(
        "--data/--no-data",
        default=None,
        help="With or without the numbers of curves in the page, for exact values and zooming "
        "[with].",
    ),
    click.option(
        "--limit",
        metavar="NAME=NUMBER",
        multiple=True,
        help="A limit on what logs may claim or hold; repeatable. --list-limits names them.",
    ),
    click.option(
        "--ignore", metavar="RULE", multiple=True, help="A rule to leave out; repeatable."
    ),
    click.option(
        "--rule-option",
        metavar="RULE.NAME=VALUE",
        multiple=True,
        help="A threshold of a rule; repeatable. --list-rules names them.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(["warning", "error"]),
        help="Exit with 1 when a finding is this severe; the report is written first.",
    ),
    click.option(
        "--fail-if",
        metavar="EXPR",
        multiple=True,
        help="Exit with 1 when this holds for a run, such as 'val/loss > 0.3' or "
        "'runtime > 2h'; the report is written first; repeatable.",
    ),
    click.option(
        "--markdown",
        metavar="PATH",
        help="Write a summary as Markdown too, for a comment, a job's page or mail.",
    ),
    click.option(
        "--csv", metavar="DIR", help="Write every scalar series too, one CSV file for each run."
    ),
    click.option(
        "--junit",
        metavar="PATH",
        help="Write gates and rules as test cases in JUnit XML too. Errors fail, warnings with "
        "--fail-on warning.",
    ),
    click.option(
        "--baseline",
        metavar="PATH",
        help="Compare with these logs, with this run of LOGDIR, or with the JSON of an earlier "
        "report.",
    ),
    click.option("--json", metavar="PATH", help="Write what the report says as JSON too."),
    click.option(
        "--max-size",
        metavar="SIZE",
        help="What the report may weigh, such as 25MB; or none. What there is no room for is left "
        "out in a stated order, and listed [10MB].",
    ),
    click.option("--jobs", metavar="N", type=int, help="Processes [0: one for each processor]."),
    click.option(
        "--strict/--no-strict",
        default=None,
        help="Exit with 1 when something in the logs can't be shown, and with 3 at the first "
        "fault of a part of tbreport.",
    ),
    click.option("--stamp/--no-stamp", default=None, help="Show when the report was made."),
    click.option("-q", "--quiet", is_flag=True, default=None, help="Print errors only."),
    click.option("-v", "--verbose", is_flag=True, default=None, help="Print tracebacks of faults."),
)


def flags(command: Command) -> Command:
    """Give ``command`` every flag; it gets their values by the names of the fields."""
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command
