"""tbreport reads every TensorBoard run under a log directory and writes one HTML report.

>>> logs = tbreport.read_logs("logs/")
>>> report = tbreport.build_report(logs, title="Nightly")
>>> report.write("report.html")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tbreport.version import VERSION as __version__

if TYPE_CHECKING:
    from tbreport.baseline import read_baseline
    from tbreport.errors import InputError, OutputError, TbreportError
    from tbreport.faults import Fault
    from tbreport.model import Baseline, Finding, Gap, GateResult, Logs, Run, Severity
    from tbreport.options import Options
    from tbreport.read.logdir import read_logs
    from tbreport.report import build_report
    from tbreport.result import Report
    from tbreport.rules import RULES
    from tbreport.rules.kit import Rule
    from tbreport.sections import SECTIONS
    from tbreport.sections.kit import Section

__all__ = [
    "RULES",
    "SECTIONS",
    "Baseline",
    "Fault",
    "Finding",
    "Gap",
    "GateResult",
    "InputError",
    "Logs",
    "Options",
    "OutputError",
    "Report",
    "Rule",
    "Run",
    "Section",
    "Severity",
    "TbreportError",
    "__version__",
    "build_report",
    "read_baseline",
    "read_logs",
]

# Where each public name lives: imported when first asked for, so that ``tbreport --help`` waits for
# neither numpy nor matplotlib.
_HOMES = {
    "RULES": "rules",
    "SECTIONS": "sections",
    "Baseline": "model",
    "Fault": "faults",
    "Finding": "model",
    "Gap": "model",
    "GateResult": "model",
    "InputError": "errors",
    "Logs": "model",
    "Options": "options",
    "OutputError": "errors",
    "Report": "result",
    "Rule": "rules.kit",
    "Run": "model",
    "Section": "sections.kit",
    "Severity": "model",
    "TbreportError": "errors",
    "build_report": "report",
    "read_baseline": "baseline",
    "read_logs": "read.logdir",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
