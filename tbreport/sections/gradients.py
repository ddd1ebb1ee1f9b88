"""Gradients: how they flow over depth and over steps, and how large updates are for the weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.flow import Flow, FlowStep
from tbreport.charts.heatmap import Heatmap
from tbreport.charts.lines import Line, Lines
from tbreport.model import Finding, Logs, Run
from tbreport.options import Options
from tbreport.roles import Quantity, histogram_role, tokens
from tbreport.sections.distributions import pair, summary
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Prose, Section
from tbreport.sections.layers import MOST_STEPS, grid, kernels, layers_of
from tbreport.sections.words import counted, listed
from tbreport.stats import format_number

Floats = NDArray[np.float64]

MOST_RUNS = 60  # with pictures of their own
MOST_PAIRS = 24  # pairs of pictures of gradient histograms, shared fairly between the runs
MOST_NAMES = 60  # layers named under a picture

# Lightning: grad_2.0_norm/<param> or grad_2.0_norm_<param>; others: grad_norm/<param>.
_NORM_TAG = re.compile(
    r"(?:^|/)grad(?:ient)?s?(?:_[0-9.]+)?_norms?[/_](?!total)(.+)$", re.IGNORECASE
)
_TOTAL_TAG = re.compile(
    r"(?:^|/)(?:total_|global_)?grad(?:ient)?s?(?:_[0-9.]+)?_?norms?(?:[_/]total)?$", re.IGNORECASE
)

HOW_TO_LOG = """No run logged gradients. Three lines would do it:

PyTorch, after `loss.backward()`:

```python
for name, parameter in model.named_parameters():
    if parameter.grad is not None:
        writer.add_histogram(f"gradients/{name}", parameter.grad, step)
```

Keras or TensorFlow 2, after `gradients = tape.gradient(loss, model.trainable_variables)`:

```python
for variable, gradient in zip(model.trainable_variables, gradients):
    if gradient is not None:
        tf.summary.histogram(f"gradients/{variable.path}", gradient, step=step)
```

Lightning, in the module's `on_before_optimizer_step(self, optimizer)`:

