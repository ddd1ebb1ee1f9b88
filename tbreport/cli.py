"""The command line: the only file that prints, reads the clock or picks an exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tbreport.errors import OutputError, TbreportError
from tbreport.flags import flags
from tbreport.version import VERSION

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from tbreport.faults import Fault
    from tbreport.model import Logs
    from tbreport.options import Options
    from tbreport.result import Report
    from tbreport.workers import Workers

OK, FOUND, GAPS, UNUSABLE, FAULTS, INTERRUPTED = 0, 1, 1, 2, 3, 130
TERMINATED = 143

STDOUT = "-"
MOST_COLUMNS = 100  # of --help: longer lines are hard to read


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; when told to end, leave nothing half done behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; trouble is one line on standard error."""
    try:
        return int(command.main(arguments, prog_name="tbreport", standalone_mode=False) or OK)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except TbreportError as error:
        if str(error):
            _say(f"tbreport: {_printable(str(error))}")
        for line in error.shown:
            _say(_printable(line))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("tbreport: interrupted, no report was written")
        return INTERRUPTED


def _list_rules(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the rules and end, for ``--list-rules``."""
    if not wanted or context.resilient_parsing:
        return
    from tbreport.rules import RULES

    for rule in RULES:
        click.echo(f"{rule.id} ({rule.severity.value}): {rule.title}")
        for limit in rule.thresholds:
            click.echo(f"    {rule.id}.{limit.name}={limit.default:g}  {limit.source}")
    context.exit()


def _list_limits(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the limits and end, for ``--list-limits``."""
    if not wanted or context.resilient_parsing:
        return
    from dataclasses import fields

    from tbreport.limits import Limits

    for limit in fields(Limits):
        click.echo(f"{limit.name}={limit.default}  {limit.metadata['about']}")
    context.exit()


def _help_width() -> int:
    """Columns of --help; click would ask shutil, which takes a twelfth of its time to import."""
    try:
        columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
    except (ValueError, OSError):
        columns = 80
    return max(min(columns, MOST_COLUMNS) - 2, 50)


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _help_width()},
    epilog="Every option is also a key of tbreport.toml, or of [tool.tbreport] in pyproject.toml, "
    "in the working directory. The command line goes before the file.",
)
@click.argument("logdirs", metavar="LOGDIR...", nargs=-1, required=True)
@flags
@click.option(
    "--list-limits",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_limits,
    help="List every limit with its value and meaning, and exit.",
)
@click.option(
    "--list-rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="List every rule with its severity, thresholds and their source, and exit.",
)
@click.option("--config", metavar="FILE", help="Read options from this TOML file.")
@click.version_option(VERSION, prog_name="tbreport")
def command(logdirs: tuple[str, ...], config: str | None, **choices: Any) -> int:
    """Read every TensorBoard run under LOGDIR and write one self-contained HTML report."""
    # More threads gain nothing here, and how many there are shows in the last digits of a result.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # By default threads that wait spin. Where other programs want the processors too, two threads
    # took 17 s of processor time for a map of 1,797 points; asleep they take 4.4 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with _early_workers(logdirs, choices["jobs"]) as executor:
        return _report(logdirs, config, choices, executor)


@contextlib.contextmanager
def _early_workers(logdirs: Sequence[str], jobs: int | None) -> Iterator[Workers | None]:
    """Processes to draw on: one imports matplotlib while options and logs are read."""
    from tbreport.workers import workers

    there = all(map(os.path.exists, logdirs))  # else this ends before anything is drawn
    with workers((jobs or 0) if there else 1, _import_charts) as executor:
        yield executor


def _import_charts() -> None:
    from tbreport.render import import_charts

    import_charts()


def _report(
    logdirs: tuple[str, ...], config: str | None, choices: dict[str, Any], executor: Workers | None
) -> int:
    """Make the report as all options together say; what breaks in it is said in one line."""
    from pathlib import Path

    from tbreport.faults import Fault, FaultError
    from tbreport.options import load_options

    given = {name: value for name, value in choices.items() if value not in (None, ())}
    options = load_options(
        given, config=Path(config) if config is not None else None, directory=Path.cwd()
    )
    if executor and options.jobs:
        executor.most = options.jobs
    try:
        return _make(logdirs, options, executor if options.jobs != 1 else None)
    except TbreportError:
        raise
    except FaultError as error:
        _say_fault(error.fault, options.verbose)
    except Exception as error:
        _say_fault(Fault.of("making the report", error), options.verbose)
    return FAULTS


