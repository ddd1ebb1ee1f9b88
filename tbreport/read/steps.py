"""The training step that a checkpoint's file name tells."""

from __future__ import annotations

import re

PART = re.compile(r"-\d{5}-of-\d{5}")  # of one checkpoint in several files
# Tried in turn: a step is worth more than an epoch, a word more than a bare number.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![a-z])(?:global[-_]?)?steps?[-_=]?(\d{1,18})(?!\d)",  # Lightning: epoch=2-step=3750
        r"(?<!\d)(\d{1,18})[-_]?(?:steps?|iterations?|iters?)(?![a-z])",  # rl_model_1000_steps
        r"(?<![a-z])(?:iteration|iter|it)s?[-_=]?(\d{1,18})(?!\d)",
        r"(?:ckpt|checkpoint)[-_=.]?(\d{1,18})(?!\d)",  # TensorFlow: model.ckpt-1000
        r"(?<![a-z])(?:epochs?|ep)[-_=]?(\d{1,18})(?!\d)",
        r"(?<!\d)(\d{1,18})[-_]?epochs?(?![a-z])",
        r"(?<![a-z])(?:model|weights?|net|params|policy)[-_.=]?(\d{1,18})(?!\d)",
        r"^(\d{1,18})$",
        r"-(\d{1,18})$",
    )
)


def step_of(*names: str) -> int | None:
    """The step in the first of ``names`` (without suffixes) that tells one, or None."""
    for name in names:
        for pattern in _PATTERNS:
            found = pattern.search(PART.sub("", name))
            if found:
                return int(found[1])
    return None
