"""What the logs say: frozen plain values, whoever wrote them and in whatever dialect.

A *run* is a directory with event files. A run holds *series*: the values of one tag over steps.
Arrays in these values are not to be changed; two values are equal only if they are the same object.
Mappings keep the order in which tags first appeared, which is network order for most writers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class GapKind(StrEnum):
    """Why a piece of a log file is not in the report."""

    DAMAGED = "damaged"  # bytes that are no record with two right checksums
    PARTIAL_TAIL = "partial tail"  # the last record is still being written, or was cut
    ZERO_TAIL = "zero tail"  # preallocated or lost to a power failure
    UNREADABLE = "unreadable"  # the file could not be opened or read
    REFUSED = "refused"  # a path or payload that is not to be trusted
    UNKNOWN = "unknown"  # a payload nobody here understands
    MALFORMED = "malformed"  # right checksums, but the content is not what it says it is
    LIMIT = "limit"  # a stated limit was reached


@dataclass(frozen=True)
class Gap:
    """Something in the log files that is not in the report.

    ``file`` is relative to the log directory; ``offset`` and ``length`` are in bytes (``offset`` is
    None where the gap has no place in a file); ``count`` is how many values it stands for.
    """

    kind: GapKind
    file: str
    reason: str
    offset: int | None = None
    length: int = 0
    count: int = 1


@dataclass(frozen=True)
class EventFile:
    """One event file as it was read.

    ``name`` is relative to the log directory; ``size`` in bytes as of opening; ``records`` counts
    records with right checksums; the wall times (seconds since 1970, UTC) are those of the first
    and last event, NaN when there is none.
    """

    name: str
    size: int
    records: int
    first_wall_time: float
    last_wall_time: float
    version: str = ""  # "brain.Event:2"; empty when the file has none
    writer: str = ""  # what the file says wrote it


@dataclass(frozen=True, eq=False)
class Series:
    """The values of one tag of one run, ordered by step; equal steps keep their order of arrival.

    ``steps`` int64 and ``wall_times`` float64 (seconds since 1970, UTC) both have shape (n,).
    ``logged`` counts the values on disk, before restarts superseded ``superseded`` of them and
    before media were thinned out.
    """

    tag: str
    steps: Ints
    wall_times: Floats
    logged: int = field(default=0, kw_only=True)
    superseded: int = field(default=0, kw_only=True)
    description: str = field(default="", kw_only=True)

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, eq=False)
class ScalarSeries(Series):
    """``values``: float64, shape (n,); float32 values of the log are exact in it."""

    values: Floats


@dataclass(frozen=True, eq=False)
class HistogramSeries(Series):
    """Histograms over steps.

    ``counts[i]`` (float64, shape (k,)) are the bucket counts of the i-th histogram and ``edges[i]``
    its edges: shape (k,) upper limits where the writer kept a legacy ``HistogramProto`` (then
    ``exact[i]`` is True), shape (k, 2) left and right edges for TF2's tensors. ``minimum``,
    ``maximum``, ``num``, ``sum`` and ``sum_squares`` have shape (n,); the last two are NaN where
    the dialect does not keep them. ``buckets(i)`` gives one form for both.
    """

    edges: Sequence[Floats]
    counts: Sequence[Floats]
    exact: NDArray[np.bool_]
    minimum: Floats
    maximum: Floats
    num: Floats
    sum: Floats
    sum_squares: Floats

    def buckets(self, index: int) -> Floats:
        """Rows (left, right, count) of one histogram, float64, shape (k, 3); (0, 3) when empty.

        Legacy histograms are converted as TensorBoard's ``data_compat.py`` does: empty buckets at
        both ends are dropped and the outermost edges replaced by the minimum and maximum.
        """
        edges, counts = self.edges[index], self.counts[index]
        if not self.exact[index]:
            return np.column_stack([edges, counts])
        filled = np.flatnonzero(counts > 0)
        if not len(filled):
            return np.zeros((0, 3))
        first, last = int(filled[0]), int(filled[-1])
        right = edges[first : last + 1].copy()
        left = np.empty_like(right)
        left[1:] = right[:-1]
        left[0], right[-1] = self.minimum[index], self.maximum[index]
        return np.column_stack([left, right, counts[first : last + 1]])


@dataclass(frozen=True)
class EncodedImage:
    """One logged image, still encoded; ``width`` and ``height`` are what the log claims, if any."""

    data: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True, eq=False)
class ImageSeries(Series):
    """``images[i]``: the images of the i-th step that was kept (a batch may hold several)."""

    images: tuple[tuple[EncodedImage, ...], ...]


@dataclass(frozen=True)
class AudioClip:
    """One logged sound, still encoded; ``sample_rate`` in Hz, 0 where the log does not say."""

    data: bytes
    content_type: str = ""
    sample_rate: float = 0.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class AudioSeries(Series):
    """``clips[i]``: the sounds of the i-th step that was kept."""

    clips: tuple[tuple[AudioClip, ...], ...]


@dataclass(frozen=True, eq=False)
class TextSeries(Series):
    """``texts[i]``: a str array (dtype object) of any rank: () is one text, rank 2 a table."""

    texts: tuple[NDArray[np.object_], ...]


@dataclass(frozen=True, eq=False)
class TensorSeries(Series):
    """``values[i]``: a numeric array as logged; ``plugin`` names who logged it ("" if unknown)."""

    values: tuple[NDArray[np.generic], ...]
    plugin: str = ""


@dataclass(frozen=True, eq=False)
class PrCurveSeries(Series):
    """``curves[i]``: float64 (6, n): TP, FP, TN, FN, precision, recall over linspace thresholds."""

    curves: tuple[Floats, ...]


@dataclass(frozen=True)
class MeshStep:
    """One mesh or point cloud batch.

    ``vertices`` float32 (batch, n, 3); ``faces`` int32 (batch, m, 3); ``colors`` uint8
    (batch, n, 3 or 4); parts that were not logged are None.
    """

    vertices: NDArray[np.float32] | None
    faces: NDArray[np.int32] | None
    colors: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class MeshSeries(Series):
    """``meshes[i]``: the mesh of the i-th step; ``config`` the JSON the user gave three.js."""

    meshes: tuple[MeshStep, ...]
    config: str = ""


@dataclass(frozen=True)
class GraphNode:
    """One node: ``inputs`` are names without ``^`` and ``:k``; unknown dimensions are -1."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    device: str = ""
    dtype: str = ""
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """A network graph; ``kind`` is where it came from.

    kinds: ``graph_def``, ``meta_graph_def``, ``keras_model``, ``run_metadata``. ``functions`` are
    the bodies of library functions (TF2), by name. ``size`` in bytes as logged; ``times`` how often
    the very same graph was logged.
    """

    tag: str
    kind: str
    nodes: tuple[GraphNode, ...]
    functions: Mapping[str, tuple[GraphNode, ...]]
    size: int
    times: int = 1


