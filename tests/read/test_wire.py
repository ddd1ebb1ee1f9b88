"""The wire schema: embedded as written, compatible with TensorBoard's, at peace with its protos."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2
from google.protobuf.descriptor import FieldDescriptor
from tensorboard.compat.proto import (
    attr_value_pb2,
    config_pb2,
    event_pb2,
    function_pb2,
    graph_pb2,
    histogram_pb2,
    meta_graph_pb2,
    node_def_pb2,
    op_def_pb2,
    summary_pb2,
    tensor_pb2,
    tensor_shape_pb2,
    trackable_object_graph_pb2,
)
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams import plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2
from tensorboard.plugins.projector import projector_config_pb2

from tbreport.read import wire
from tests import writer

TrackableObject = trackable_object_graph_pb2.TrackableObjectGraph.TrackableObject
OURS = wire.message("Event").DESCRIPTOR.file
THEIRS = {
    "Event": event_pb2.Event,
    "Summary": summary_pb2.Summary,
    "Value": summary_pb2.Summary.Value,
    "SessionLog": event_pb2.SessionLog,
    "TaggedRunMetadata": event_pb2.TaggedRunMetadata,
    "SourceMetadata": event_pb2.SourceMetadata,
    "SummaryMetadata": summary_pb2.SummaryMetadata,
    "PluginData": summary_pb2.SummaryMetadata.PluginData,
    "Image": summary_pb2.Summary.Image,
    "Audio": summary_pb2.Summary.Audio,
    "Histogram": histogram_pb2.HistogramProto,
    "UnpackedHistogram": histogram_pb2.HistogramProto,
    "Tensor": tensor_pb2.TensorProto,
    "TensorShape": tensor_shape_pb2.TensorShapeProto,
    "Dim": tensor_shape_pb2.TensorShapeProto.Dim,
    "GraphDef": graph_pb2.GraphDef,
    "NodeDef": node_def_pb2.NodeDef,
    "AttrEntry": node_def_pb2.NodeDef.AttrEntry,
    "AttrValue": attr_value_pb2.AttrValue,
    "ListValue": attr_value_pb2.AttrValue.ListValue,
    "FunctionDefLibrary": function_pb2.FunctionDefLibrary,
    "FunctionDef": function_pb2.FunctionDef,
    "OpDef": op_def_pb2.OpDef,
    "MetaGraphDef": meta_graph_pb2.MetaGraphDef,
    "RunMetadata": config_pb2.RunMetadata,
    "FunctionGraphs": config_pb2.RunMetadata.FunctionGraphs,
    "HParamsPluginData": hparams_pb2.HParamsPluginData,
    "Experiment": api_pb2.Experiment,
    "MetricInfo": api_pb2.MetricInfo,
    "MetricName": api_pb2.MetricName,
    "SessionStartInfo": hparams_pb2.SessionStartInfo,
    "HParamEntry": hparams_pb2.SessionStartInfo.HparamsEntry,
    "HParamValue": struct_pb2.Value,
    "SessionEndInfo": hparams_pb2.SessionEndInfo,
    "Layout": layout_pb2.Layout,
    "Category": layout_pb2.Category,
    "Chart": layout_pb2.Chart,
    "MultilineChartContent": layout_pb2.MultilineChartContent,
    "MarginChartContent": layout_pb2.MarginChartContent,
    "Series": layout_pb2.MarginChartContent.Series,
    "MeshPluginData": mesh_pb2.MeshPluginData,
    "ObjectGraph": trackable_object_graph_pb2.TrackableObjectGraph,
    "ObjectNode": TrackableObject,
    "ObjectAttribute": TrackableObject.SerializedTensor,
    "ProjectorConfig": projector_config_pb2.ProjectorConfig,
    "EmbeddingInfo": projector_config_pb2.EmbeddingInfo,
    "SpriteMetadata": projector_config_pb2.SpriteMetadata,
}
# TensorFlow's alone: real checkpoints are what tests these.
CHECKPOINTS = {"BundleHeader", "BundleEntry", "CheckpointState"}
# A message, a string and packed numbers all are a length and as many bytes.
_BYTES_LIKE = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE)
_LIKE = {
    FieldDescriptor.TYPE_ENUM: FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_STRING: FieldDescriptor.TYPE_BYTES,
}


def test_the_embedded_descriptor_is_that_of_the_proto_file():
    pytest.importorskip("grpc_tools", reason="grpcio-tools compiles the schema")
    compiled = descriptor_pb2.FileDescriptorProto.FromString(wire.compile_descriptor())
    embedded = descriptor_pb2.FileDescriptorProto.FromString(OURS.serialized_pb)
    assert embedded == compiled


def test_every_message_is_compared():
    assert set(THEIRS) | CHECKPOINTS == set(OURS.message_types_by_name)


@pytest.mark.parametrize("name", THEIRS)
def test_a_message_is_wire_compatible_with_tensorboards(name):
    theirs = THEIRS[name].DESCRIPTOR.fields_by_number
    for field in OURS.message_types_by_name[name].fields:
        other = theirs[field.number]
        assert field.name == other.name
        if field.message_type:
            assert THEIRS[field.message_type.name].DESCRIPTOR is other.message_type, field.name
        elif field.type == FieldDescriptor.TYPE_BYTES and other.type != FieldDescriptor.TYPE_BYTES:
            assert other.is_packed or other.type in _BYTES_LIKE, field.name
        else:
            assert field.type == _LIKE.get(other.type, other.type), field.name
        repeated = other.is_repeated and not (other.is_packed and not field.is_repeated)
        assert field.is_repeated == repeated, field.name


def test_tensorboard_reads_an_event_of_ours():
    made = writer.event(7, writer.scalar("loss", 0.5), writer.tf2_scalar("acc", 0.25))
    event = event_pb2.Event.FromString(made)
    assert (event.step, event.wall_time) == (7, writer.T0 + 7)
    assert event.summary.value[0].simple_value == 0.5
    assert event.summary.value[1].metadata.plugin_data.plugin_name == "scalars"


def test_the_schema_stays_out_of_the_pool_that_all_share():
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("tbreport.wire.Event")


def test_a_message_that_the_schema_does_not_hold_is_a_key_error():
    with pytest.raises(KeyError):
        wire.message("Nothing")


@pytest.mark.parametrize("order", [("ours", "theirs"), ("theirs", "ours")])
def test_tensorboard_can_be_imported_before_and_after(order):
    imports = {
        "ours": "from tbreport.read.wire import message",
        "theirs": "from tensorboard.compat.proto import event_pb2",
    }
    use = "print(message('Event')(step=3).step + event_pb2.Event(step=4).step)"
    code = "\n".join([*(imports[name] for name in order), use])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("7\n", "")