```python
from lightning.pytorch.utilities import grad_norm

self.log_dict(grad_norm(self, norm_type=2))
```
"""


@dataclass(frozen=True, eq=False)
class _Flow:
    """Gradients of one run: ``rows`` of the measures are layers, columns ``steps``."""

    names: list[str]
    steps: NDArray[np.int64]
    mean: Floats
    largest: Floats
    rms: Floats
    source: str


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """The global norm of all runs, then for each run its flow over depth and over steps."""
    flows = [(place, run, flow) for place, run in logs.coloured if (flow := _flow(run))]
    norms = _norm_panel(logs, flows)
    if not flows and norms is None:
        if not any(run.histograms or run.scalars for run in logs.runs):
            return None
        panel = Panel("No gradients were logged", prose=(Prose(HOW_TO_LOG),), folded=True)
        return Chapter("gradients", "Gradients", (panel,), count=0)
    panels = [norms] if norms else []
    share = max(2, MOST_PAIRS // max(len(flows), 1))
    for place, run, flow in flows[:MOST_RUNS]:
        panels += _panels(run, place, flow, share)
    notes: tuple[Note, ...] = ()
    if len(flows) > MOST_RUNS:
        left = len(flows) - MOST_RUNS
        text = f"The gradients of {counted(left, 'further run')} are not shown: choose with --runs."
        notes = (Note(text, left_out=left),)
    count = max((len(flow.names) for _, _, flow in flows), default=0)
    return Chapter("gradients", "Gradients", tuple(panels), count=count, notes=notes)


def _flow(run: Run) -> _Flow | None:
    """The gradients of a run from histograms, else from norms by parameter, else from tensors."""
    layers = kernels(layers_of(run, (Quantity.GRADIENT,)))
    if layers:
        steps, rms = grid(layers, "rms")
        names = [layer.role.parameter for layer in layers]
        mean, largest = grid(layers, "mean_abs")[1], grid(layers, "largest")[1]
        return _Flow(names, steps, mean, largest, rms, "histograms")
    return _flow_of_norms(run) or _flow_of_tensors(run)


def _flow_of_norms(run: Run) -> _Flow | None:
    """Norms by parameter say nothing of single elements: they stand for all three measures."""
    named = {
        match[1]: series
        for tag, series in run.scalars.items()
        if (match := _NORM_TAG.search(tag)) and len(series)
    }
    weights = {
        name: series
        for name, series in named.items()
        if {"bias", "biases"}.isdisjoint(tokens(name))
    } or named
    if not weights:
        return None
    rows = [(s.steps, s.values) for s in weights.values()]
    steps, values = _aligned(rows)
    return _Flow(list(weights), steps, values, values, values, "norms")


def _flow_of_tensors(run: Run) -> _Flow | None:
    """Gradients that were logged as plain arrays: every measure is exact."""
    found = {
        tag: series
        for tag, series in run.tensors.items()
        if histogram_role(tag).quantity is Quantity.GRADIENT
        and len(series)
        and all(value.dtype != object and value.size for value in series.values)
    }
    if not found:
        return None
    measures = []
    for measure in (np.mean, np.max, lambda a: np.sqrt(np.mean(a**2))):
        rows = [
            (s.steps, np.array([measure(np.abs(np.asarray(v, np.complex128))) for v in s.values]))
            for s in found.values()
        ]
        steps, values = _aligned(rows)
        measures.append(values)
    mean, largest, rms = measures
    return _Flow(list(found), steps, mean, largest, rms, "tensors")


def _aligned(rows: Sequence[tuple[NDArray[np.int64], Floats]]) -> tuple[NDArray[np.int64], Floats]:
    """Rows of values on the union of their steps, NaN where a row has none."""
    steps = np.unique(np.concatenate([row for row, _ in rows]))
    if len(steps) > MOST_STEPS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)]
    values = np.full((len(rows), len(steps)), np.nan)
    for row, (own, numbers) in zip(values, rows, strict=True):
        places = np.searchsorted(steps, own)
        inside = places < len(steps)
        inside[inside] = steps[places[inside]] == own[inside]
        row[places[inside]] = numbers[inside]
    return steps, values


def _norm_panel(logs: Logs, flows: Sequence[tuple[int, Run, _Flow]]) -> Panel | None:
    """One chart with the global gradient norm of every run: logged, or from exact histograms."""
    lines, said, runs = [], [], []
    for place, run in logs.coloured:
        found = _global_norm(run)
        if found is None:
            continue
        steps, norm, source = found
        lines.append(Line.of(steps.astype(np.float64), norm, place))
        runs.append(run.name)
        said.append(source)
    if not lines:
        return None
    finite = np.concatenate([line.raw.high for line in lines])
    finite = finite[np.isfinite(finite) & (finite > 0)]
    log = len(finite) > 0 and finite.max() / finite.min() > 30
    alt = f"Global gradient norm over steps of {listed(runs, 6)}."
    return Panel(
        "Global gradient norm",
        small=" · ".join([*sorted(set(said)), *(["log y"] if log else [])]),
        runs=tuple(runs),
        figures=(Figure(Lines(alt, tuple(lines), log_y=bool(log))),),
    )


def _global_norm(run: Run) -> tuple[NDArray[np.int64], Floats, str] | None:
    for tag, series in run.scalars.items():
        if _TOTAL_TAG.search(tag) and len(series):
            return series.steps, series.values, "as logged"
    layers = layers_of(run, (Quantity.GRADIENT,))
    if not layers or not all(layer.moments.exact for layer in layers):
        return None
    rows = [(one.series.steps, one.series.sum_squares) for one in layers]
    steps, squares = _aligned(rows)
    return steps, np.sqrt(np.nansum(squares, axis=0)), "from histograms"


def _panels(run: Run, place: int, flow: _Flow, share: int) -> Iterator[Panel]:
    figures = []
    if len(flow.names) > 1:
        figures.append(Figure(_flow_chart(run, flow), _flow_caption(flow)))
    figures += _heat_map(run, flow)
    ratio = _ratio(run, flow)
    if ratio is not None:
        figures.append(ratio)
    key = ", ".join(f"{place} {name}" for place, name in enumerate(flow.names[:MOST_NAMES], 1))
    more = "" if len(flow.names) <= MOST_NAMES else f", … {len(flow.names)} {flow.names[-1]}"
    layers = layers_of(run, (Quantity.GRADIENT,))
    yield Panel(
        run.name,
        small=f"{counted(len(flow.names), 'layer')} from {flow.source}",
        runs=(run.name,),
        figures=tuple(figures),
        tables=(summary(layers, place, "Gradients", folded=True),) if layers else (),
        notes=(Note(f"Layers, input to output: {key}{more}."),),
        wide=True,
    )
    ranked = sorted(kernels(layers), key=lambda one: (-one.change, one.tag))[:share]
    pairs = [
        Figure(figure.chart, f"{layer.role.parameter}: {figure.caption}")
        for layer in kernels(layers)
        if layer in ranked
        for figure in pair(layer, run.name, place)
    ]
    if pairs:
        yield Panel(
            f"{run.name}: gradient histograms",
            small=counted(len(pairs) // 2, "layer"),
            runs=(run.name,),
            figures=tuple(pairs),
            wide=True,
            folded=True,
        )


def _flow_chart(run: Run, flow: _Flow) -> Flow:
    columns = sorted({0, (len(flow.steps) - 1) // 2, len(flow.steps) - 1})
    steps = tuple(
        FlowStep(int(flow.steps[column]), flow.mean[:, column], flow.largest[:, column])
        for column in columns
    )
    last = flow.rms[:, -1]
    dead = [name for name, value in zip(flow.names, last, strict=True) if value == 0]
    low, high = (
        (format_number(float(f(last))) for f in (np.nanmin, np.nanmax))
        if (np.isfinite(last).any())
        else ("?", "?")
    )
    when = ", ".join(f"{step.step:,}" for step in steps)
    alt = (
        f"Mean and largest gradient of {counted(len(flow.names), 'layer')} of {run.name} at steps "
        f"{when}; RMS at the last step from {low} to {high}."
    )
    if dead:
        alt += f" Exactly zero: {listed(dead, 6)}."
    return Flow(alt, steps)


def _flow_caption(flow: _Flow) -> str:
    columns = sorted({0, (len(flow.steps) - 1) // 2, len(flow.steps) - 1})
    steps = ", ".join(f"{flow.steps[column]:,}" for column in columns)
    when = f"at steps {steps}, the darker the later"
    if flow.source == "norms":
        return f"norm of each parameter's gradient over depth {when}"
    return f"mean (line) and largest (triangles) |gradient| over depth {when}; × is exactly zero"


def _heat_map(run: Run, flow: _Flow) -> list[Figure]:
    if len(flow.steps) < 2 or len(flow.names) < 2:
        return []
    what = "norm" if flow.source == "norms" else "RMS"
    alt = (
        f"Gradient {what} of {counted(len(flow.names), 'layer')} of {run.name} over steps "
        f"{flow.steps[0]:,} to {flow.steps[-1]:,}."
    )
    chart = Heatmap(alt, flow.rms, x=flow.steps.astype(np.float64), log=True)
    return [Figure(chart, f"{what} by layer and step, logarithmic")]


def _ratio(run: Run, flow: _Flow) -> Figure | None:
    """Learning rate x RMS of the gradient / RMS of the weight, layer by step."""
    if flow.source != "histograms":
        return None
    rate = next(
        (
            series
            for tag, series in run.scalars.items()
            if len(series) and (not {"lr"}.isdisjoint(tokens(tag)) or "learning_rate" in tag)
        ),
        None,
    )
    weights = {layer.role.parameter: layer for layer in layers_of(run, (Quantity.PARAMETER,))}
    if rate is None or not set(flow.names) <= set(weights):
        return None
    rows = [weights[name] for name in flow.names]
    values = np.full(flow.rms.shape, np.nan)
    for row, layer in enumerate(rows):
        own = np.interp(flow.steps, layer.series.steps, layer.moments.rms)
        with np.errstate(divide="ignore", invalid="ignore"):
            values[row] = flow.rms[row] / own
    values = values * np.interp(flow.steps, rate.steps, rate.values)
    values[~np.isfinite(values)] = np.nan
    if not np.isfinite(values).any() or len(flow.steps) < 2 or len(rows) < 2:
        return None
    alt = f"Update-to-weight ratio of plain SGD for {counted(len(rows), 'layer')} of {run.name}."
    chart = Heatmap(alt, values, x=flow.steps.astype(np.float64), log=True)
    caption = (
        "learning rate × RMS gradient / RMS weight: the update ratio of plain SGD, 1e-3 is usual"
    )
    return Figure(chart, caption)


GRADIENTS = Section(
    "gradients",
    "Gradients",
    "How gradients flow over depth and steps, their norm, and the size of updates.",
    build,
)