HParam = float | bool | str


@dataclass(frozen=True, eq=False)
class HParams:
    """What the hparams plugin logged in one run (or a file of settings beside it).

    ``values`` are the session's hyper-parameters; ``metrics`` the (group, tag) pairs the experiment
    names; ``status`` is "success", "failure", "running" or "unknown"; times in seconds, NaN if
    none.
    """

    values: Mapping[str, HParam]
    metrics: tuple[tuple[str, str], ...] = ()
    group: str = ""
    status: str = "unknown"
    start_time: float = float("nan")
    end_time: float = float("nan")
    source: str = "hparams plugin"


@dataclass(frozen=True)
class LayoutChart:
    """One chart of a custom-scalars layout: tags as regexes, or margins (value, lower, upper)."""

    title: str
    tags: tuple[str, ...] = ()
    margins: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class LayoutCategory:
    """One category of a custom-scalars layout."""

    title: str
    charts: tuple[LayoutChart, ...]
    closed: bool = False


@dataclass(frozen=True)
class SessionEvent:
    """``SessionLog``: ``status`` is "start", "stop" or "checkpoint"."""

    status: str
    step: int
    wall_time: float
    path: str = ""


@dataclass(frozen=True)
class Profile:
    """Step statistics logged as ``RunMetadata``: listed, with their size in bytes."""

    tag: str
    size: int
    step: int


class TensorRole(StrEnum):
    """What a tensor of a checkpoint is there for."""

    PARAMETER = "parameter"  # what training learns
    STATISTIC = "statistic"  # running means and variances, moving averages of parameters
    OPTIMIZER = "optimizer"  # moments and other slots
    STATE = "state"  # counters, seeds, scores


