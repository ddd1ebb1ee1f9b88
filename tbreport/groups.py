"""Groups: runs of one and the same configuration, told by ``--group`` or by their seeds."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from tbreport import roles
from tbreport.errors import InputError
from tbreport.model import Group, HParam, Logs, Run
from tbreport.names import natural_order

NONE = "none"  # in the place of a pattern: no groups at all

# "seed=1", "seed_1", "random-seed1"; where no seed is named so, "_s1" at the end of a component.
_SEED = re.compile(r"(?<![A-Za-z0-9])(seeds?[=_\-.: ]*)([0-9]+)(?![A-Za-z0-9]|\.[0-9])", re.I)
_SHORT = re.compile(r"(?:^|(?<=[/_\-,]))(s)([0-9]+)(?=/|$)")
# When a run was begun says nothing of its configuration: 2026-03-15_09-12-33, Mar15_09-12-33,
# 20260315-091233, and seconds since 1970 with or without a fraction.
_TIME = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:[0-9]{4}-?[0-9]{2}-?[0-9]{2}|[A-Z][a-z]{2}[0-9]{2})"
    r"(?:[-_T .]?[0-9]{2}[-:.h]?[0-9]{2}(?:[-:.m]?[0-9]{2})?)?|1[0-9]{9}(?:\.[0-9]+)?)(?![0-9])"
)
# A number that stands alone or counts runs. Where settings hold a seed it says no more than that.
_COUNTER = re.compile(
    r"(?:(?<=[/_\-,. ])|^|(?<=run)|(?<=exp)|(?<=trial)|(?<=version)|(?<=job))[0-9]+(?=[/_\-,. ]|$)",
    re.I,
)
# torch's and tensorboardX's add_hparams logs into a sub-run named by the time, 1767225600.0.
_SUB_RUN = re.compile(r"/?[0-9]{9,11}(\.[0-9]+)?$")

# Settings that name a run or the place and machine it ran on, not what was tried; as one word.
_BOOKKEEPING = re.compile(
    "(?:run|exp|experiment)?(?:name|id)|experiment|version|device|gpus?|gpuid|cuda|rank|notes|comment"
    "|(?:log|out|output|save|work|run|results?|ckpt|checkpoint|model|tensorboard)(?:dir|path)"
    "|hostname|host|port|date|(?:start)?time|timestamp"
)


def groups_of(logs: Logs, wanted: str = "") -> tuple[Group, ...]:
    """The groups of runs, in the order of their first runs; a run is in one at most.

    ``wanted`` is a regular expression whose captures, joined by "/", name the group of a run that
    it has a match in; without captures the match does. "" groups runs that differ by their seed
    only, "none" groups nothing. One run is no group, and training never shares a group with
    validation. Raises InputError where the expression has no match in the name of any run.
    """
    if wanted == NONE:
        return ()
    return _captured(logs, wanted) if wanted else _by_seed(logs)


def experiment_of(run: str) -> str:
    """What users think of as one training, of which ``run`` is a part; "." at the root.

    As ``roles.experiment``, without the sub-run that add_hparams of torch makes.
    """
    return roles.experiment(_SUB_RUN.sub("", run) or ".")


def _captured(logs: Logs, pattern: str) -> tuple[Group, ...]:
    """The groups that the captures of ``pattern`` name."""
    found = {run.name: match for run in logs.runs if (match := re.search(pattern, run.name))}
    if not found:
        names = natural_order(run.name for run in logs.runs)
        shown = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
        raise InputError(
            f"group: {pattern!r} has no match in the name of any run; there are {shown}"
        )
    members: dict[tuple[str, roles.Role], list[str]] = {}
    for run, match in found.items():
        parts = [part for part in match.groups() if part] if match.re.groups else [match[0]]
        members.setdefault(("/".join(parts) or ".", roles.role("", run)), []).append(run)
    sides: dict[str, int] = {}
    for name, _ in members:
        sides[name] = sides.get(name, 0) + 1
    return tuple(
        Group(f"{name} ({side or 'other'})" if sides[name] > 1 else name, tuple(runs))
        for (name, side), runs in members.items()
        if len(runs) > 1
    )


@dataclass(frozen=True)
class _Seeded:
    """A run that has a seed: its name without what the seed explains, the seed, its settings."""

    run: str
    base: str
    seed: Hashable
    settings: frozenset[tuple[str, HParam]]


def _by_seed(logs: Logs) -> tuple[Group, ...]:
    """The groups of runs that differ by their seed only, each seed once."""
    settings = _settings(logs.runs)
    seeded = [_seeded(run.name, settings[experiment_of(run.name)]) for run in logs.runs]
    members: dict[tuple[str, frozenset[tuple[str, HParam]]], list[_Seeded]] = {}
    for one in seeded:
        if one is not None:
            members.setdefault((one.base, one.settings), []).append(one)
    groups = [
        ones
        for ones in members.values()
        # A seed that is there twice means that something else differs, or that a run was repeated.
        if len(ones) > 1 and len({one.seed for one in ones}) == len(ones)
    ]
    names = _names([(ones[0].base, ones[0].settings) for ones in groups])
    return tuple(
        Group(name, tuple(one.run for one in ones))
        for name, ones in zip(names, groups, strict=True)
    )


def _settings(runs: Sequence[Run]) -> dict[str, dict[str, HParam]]:
    """The logged settings by experiment, as any of its runs may have logged them."""
    found: dict[str, dict[str, HParam]] = {}
    for run in runs:
        values = found.setdefault(experiment_of(run.name), {})
        if run.hparams:
            values.update(run.hparams.values)
    return found


def _seeded(run: str, settings: Mapping[str, HParam]) -> _Seeded | None:
    """What is left of a run without its seed; None where nothing tells of a seed."""
    seeds = {name: value for name, value in settings.items() if _is_seed(name)}
    kept = frozenset(
        (name, value)
        for name, value in settings.items()
        if name not in seeds and not _is_bookkeeping(name)
    )
    pattern = _SEED if _SEED.search(run) else _SHORT
    numbers = tuple(int(match[2]) for match in pattern.finditer(run))
    if numbers:
        base = _TIME.sub("*", pattern.sub(lambda match: f"{match[1]}*", run))
        return _Seeded(run, base, numbers, kept)
    if seeds:
        base = _COUNTER.sub("*", _TIME.sub("*", run))
        return _Seeded(run, base, tuple(sorted(seeds.items())), kept)
    return None


def _is_seed(name: str) -> bool:
    return roles.tokens(name)[-1:] == ("seed",) or name.endswith("random_state")


def _is_bookkeeping(name: str) -> bool:
    word = "".join(roles.tokens(re.split(r"[/.]", name)[-1]))
    return _BOOKKEEPING.fullmatch(word) is not None


def _names(keys: Sequence[tuple[str, frozenset[tuple[str, HParam]]]]) -> list[str]:
    """A name for each group: what its runs' names share, and settings where that is not enough."""
    names = []
    for base, settings in keys:
        alike = [dict(others) for name, others in keys if name == base]
        own = dict(settings)
        telling = sorted(
            name
            for name in set().union(*alike)
            if any(other.get(name) != own.get(name) for other in alike)
        )
        said = ", ".join(f"{name}={_shown(own[name])}" for name in telling if name in own)
        names.append(f"{base} ({said})" if said else base)
    return names


def _shown(value: HParam) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
