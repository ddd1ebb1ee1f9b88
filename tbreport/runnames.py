"""Hyper-parameters in the names of runs: ``lr=1e-03,conv=2``, ``lr_1E-03``, ``lr0.01_bs32``."""

from __future__ import annotations

import re

from tbreport.model import HParam

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_PAIR = re.compile(r"(?:^|(?<=[,;&_ ]))([A-Za-z][A-Za-z0-9_.]*?)=([^,;&/\s]+)")
# A name with its number and nothing between says less, so only names that mean a setting count:
# "run1", "version_0", "model6" do not.
_KNOWN = (
    "lr|learning_rate|bs|batch|batch_size|batchsize|wd|weight_decay|seed|dropout|drop|momentum|mom"
    "|hidden|dim|width|depth|layers|nlayers|heads|conv|fc|filters|kernel|units|alpha|beta|beta1|beta2"
    "|gamma|lambda|tau|eps|epsilon|temp|temperature|warmup|clip|ratio|rank|embed|embedding|latent"
)
_JOINED = re.compile(
    rf"(?:^|(?<=[,;&_ \-]))({_KNOWN})[_\-]?({_NUMBER})(?=$|[,;&_ ]|-(?![0-9]))", re.IGNORECASE
)


def hparams_in_name(run: str) -> dict[str, HParam]:
    """The settings that the run's path spells out, in the order in which they stand.

    Pairs with "=" of any name count; a known name directly before a number counts as well. Later
    components of the path win. Numbers come as float, "true" and "false" as bool.
    """
    found: dict[str, HParam] = {}
    for component in run.split("/"):
        pairs = [(match.start(), match[1], match[2]) for match in _PAIR.finditer(component)]
        rest = _PAIR.sub(lambda match: " " * len(match[0]), component)
        pairs += [(match.start(), match[1], match[2]) for match in _JOINED.finditer(rest)]
        found.update((name, _value(value)) for _, name, value in sorted(pairs))
    return found


def _value(text: str) -> HParam:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return float(text) if re.fullmatch(_NUMBER, text) else text