@dataclass(frozen=True, eq=False)
class CheckpointTensor:
    """One tensor of a checkpoint.

    ``name`` is what the framework calls it ("conv/kernel"), ``key`` what the file does; ``dtype``
    the file's ("bfloat16"); ``values`` has ``shape`` (bfloat16 as float32), or is None where it was
    not read: optimizer slots, and what is too large, damaged or missing. ``layout`` is "HWIO" or
    "OIHW" where the format tells the order of a convolution kernel's axes.
    """

    name: str
    key: str
    shape: tuple[int, ...]
    dtype: str
    role: TensorRole = TensorRole.PARAMETER
    values: NDArray[Any] | None = None
    layout: str = ""

    def kernels(self) -> NDArray[Any] | None:
        """Convolution kernels as (out, in, height, width), or None unless rank 4 and read.

        A format that does not tell the order of axes leaves it to the shape: two small equal axes
        in front and none behind are height and width first.
        """
        if self.values is None or len(self.shape) != 4:
            return None
        front, back = self.shape[:2], self.shape[2:]
        small_front = front[0] == front[1] <= 11  # 11x11: AlexNet's, the largest in common use
        guess = "HWIO" if small_front and not back[0] == back[1] <= 11 else "OIHW"
        return (
            self.values.transpose(3, 2, 0, 1) if (self.layout or guess) == "HWIO" else self.values
        )


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One checkpoint beside a run's event files.

    ``name`` is relative to the log directory; ``format`` one of "TensorFlow bundle", "torch",
    "safetensors", "numpy", "Keras HDF5" ("" where it was not opened); ``step`` what its name or
    content says, else None; ``size`` in bytes; ``tensors`` by name, in the order of the file.
    ``read`` is False for a checkpoint that is only listed, since others were chosen to be read.
    """

    name: str
    format: str
    size: int
    step: int | None = None
    tensors: Mapping[str, CheckpointTensor] = field(default_factory=dict)
    read: bool = True

    @property
    def parameters(self) -> tuple[CheckpointTensor, ...]:
        """The tensors that training learns."""
        wanted = TensorRole.PARAMETER
        return tuple(tensor for tensor in self.tensors.values() if tensor.role is wanted)


@dataclass(frozen=True, eq=False)
class Embedding:
    """Points of an embedding with their labels, as the projector shows them.

    ``values``: float32 (n, d), of ``rows`` rows on disk; ``labels``: a column of metadata by its
    header ("label" where there is none), n strings each; ``sprite``: an encoded PNG or JPEG of
    tiles of ``sprite_tile`` (width, height) pixels in row order, to be decoded with care;
    ``source``: the file the values are from, relative to the log directory, or the tag.
    """

    name: str
    step: int | None
    values: NDArray[np.float32]
    labels: Mapping[str, tuple[str, ...]]
    source: str
    rows: int
    sprite: bytes | None = None
    sprite_tile: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class Run:
    """Everything one directory of event files says."""

    name: str
    files: tuple[EventFile, ...] = ()
    scalars: Mapping[str, ScalarSeries] = field(default_factory=dict)
    histograms: Mapping[str, HistogramSeries] = field(default_factory=dict)
    images: Mapping[str, ImageSeries] = field(default_factory=dict)
    audio: Mapping[str, AudioSeries] = field(default_factory=dict)
    texts: Mapping[str, TextSeries] = field(default_factory=dict)
    tensors: Mapping[str, TensorSeries] = field(default_factory=dict)
    pr_curves: Mapping[str, PrCurveSeries] = field(default_factory=dict)
    meshes: Mapping[str, MeshSeries] = field(default_factory=dict)
    graphs: tuple[Graph, ...] = ()
    layout: tuple[LayoutCategory, ...] = ()
    hparams: HParams | None = None
    profiles: tuple[Profile, ...] = ()
    sessions: tuple[SessionEvent, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    embeddings: tuple[Embedding, ...] = ()
    superseded: int = 0
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Trace:
    """A file that a profiler or debugger left beside the event files: listed, not opened.

    ``name`` is relative to the log directory, ``run`` the directory it belongs to (which may hold
    no event file); ``tool`` what wrote it, ``session`` and ``host`` what its name says of when and
    where, "" where it does not; ``size`` in bytes.
    """

    name: str
    run: str
    tool: str
    session: str
    host: str
    size: int


@dataclass(frozen=True)
class Group:
    """Two or more runs of one configuration, by name, in the order of the logs."""

    name: str
    runs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Logs:
    """All runs in natural order, and what could not be attributed to one of them.

    ``groups`` are the runs that are to be read together; a run is in one of them at most.
    ``baseline`` is what they are to be compared with.
    """

    runs: tuple[Run, ...]
    gaps: tuple[Gap, ...] = ()
    traces: tuple[Trace, ...] = ()
    groups: tuple[Group, ...] = ()
    baseline: Baseline | None = None

    @property
    def all_gaps(self) -> tuple[Gap, ...]:
        """The gaps of the log directories and of every run, in that order."""
        return self.gaps + tuple(gap for run in self.runs for gap in run.gaps)

    @property
    def coloured(self) -> tuple[tuple[int, Run], ...]:
        """Every run with the number of its colour: its place, where a group counts as one run."""
        owner = {run: place for place, group in enumerate(self.groups) for run in group.runs}
        numbers: dict[int | str, int] = {}
        return tuple(
            (numbers.setdefault(owner.get(run.name, run.name), len(numbers)), run)
            for run in self.runs
        )


class Severity(StrEnum):
    """How ill a training is, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What a rule has to say about the training.

    ``runs`` names every run it holds for; ``value`` and ``threshold`` are what was measured and the
    limit it crossed; ``message`` says what, ``remedy`` what to do, in one sentence each;
    ``consequences`` are titles of findings that this one explains; ``cases`` are the findings of
    single trainings where one entry stands for several.
    """

    rule: str
    severity: Severity
    runs: tuple[str, ...]
    message: str
    remedy: str
    tag: str = ""
    step: int | None = None
    value: float | None = None
    threshold: float | None = None
    consequences: tuple[str, ...] = ()
    cases: tuple[Finding, ...] = ()

    def about(self, tag: str) -> tuple[Finding, ...]:
        """What it says of one tag: itself, or its cases where these are of several tags."""
        if all(case.tag == self.tag for case in self.cases):
            return (self,) if self.tag == tag else ()
        return tuple(case for case in self.cases if case.tag == tag)


@dataclass(frozen=True)
class Check:
    """What came of one rule: ``state`` is "found", "fine" or "not run", for ``reason``.

    ``rule`` is its id; ``why`` says to the reader what it is good for.
    """

    rule: str
    title: str
    why: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Measured:
    """What one run has for a gate.

    ``value`` is what was compared: a value of the tag, seconds, or for a delta the difference from
    the baseline, relative where the gate is; ``words`` say it with its step or its two sides.
    """

    run: str
    value: float
    words: str
    tripped: bool


@dataclass(frozen=True)
class GateResult:
    """What came of one gate: ``state`` is "tripped", "passed" or "error" (it can't be measured).

    ``message`` says why in one sentence; ``measured`` has every run that has the metric.
    """

    expression: str
    state: str
    message: str
    tag: str = ""
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True)
class Judgement(Sequence[Finding]):
    """The findings in their order, and with them all that was looked at."""

    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    gates: tuple[GateResult, ...] = ()

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, place: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[place]

    def __len__(self) -> int:
        return len(self.findings)


@dataclass(frozen=True)
class Reading:
    """One value of a series and where it stands."""

    value: float
    step: int


@dataclass(frozen=True, eq=False)
class Thinned:
    """A curve thinned out to at most a few hundred columns, each with its lowest and highest value.

    All arrays are float64 of shape (m,); ``x`` are steps, or places in order of arrival where all
    steps are equal; ``seconds`` are since the first value, NaN where there is no time. ``low is
    high`` where nothing was thinned out; NaN marks a column without a finite value.
    """

    x: Floats
    seconds: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class ScalarSummary:
    """The numbers of one scalar series, of all its points.

    ``count`` points, of which ``finite`` are numbers; ``lowest``, ``highest`` and ``mean`` are of
    those, None without any; ``first`` and ``last`` are as logged.
    """

    count: int
    finite: int
    first: Reading
    last: Reading
    lowest: Reading | None
    highest: Reading | None
    mean: float | None
    curve: Thinned


@dataclass(frozen=True, eq=False)
class RunSummary:
    """The numbers of one run; ``scalars`` by tag, ``status`` "" where no session says it.

    Times in seconds, wall times since 1970, UTC; ``runtime`` without the pauses between files.
    """

    name: str
    files: tuple[str, ...] = ()
    size: int = 0
    events: int = 0
    values: int = 0
    superseded: int = 0
    last_step: int | None = None
    first_wall_time: float | None = None
    last_wall_time: float | None = None
    runtime: float | None = None
    status: str = ""
    hparams: Mapping[str, HParam] = field(default_factory=dict)
    scalars: Mapping[str, ScalarSummary] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Baseline:
    """What the logs are compared with: other logs, one of their own runs, or an earlier report.

    ``findings`` are those of its runs and ``checked`` the rules that could be checked then.
    ``within`` names those of the logs' own runs that are the baseline.
    """

    runs: tuple[RunSummary, ...]
    groups: tuple[Group, ...] = ()
    findings: tuple[Finding, ...] = ()
    checked: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()
