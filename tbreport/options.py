"""One frozen value with every choice a user can make: defaults < config file < command line."""

from __future__ import annotations

from dataclasses import dataclass

X_AXES = ("step", "relative", "wall")


@dataclass(frozen=True)
class Options:
    """How the report is to be made; the field names are the config keys and the long flags."""

    title: str = ""
    comment: str = ""
    runs: str = ""
    tags: str = ""
    section: tuple[str, ...] = ()
    skip_section: tuple[str, ...] = ()
    smoothing: float = 0.6
    x_axis: str = "step"
    log_y: str = ""
    image_steps: int = 6
    jobs: int = 0
    strict: bool = False
    stamp: bool = False
