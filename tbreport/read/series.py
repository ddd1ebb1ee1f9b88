"""Typed series of one run from what its files said: every dialect ends here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tbreport.model import (
    Floats,
    Gap,
    GapKind,
    Graph,
    HParams,
    Ints,
    LayoutCategory,
    MeshSeries,
    Profile,
    Run,
    TensorSeries,
)
from tbreport.read import collect, events, graphs, plugins, restarts
from tbreport.read.collect import Collector, Metadata
from tbreport.read.convert import MAKERS, MESH_PARTS, Unfit, first_bytes, mesh_part, mesh_series
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


@dataclass
class _Part:
    """Converted values of one tag in one segment."""

    segment: int
    steps: Ints
    wall_times: Floats
    values: list[Any]


def build_run(collector: Collector, name: str, supersede: bool = True) -> Run:
    """The run called ``name`` from everything that was collected.

    With ``supersede`` False every point on disk stays, whatever restarts followed.
    """
    return _Builder(collector, supersede).run(name)


class _Builder:
    """Sorts columns by plugin, applies the restart rule and makes the typed series."""

    def __init__(self, collector: Collector, supersede: bool) -> None:
        self._collector = collector
        self._supersede = supersede
        self._gaps: dict[tuple[str, str], int] = {}
        self._rank = _file_ranks(collector)
        self._superseded = 0

    def run(self, name: str) -> Run:
        by_plugin = self._columns_by_plugin()
        fields: dict[str, dict[str, Any]] = {field: {} for field in _FIELDS.values()}
        tensors: dict[str, TensorSeries] = {}
        single: dict[str, Any] = {}
        meshes: dict[str, list[collect.Column]] = {}
        for (plugin, tag), columns in by_plugin.items():
            if plugin in _FIELDS:
                series = self._series(plugin, tag, columns)
                if series is not None:
                    fields[_FIELDS[plugin]][tag] = series
            elif plugin == "mesh":
                meshes[tag] = columns
            elif plugin in _SINGLE:
                single[tag] = (plugin, self._parts(columns, tag, first_bytes))
            elif plugin != "hparams":
                tensors[tag] = self._tensor_series(plugin, tag, columns)
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

    def _columns_by_plugin(self) -> dict[tuple[str, str], list[collect.Column]]:
        """Columns of one tag that hold the same kind of data, legacy or not, in one list."""
        result: dict[tuple[str, str], list[collect.Column]] = {}
        for (kind, tag), column in self._collector.columns.items():
            plugin = _KIND_PLUGINS.get(kind) or self._tensor_plugin(tag, column)
            result.setdefault((plugin, tag), []).append(column)
        return result

    def _tensor_plugin(self, tag: str, column: collect.Column) -> str:
        """The plugin that the tag's metadata name, or what a bare tensor must be."""
        plugin = self._collector.metadata.get(tag, Metadata()).plugin
        if plugin:
            return plugin
        values = [value for part in column.parts for value in part.payloads]
        if all(value.ndim == 0 and value.dtype != object for value in values):
            return "scalars"
        return "text" if all(value.dtype == object for value in values) else ""

    def _parts(
        self, columns: Iterable[collect.Column], tag: str, convert: Callable[[Any], Any]
    ) -> list[_Part]:
        """Convert every value; those that do not fit are counted as gaps and left out."""
        result = []
        for raw in (part for column in columns for part in column.parts):
            part = _Part(raw.segment, np.array(raw.steps), np.array(raw.wall_times), [])
            fit = np.ones(len(raw.steps), bool)
            for index, payload in enumerate(raw.payloads):
                try:
                    part.values.append(None if payload is None else convert(payload))
                except Unfit as error:
                    fit[index] = False
                    key = (self._file_name(raw.segment), f"tag {tag!r}: {error}")
                    self._gaps[key] = self._gaps.get(key, 0) + 1
            part.steps, part.wall_times = part.steps[fit], part.wall_times[fit]
            result.append(part)
        return sorted(result, key=lambda part: self._rank[part.segment])

    def _file_name(self, segment: int) -> str:
        return self._collector.files[self._collector.segments[segment].file].name

    def _merge(self, parts: Sequence[_Part], tag: str) -> tuple[dict[str, Any], list[Any]]:
        """The common fields of a series and its values, after restarts and ordered by step."""
        steps = np.concatenate([part.steps for part in parts]).astype(np.int64)
        walls = np.concatenate([part.wall_times for part in parts]).astype(np.float64)
        values = [value for part in parts for value in part.values]
        logged = len(steps)
        keep = np.ones(logged, bool)
        if self._supersede:
            segments = [self._collector.segments[part.segment] for part in parts]
            keep = np.concatenate(restarts.kept([part.steps for part in parts], segments))
        superseded = int(logged - keep.sum())
        self._superseded += superseded
        # Thinned media have no payload any more; their steps were counted above.
        keep &= np.fromiter((value is not None for value in values), bool, logged)
        order = np.flatnonzero(keep)
        order = order[np.argsort(steps[order], kind="stable")]
        common = {
            "tag": tag,
            "steps": steps[order],
            "wall_times": walls[order],
            "logged": logged,
            "superseded": superseded,
            "description": self._collector.metadata.get(tag, Metadata()).description,
        }
        return common, [values[index] for index in order]

    def _series(self, plugin: str, tag: str, columns: Sequence[collect.Column]) -> Any:
        convert, make = MAKERS[plugin]
        common, values = self._merge(self._parts(columns, tag, convert), tag)
        return make(common, values) if common["logged"] else None

    def _tensor_series(
        self, plugin: str, tag: str, columns: Sequence[collect.Column]
    ) -> TensorSeries:
        common, values = self._merge(self._parts(columns, tag, lambda value: value), tag)
        return TensorSeries(**common, values=tuple(values), plugin=plugin)

    def _meshes(self, columns_by_tag: dict[str, list[collect.Column]]) -> dict[str, MeshSeries]:
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
                count = sum(len(part.steps) for column in columns for part in column.parts)
                self._gaps[self._file_name(0), f"tag {tag!r}: {error}"] = count
                continue
            mesh = plugins.text(data.name) or tag
            parts = self._parts(columns, tag, partial(mesh_part, data.content_type))
            merged = self._merge(parts, mesh)
            if merged[1]:
                named.setdefault(mesh, {})[MESH_PARTS[data.content_type][0]] = merged
                configs[mesh] = configs.get(mesh) or plugins.text(data.json_config)
        return {mesh: mesh_series(found, configs[mesh]) for mesh, found in named.items()}

    def _graphs(
        self, single: dict[str, tuple[str, list[_Part]]]
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
        found: dict[bytes, Graph] = {}
        profiles: list[Profile] = []
        for kind, tag, data, step in payloads:
            digest = hashlib.sha256(data).digest()
            if digest in found:
                found[digest] = replace(found[digest], times=found[digest].times + 1)
                continue
            try:
                graph = _graph(kind, tag, data)
            except BadPayload as error:
                key = (self._file_name(0), f"graph {tag!r}: {error}" if tag else f"graph: {error}")
                self._gaps[key] = self._gaps.get(key, 0) + 1
                continue
            if graph is None:
                profiles.append(Profile(tag, len(data), step))
            else:
                found[digest] = graph
        return tuple(found.values()), tuple(profiles)

    def _layout(self, single: dict[str, tuple[str, list[_Part]]]) -> tuple[LayoutCategory, ...]:
        for tag, (plugin, parts) in single.items():
            values = [value for part in parts for value in part.values]
            if plugin == "custom_scalars" and values:
                try:
                    return plugins.layout(values[-1])
                except BadPayload as error:
                    self._gaps[self._file_name(0), f"tag {tag!r}: {error}"] = 1
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
                self._gaps[self._file_name(0), f"tag {tag!r}: {error}"] = 1
            else:
                good.append(content)
        return plugins.hparams(good)

    def _all_gaps(self) -> tuple[Gap, ...]:
        gaps = list(self._collector.gaps)
        for (file, reason), count in self._gaps.items():
            gaps.append(Gap(GapKind.MALFORMED, file, reason, count=count))
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


def _graph(kind: str, tag: str, data: bytes) -> Graph | None:
    if kind == events.META_GRAPH:
        return graphs.meta_graph_def(data)
    if kind == events.GRAPH:
        return graphs.graph_def(data)
    if kind == "graph_keras_model":
        return graphs.keras_model(data, tag)
    return graphs.run_metadata(data, tag)
