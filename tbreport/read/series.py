"""Typed series of one run from what its files said: every dialect ends here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from tbreport.limits import Limits
from tbreport.model import (
    Gap,
    GapKind,
    Graph,
    HParams,
    LayoutCategory,
    MeshSeries,
    Profile,
    Run,
    TensorSeries,
)
from tbreport.read import collect, events, graphs, plugins
from tbreport.read.collect import NO_METADATA, Collector
from tbreport.read.columns import Column
from tbreport.read.convert import (
    CONVERTERS,
    MESH_PARTS,
    Common,
    Converter,
    as_logged,
    first_bytes,
    mesh_part,
    mesh_series,
)
from tbreport.read.parts import Part, convert, merge
from tbreport.read.payloads import Buckets, Payloads
from tbreport.read.plugins import BadPayload

_FIELDS = {
    "scalars": "scalars",
    "histograms": "histograms",
    "images": "images",
    "audio": "audio",
    "text": "texts",
    "pr_curves": "pr_curves",
}
_KIND_PLUGINS = {
    collect.SCALAR: "scalars",
    collect.HISTOGRAM: "histograms",
    collect.IMAGE: "images",
    collect.AUDIO: "audio",
}
_SINGLE = ("custom_scalars", "graph_keras_model", "graph_run_metadata", "graph_run_metadata_graph")


def build_run(collector: Collector, name: str, supersede: bool = True) -> Run:
    """The run called ``name`` from everything that was collected.

    With ``supersede`` False every point on disk stays, whatever restarts followed.
    """
    with np.errstate(invalid="ignore"):  # a signalling NaN made wider is a quiet one
        if collector.sole is not None:
            run = collector.sole.run(name, collector.limits)
            if run is not None:
                return run
            collector.sole.feed(collector)
        collector.close()
        return _Builder(collector, supersede).run(name)


class _Builder:
    """Sorts columns by plugin, applies the restart rule and makes the typed series."""

    def __init__(self, collector: Collector, supersede: bool) -> None:
        self._collector = collector
        self._supersede = supersede
        self._gaps: dict[tuple[GapKind, str, str], int] = defaultdict(int)
        self._rank = _file_ranks(collector)
        self._superseded = 0

    def run(self, name: str) -> Run:
        by_plugin = self._columns_by_plugin()
        fields: dict[str, Any] = {field: {} for field in _FIELDS.values()}
        tensors: dict[str, TensorSeries] = {}
        single: dict[str, Any] = {}
        meshes: dict[str, list[Column]] = {}
        for (plugin, tag), columns in by_plugin.items():
            if plugin in _FIELDS:
                series = self._series(CONVERTERS[plugin], tag, columns)
                for column in columns:
                    column.parts = []  # let go of what stands in the series now
                if series.logged:
                    fields[_FIELDS[plugin]][tag] = series
            elif plugin == "mesh":
                meshes[tag] = columns
            elif plugin in _SINGLE:
                single[tag] = (plugin, self._parts(columns, tag, Converter(first_bytes)))
            elif plugin != "hparams":
                tensors[tag] = self._series(as_logged(plugin), tag, columns)
        found, profiles = self._graphs(single)
        return Run(
            name,
            tuple(self._collector.files),
            **fields,
            tensors=tensors,
            meshes=self._meshes(meshes),
            graphs=found,
            layout=self._layout(single),
            hparams=self._hparams(),
            profiles=profiles,
            sessions=tuple(self._collector.sessions),
            superseded=self._superseded,
            gaps=self._all_gaps(),
        )

    def _columns_by_plugin(self) -> dict[tuple[str, str], list[Column]]:
        """Columns of one tag that hold the same kind of data, legacy or not, in one list."""
        result: dict[tuple[str, str], list[Column]] = {}
        for (kind, tag), column in self._collector.columns.items():
            plugin = _KIND_PLUGINS.get(kind) or self._tensor_plugin(tag, column)
            result.setdefault((plugin, tag), []).append(column)
        return result

    def _tensor_plugin(self, tag: str, column: Column) -> str:
        """The plugin that the tag's metadata name, or what a bare tensor must be."""
        plugin = self._collector.metadata.get(tag, NO_METADATA).plugin
        if plugin:
            return plugin
        pieces = [piece.payloads for part in column.parts for piece in part.done]
        found = {plugin for payloads in pieces for plugin in _bare_plugins(payloads)}
        return found.pop() if len(found) == 1 else ""

    def _parts(self, columns: Sequence[Column], tag: str, converter: Converter) -> list[Part]:
        """Convert every value; those that do not fit are counted as gaps and left out."""
        result = []
        for raw in (part for column in columns for part in column.parts):
            part, misfits = convert(raw, converter)
            result.append(part)
            for what in misfits:
                self._count_gap(self._file_name(raw.segment), f"tag {tag!r}: {what}")
        if len(result) > 1:
            result.sort(key=lambda part: self._rank[part.segment])
        return result

    def _count_gap(
        self, file: str, reason: str, kind: GapKind = GapKind.MALFORMED, count: int = 1
    ) -> None:
        self._gaps[kind, file, reason] += count

    def _file_name(self, segment: int) -> str:
        return self._collector.files[self._collector.segments[segment].file].name

    def _merge(self, parts: Sequence[Part], tag: str, converter: Converter) -> tuple[Common, Any]:
        """The common fields of a series and its values, after restarts and ordered by step."""
        segments = []
        if self._supersede and len(parts) > 1:
            segments = [self._collector.segments[part.segment] for part in parts]
        part, logged, superseded = merge(parts, converter, segments)
        self._superseded += superseded
        common = {
            "tag": tag,
            "steps": part.steps,
            "wall_times": part.wall_times,
            "logged": logged,
            "superseded": superseded,
            "description": self._collector.metadata.get(tag, NO_METADATA).description,
        }
        return common, part.values

    def _series(self, converter: Converter, tag: str, columns: Sequence[Column]) -> Any:
        return converter.make(*self._merge(self._parts(columns, tag, converter), tag, converter))

    def _meshes(self, columns_by_tag: dict[str, list[Column]]) -> dict[str, MeshSeries]:
        """Vertices, faces and colours are logged under a tag each; their metadata name the mesh."""
        named: dict[str, dict[str, tuple[dict[str, Any], list[Any]]]] = {}
        configs: dict[str, str] = {}
        for tag, columns in columns_by_tag.items():
            metadata = self._collector.metadata[tag]
            try:
                data = plugins.parse("MeshPluginData", metadata.content)
                if data.content_type not in MESH_PARTS:
                    raise BadPayload("neither vertices nor faces nor colours of a mesh")
            except BadPayload as error:
                count = sum(part.count for column in columns for part in column.parts)
                self._count_gap(self._file_name(0), f"tag {tag!r}: {error}", count=count)
                continue
            mesh = plugins.text(data.name) or tag
            converter = Converter(partial(mesh_part, data.content_type))
            merged = self._merge(self._parts(columns, tag, converter), mesh, converter)
            if merged[1]:
                named.setdefault(mesh, {})[MESH_PARTS[data.content_type][0]] = merged
                configs[mesh] = configs.get(mesh) or plugins.text(data.json_config)
        return {mesh: mesh_series(found, configs[mesh]) for mesh, found in named.items()}

    def _graphs(
        self, single: dict[str, tuple[str, list[Part]]]
    ) -> tuple[tuple[Graph, ...], tuple[Profile, ...]]:
        """Every distinct graph once, and what else was logged as RunMetadata."""
        payloads = [
            (kind, tag, data, value.step) for kind, tag, data, value in self._collector.graphs
        ]
        for tag, (plugin, parts) in single.items():
            if plugin != "custom_scalars":
                payloads += [
                    (plugin, tag, data, int(step))
                    for part in parts
                    for step, data in zip(part.steps, part.values, strict=True)
                ]
        if not payloads:
            return (), ()
        import hashlib  # takes longer to import than a small log to read

        found: dict[bytes, Graph] = {}
        profiles: list[Profile] = []
        for kind, tag, data, step in payloads:
            digest = hashlib.sha256(data).digest()
            if digest in found:
                found[digest] = replace(found[digest], times=found[digest].times + 1)
                continue
            try:
                graph = _graph(kind, tag, data, self._collector.limits)
            except BadPayload as error:
                reason = f"graph {tag!r}: {error}" if tag else f"graph: {error}"
                over = isinstance(error, graphs.TooLarge)
                gap = GapKind.LIMIT if over else GapKind.MALFORMED
                self._count_gap(self._file_name(0), reason, gap)
                continue
            if graph is None:
                profiles.append(Profile(tag, len(data), step))
            else:
                found[digest] = graph
        return tuple(found.values()), tuple(profiles)

    def _layout(self, single: dict[str, tuple[str, list[Part]]]) -> tuple[LayoutCategory, ...]:
        for tag, (plugin, parts) in single.items():
            values = [value for part in parts for value in part.values]
            if plugin == "custom_scalars" and values:
                try:
                    return plugins.layout(values[-1])
                except BadPayload as error:
                    self._count_gap(self._file_name(0), f"tag {tag!r}: {error}")
        return ()

    def _hparams(self) -> HParams | None:
        contents = {
            tag: metadata.content
            for tag, metadata in self._collector.metadata.items()
            if metadata.plugin == "hparams"
        }
        good = []
        for tag, content in contents.items():
            try:
                plugins.parse("HParamsPluginData", content)
            except BadPayload as error:
                self._count_gap(self._file_name(0), f"tag {tag!r}: {error}")
            else:
                good.append(content)
        return plugins.hparams(good)

    def _all_gaps(self) -> tuple[Gap, ...]:
        gaps = list(self._collector.gaps)
        for (gap_kind, file, reason), count in self._gaps.items():
            gaps.append(Gap(gap_kind, file, reason, count=count))
        gaps += self._collector.limit_gaps()
        first = self._file_name(0) if self._collector.files else ""
        for (plugin, tag), count in self._collector.unknown.items():
            what = f"of the plugin {plugin!r}" if plugin else "without content"
            size = self._collector.unknown_bytes[plugin, tag]
            reason = f"tag {tag!r}: values {what}, which nothing here shows"
            gaps.append(Gap(GapKind.UNKNOWN, first, reason, length=size, count=count))
        return tuple(gaps)


def _file_ranks(collector: Collector) -> list[tuple[float, int, int]]:
    """Each segment's place in time: by its file's first event, then by name, then by place."""
    return [
        (
            segment.first_wall_time if segment.first_wall_time == segment.first_wall_time else 0.0,
            segment.file,
            index,
        )
        for index, segment in enumerate(collector.segments)
    ]


def _bare_plugins(payloads: Payloads) -> Iterable[str]:
    """What tensors without metadata look like: scalars, text or neither."""
    if not isinstance(payloads, list):
        return ("" if isinstance(payloads, Buckets) else "scalars",)
    return (
        "text" if value.dtype == object else "" if value.ndim else "scalars" for value in payloads
    )


def _graph(kind: str, tag: str, data: bytes, limits: Limits) -> Graph | None:
    if kind == events.META_GRAPH:
        return graphs.meta_graph_def(data, limits)
    if kind == events.GRAPH:
        return graphs.graph_def(data, limits=limits)
    if kind == "graph_keras_model":
        return graphs.keras_model(data, tag, limits)
    return graphs.run_metadata(data, tag, limits)