def _make(logdirs: tuple[str, ...], options: Options, executor: Executor | None) -> int:
    """Read, build and write; the exit code says how it went."""
    _check_places(options)

    from datetime import UTC, datetime

    from tbreport.outcomes import check_gates
    from tbreport.progress import Progress
    from tbreport.read.logdir import MEDIA_STEPS, read_logs
    from tbreport.report import build_report, choose_sections
    from tbreport.sections import SECTIONS

    # What is wrong is told before the work.
    choose_sections(SECTIONS, options)
    check_gates(options, baseline=bool(options.baseline))
    live = sys.stderr.isatty()
    progress = Progress(None if options.quiet else _say, live=live, clock=time.monotonic)
    logs = read_logs(
        logdirs,
        runs=options.runs,
        tags=options.tags,
        media_steps=max(MEDIA_STEPS, options.image_steps),
        progress=progress.reading,
        limits=options.bounds,
    )
    progress.read(logs)
    baseline = None
    if options.baseline:
        from tbreport.baseline import read_baseline

        baseline = read_baseline(options.baseline, logs, logdirs=logdirs, options=options)
    # What was read stays: looking for garbage in it again and again costs much.
    gc.freeze()
    gc.enable()
    report = build_report(
        logs,
        title=options.title or _title(logdirs),
        options=options,
        sections=SECTIONS,
        executor=executor,
        progress=progress.drawing,
        made=datetime.now(UTC) if options.stamp else None,
        baseline=baseline,
    )
    progress.drawn(len(report.document.pictures))
    size = _write(report, options)
    if report.fitted and report.fitted.told and not options.quiet:
        _say(f"tbreport: {_printable(report.fitted.told)}")
    for fault in report.faults:
        _say_fault(fault, options.verbose)
    if not options.quiet:
        _say(_closing(logs, report, options.output, size))
    for gate in report.gates:
        if gate.state != "passed":
            said = "tripped" if gate.state == "tripped" else "can't be measured"
            _say(_printable(f"tbreport: gate {gate.expression!r} {said}: {gate.message}"))
    return _exit_code(report, options)


def _exit_code(report: Report, options: Options) -> int:
    """The gravest of what is amiss."""
    states = {gate.state for gate in report.gates}
    if report.faults:
        return FAULTS
    if "error" in states:
        return UNUSABLE
    failing = {"error": ("error",), "warning": ("error", "warning")}.get(options.fail_on, ())
    if "tripped" in states or any(one.severity in failing for one in report.findings):
        return FOUND
    return GAPS if options.strict and report.gaps else OK


def _title(logdirs: Sequence[str]) -> str:
    """The names of the log directories; of a single event file, that of its directory."""
    paths = [os.path.abspath(path) for path in logdirs]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    return ", ".join(dict.fromkeys(os.path.basename(folder) or "logs" for folder in folders))


def _check_places(options: Options) -> None:
    """Tell before the work what can't be written to."""
    from tbreport.output import check_writable, is_folder

    for path in (options.json, options.markdown, options.junit):
        if path not in ("", STDOUT) and is_folder(path):
            raise OutputError(f"{path} can't be written: it is a folder; name a file")
    folder = os.path.join(options.csv, "") if options.csv else ""
    for path in (options.output, options.json, options.markdown, options.junit, folder):
        if path not in ("", STDOUT):
            check_writable(path)


def _write(report: Report, options: Options) -> int:
    """Write the report and what is to stand beside it; the bytes of the report."""
    output = options.output
    size = _print(report.pieces()) if output == STDOUT else report.write(output)
    if options.json:
        _write_text(options.json, report.to_json())
    if options.markdown:
        _write_text(options.markdown, report.to_markdown())
    if options.junit:
        _write_text(options.junit, report.to_junit(options.fail_on))
    if options.csv:
        report.write_csv(options.csv)
    return size


def _write_text(path: str, text: str) -> None:
    """Write what stands beside the report to a file or to standard output."""
    from tbreport.output import write_file

    if path == STDOUT:
        _print([text])
    else:
        write_file(path, [text])


def _print(pieces: Iterable[str]) -> int:
    """Write ``pieces`` to standard output as UTF-8; the number of bytes."""
    try:
        size = sum(map(sys.stdout.buffer.write, (piece.encode() for piece in pieces)))
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is still in the buffer would be tried again, and complained about, on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise OutputError("") from error  # who closed it knows
        raise OutputError(f"standard output can't be written: {error.strerror}") from error
    return size


def _closing(logs: Logs, report: Report, output: str, size: int) -> str:
    """The last line: where the report is, how large, and what is amiss."""
    from collections import Counter

    from tbreport.stats import format_bytes

    severities = Counter(finding.severity.value for finding in report.findings)
    facts = [
        format_bytes(size),
        _counted(len(logs.runs), "run"),
        _counted(len(report.document.pictures), "chart"),
        *(_counted(count, level) for level, count in severities.items()),
        _counted(len(report.gaps), "gap"),
    ]
    if report.faults:
        facts.append(_counted(len(report.faults), "fault"))
    where = "standard output" if output == STDOUT else _printable(output)
    return f"{where}: {', '.join(facts)}"


def _counted(count: int, noun: str) -> str:
    from tbreport.sections.words import counted

    return counted(count, noun)


def _say_fault(fault: Fault, verbose: bool) -> None:
    _say(f"tbreport: {_printable(fault.where)} failed: {_printable(fault.what)}")
    if verbose:
        _say(fault.details)


def _printable(text: str) -> str:
    from tbreport.names import printable

    return printable(text)


def _say(text: str, newline: bool = True) -> None:
    click.echo(text, err=True, nl=newline)
