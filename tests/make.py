"""Values of the model for tests, made from the few numbers that a test is about."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tbreport import model
from tbreport.model import EncodedImage, EventFile, ImageSeries, Logs, Run, ScalarSeries, TextSeries
from tbreport.names import natural_key

START = 1_773_565_920.0  # 2026-03-15 09:12 UTC

# The smallest PNG there is: one white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)


def _axes(steps, count, wall_times):
    steps = np.arange(count) if steps is None else np.asarray(steps)
    wall_times = START + np.arange(count) if wall_times is None else wall_times
    return steps.astype(np.int64), np.asarray(wall_times, dtype=np.float64)


def scalar_series(
    tag: str, values: Iterable[float], steps=None, wall_times=None, **about
) -> ScalarSeries:
    """Values at steps 0, 1, 2, ... and one a second, unless said otherwise."""
    values = np.asarray(list(values), dtype=np.float64)
    steps, wall_times = _axes(steps, len(values), wall_times)
    about.setdefault("logged", len(values))
    return ScalarSeries(tag, steps, wall_times, values, **about)


def image_series(
    tag: str, images: int | Sequence[Sequence[bytes]], steps=None, wall_times=None, **about
) -> ImageSeries:
    """``images``: how many steps of one tiny PNG, or the encoded images of each step."""
    batches = [[PNG]] * images if isinstance(images, int) else images
    steps, wall_times = _axes(steps, len(batches), wall_times)
    about.setdefault("logged", len(batches))
    encoded = tuple(tuple(EncodedImage(data) for data in batch) for batch in batches)
    return ImageSeries(tag, steps, wall_times, encoded, **about)


def text_series(tag: str, texts: Sequence[object], steps=None, wall_times=None, **about):
    """Each text is a string, or nested lists of strings for an array."""
    arrays = tuple(np.array(text, dtype=object) for text in texts)
    steps, wall_times = _axes(steps, len(arrays), wall_times)
    about.setdefault("logged", len(arrays))
    return TextSeries(tag, steps, wall_times, arrays, **about)


def histogram_series(tag: str, slices: Sequence[Sequence[Sequence[float]]], steps=None, **about):
    """Each slice is a list of rows (left, right, count), as TF2 logs them."""
    rows = [np.asarray(one, dtype=np.float64).reshape(-1, 3) for one in slices]
    steps, wall_times = _axes(steps, len(rows), None)
    about.setdefault("logged", len(rows))
    unknown = np.full(len(rows), np.nan)
    return model.HistogramSeries(
        tag,
        steps,
        wall_times,
        edges=tuple(one[:, :2] for one in rows),
        counts=tuple(one[:, 2] for one in rows),
        exact=np.zeros(len(rows), dtype=np.bool_),
        minimum=np.array([one[0, 0] if len(one) else np.nan for one in rows]),
        maximum=np.array([one[-1, 1] if len(one) else np.nan for one in rows]),
        num=np.array([one[:, 2].sum() for one in rows]),
        sum=unknown,
        sum_squares=unknown,
        **about,
    )


def event_file(name: str, **about) -> EventFile:
    """A whole event file of 1,000 bytes and 10 records that spans a minute."""
    about = {"size": 1000, "records": 10, "first_wall_time": START, **about}
    about.setdefault("last_wall_time", about["first_wall_time"] + 60)
    return EventFile(name, **about)


def run(
    name: str = ".",
    scalars: Mapping[str, Iterable[float]] | None = None,
    *series: model.Series,
    files: Sequence[EventFile] | None = None,
    **about,
) -> Run:
    """A run of one event file; ``scalars`` are lists of values, ``series`` any kind of series."""
    parts: dict[str, dict[str, model.Series]] = {}
    made = [scalar_series(tag, values) for tag, values in (scalars or {}).items()]
    for one in [*made, *series]:
        parts.setdefault(_FIELDS[type(one)], {})[one.tag] = one
    if files is None:
        files = [
            event_file("events.out.tfevents.1" if name == "." else f"{name}/events.out.tfevents.1")
        ]
    return Run(name, files=tuple(files), **parts, **about)


_FIELDS = {
    ScalarSeries: "scalars",
    ImageSeries: "images",
    TextSeries: "texts",
    model.HistogramSeries: "histograms",
    model.AudioSeries: "audio",
    model.TensorSeries: "tensors",
    model.PrCurveSeries: "pr_curves",
    model.MeshSeries: "meshes",
}


def logs(*runs: Run, gaps: Sequence[model.Gap] = ()) -> Logs:
    """The runs in natural order, as the reader gives them."""
    return Logs(tuple(sorted(runs, key=lambda one: natural_key(one.name))), tuple(gaps))
