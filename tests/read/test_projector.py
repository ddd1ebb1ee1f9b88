"""Embeddings for the projector: found wherever writers put them, never outside their directory."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tensorboardX import SummaryWriter

from tbreport.errors import InputError
from tbreport.model import Embedding, Gap, GapKind, Run
from tbreport.read import embedding as reader
from tbreport.read import projector, tsv
from tbreport.read.logdir import read_logs
from tests import strategies, writer
from tests.read.checkpoints import GOLD, kinds, truth

CONFIG = "projector_config.pbtxt"
VALUES = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
TSV = "1\t2\n3\t4\n5\t6\n"


def png(width: int = 4, height: int = 4, image_format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, image_format)
    return buffer.getvalue()


def config(folder: Path, *embeddings: str, head: str = "") -> None:
    """A configuration of embeddings, each given by its fields, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks = "".join(f"embeddings {{\n{fields}\n}}\n" for fields in embeddings)
    (folder / CONFIG).write_text(head + blocks)


def files(folder: Path, **contents: str | bytes) -> None:
    """Files by name, ``__`` for the dot before the suffix."""
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)


def read(folder: Path) -> tuple[tuple[Embedding, ...], list[Gap]]:
    (run,) = read_logs(folder).runs
    return run.embeddings, list(run.gaps)


def read_one(folder: Path) -> Embedding:
    (found,), gaps = read(folder)
    assert not gaps
    return found


# --- what writers write


def test_tensorboardx_embeddings_are_read_with_labels_and_sprites(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 3)).astype(np.float32)
    images = rng.random((5, 3, 4, 4)).astype(np.float32)
    with SummaryWriter(str(tmp_path)) as summary:
        summary.add_embedding(values, [["a", i] for i in range(5)], images, 7, "words", ["x", "y"])
        summary.add_embedding(values * 2, list("abcde"), None, 12, "words")
    (first, second), gaps = read(tmp_path)
    assert not gaps
    np.testing.assert_array_equal(first.values, values)
    np.testing.assert_array_equal(second.values, values * 2)
    assert (first.name, first.step, second.name, second.step) == ("words", 7, "words", 12)
    assert first.labels == {"x": ("a",) * 5, "y": tuple("01234")}
    assert second.labels == {"label": tuple("abcde")}
    assert first.source == "00007/words/tensors.tsv"
    assert first.sprite_tile == (4, 4)
    assert first.sprite is not None
    assert Image.open(io.BytesIO(first.sprite)).size == (12, 12)
    assert second.sprite is None


def test_steps_that_the_configuration_forgot_are_found(tmp_path):
    with SummaryWriter(str(tmp_path)) as summary:
        for step in (1, 20):
            summary.add_embedding(VALUES, list("abc"), np.zeros((3, 3, 2, 2)), step, "a/b")
    text = (tmp_path / CONFIG).read_text()
    (tmp_path / CONFIG).write_text(text[text.index("embeddings", 5) :])
    (first, second), gaps = read(tmp_path)
    assert not gaps
    assert [(e.name, e.step, e.sprite_tile) for e in (first, second)] == [
        ("a/b", 1, (2, 2)),
        ("a/b", 20, (2, 2)),
    ]
    assert first.source == "00001/a%2fb/tensors.tsv"
    assert first.labels == {"label": ("a", "b", "c")}


def test_keras_3_embeddings_are_taken_from_its_weights(tmp_path):
    shutil.copytree(GOLD / "projector", tmp_path, dirs_exist_ok=True)
    name = 'tensor_name: "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"'
    config(tmp_path, f'{name}\nmetadata_path: "meta.tsv"')
    files(tmp_path, meta__tsv="v\nw\nx\ny\nz\n")
    found = read_one(tmp_path)
    file = "projector/train/keras_embedding.ckpt-3.weights.h5"
    np.testing.assert_array_equal(found.values, truth()[file]["words/embeddings"])
    assert (found.name, found.step) == ("words/embeddings", 3)
    assert found.source == "train/keras_embedding.ckpt-3.weights.h5"
    assert found.labels == {"label": tuple("vwxyz")}


def bundle(folder: Path, step: int = 2) -> None:
    """The bundle with an ``embedding`` of shape (6, 2), as one of ``step``."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in GOLD.glob("shards.ckpt-2.*"):
        shutil.copy(path, folder / path.name.replace("-2.", f"-{step}."))


@pytest.mark.parametrize(
    "name", ["embedding", "embedding:0", "embedding/.ATTRIBUTES/VARIABLE_VALUE"]
)
def test_a_tensor_is_found_in_the_checkpoint_beside(tmp_path, name):
    bundle(tmp_path)
    config(tmp_path, f'tensor_name: "{name}"')
    found = read_one(tmp_path)
    np.testing.assert_array_equal(found.values, truth()["shards.ckpt-2"]["embedding"])
    assert (found.name, found.step, found.source) == ("embedding", 2, "shards.ckpt-2.index")
    assert found.rows == 6


@pytest.mark.parametrize(
    ("state", "head", "step"),
    [
        ("", "", 10),
        ('model_checkpoint_path: "shards.ckpt-9"', "", 9),
        ('model_checkpoint_path: "/old/place/shards.ckpt-9"', "", 9),
        ('model_checkpoint_path: "shards.ckpt-77"', "", 10),
        ("not a state", "", 10),
        ('model_checkpoint_path: "shards.ckpt-9"', 'model_checkpoint_path: "shards.ckpt-2"\n', 2),
    ],
)
def test_the_checkpoint_that_is_said_to_be_the_latest_is_taken(tmp_path, state, head, step):
    for each in (2, 9, 10):
        bundle(tmp_path, each)
    config(tmp_path, 'tensor_name: "embedding"', head=head)
    if state:
        files(tmp_path, checkpoint=state)
    assert read_one(tmp_path).step == step


def test_an_index_without_data_is_named(tmp_path):
    bundle(tmp_path)
    for path in tmp_path.glob("*.data-*"):
        path.unlink()
    config(tmp_path, 'tensor_name: "embedding"')
    embeddings, gaps = read(tmp_path)
    assert not embeddings
    assert {gap.kind for gap in gaps} == {GapKind.UNREADABLE}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ('tensor_name: "nothing"', "no such tensor in 'shards.ckpt-2.index'"),
        ('tensor_name: "half"', "a tensor of shape [3] is no embedding"),
    ],
)
def test_what_a_checkpoint_does_not_hold_is_named(tmp_path, fields, words):
    bundle(tmp_path)
    config(tmp_path, fields)
    embeddings, (gap,) = read(tmp_path)
    assert not embeddings
    assert words in gap.reason


def test_a_configuration_in_the_plugins_folder_is_the_runs(tmp_path):
    run = tmp_path / "run"
    writer.write(run, writer.event(1, writer.scalar("loss", 1.0)))
    bundle(run)
    folder = run / "plugins/org_tensorflow_tensorboard_projector"
    config(folder, 'tensor_name: "embedding"\nmetadata_path: "labels.tsv"')
    files(folder, labels__tsv="a\nb\nc\nd\ne\nf\n")
    (found,) = read_logs(tmp_path).runs
    assert found.name == "run"
    assert "loss" in found.scalars
    (embedding,) = found.embeddings
    assert embedding.source == "run/shards.ckpt-2.index"
    assert embedding.labels["label"][0] == "a"


@pytest.mark.parametrize("place", ["", "a/b", "a/plugins/org_tensorflow_tensorboard_projector"])
def test_a_directory_with_a_configuration_and_no_event_file_is_a_run(tmp_path, place):
    config(tmp_path / place, 'tensor_path: "v.tsv"')
    files(tmp_path / place, v__tsv=TSV)
    (run,) = read_logs(tmp_path).runs
    assert run.name == (place.partition("/plugins")[0] or ".")
    assert run.files == ()
    assert len(run.embeddings) == 1


def test_a_folder_with_neither_is_still_an_error(tmp_path):
    files(tmp_path, tensors__tsv=TSV)
    with pytest.raises(InputError, match="no event files"):
        read_logs(tmp_path)


# --- vectors


def test_text_is_read_as_vectors(tmp_path):
    config(tmp_path, 'tensor_name: "x"\ntensor_path: "v.tsv"')
    files(tmp_path, v__tsv=TSV)
    found = read_one(tmp_path)
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, VALUES)
    assert (found.name, found.step, found.rows, found.source) == ("x", None, 3, "v.tsv")


@pytest.mark.parametrize("text", ["1\t2\r\n3\t4\r\n5\t6", "1\t2\n\n3\t4\n\n\n5\t6\n"])
def test_line_ends_and_empty_lines_do_not_matter(tmp_path, text):
    config(tmp_path, 'tensor_path: "v.tsv"')
    files(tmp_path, v__tsv=text)
    np.testing.assert_array_equal(read_one(tmp_path).values, VALUES)


def test_raw_numbers_are_read_by_their_shape(tmp_path):
    config(tmp_path, 'tensor_path: "v.bytes"\ntensor_shape: 3\ntensor_shape: 2')
    files(tmp_path, v__bytes=VALUES.tobytes())
    np.testing.assert_array_equal(read_one(tmp_path).values, VALUES)


@pytest.mark.parametrize("shape", [(4294967295, 4294967295), (3, 3), (0, 2), (2,)])
def test_a_shape_that_lies_reads_nothing(tmp_path, shape):
    config(tmp_path, 'tensor_path: "v.bytes"\n' + "".join(f"tensor_shape: {n}\n" for n in shape))
    files(tmp_path, v__bytes=b"\xff" * 24)
    embeddings, gaps = read(tmp_path)
    assert not embeddings
    assert kinds(gaps) == [GapKind.MALFORMED]


def test_ragged_rows_are_left_out_with_their_labels(tmp_path):
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv="1\t2\n3\n5\t6\n7\tx\n9\t9\n", m__tsv="a\nb\nc\nd\ne\n")
    (found,), gaps = read(tmp_path)
    np.testing.assert_array_equal(found.values, [[1, 2], [5, 6], [9, 9]])
    assert found.labels == {"label": ("a", "c", "e")}
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.MALFORMED, 2)]
    assert "2 rows are ragged or not numeric" in gaps[0].reason


def test_numbers_of_all_kinds_are_read(tmp_path):
    config(tmp_path, 'tensor_path: "v.tsv"')
    files(tmp_path, v__tsv="nan\t-inf\n1e-3\t1e300\n")
    np.testing.assert_array_equal(
        read_one(tmp_path).values, np.array([[np.nan, -np.inf], [1e-3, np.inf]], np.float32)
    )


def test_only_so_many_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_ROWS", 2)
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv=TSV, m__tsv="a\nb\nc\n")
    (found,), gaps = read(tmp_path)
    np.testing.assert_array_equal(found.values, VALUES[:2])
    assert (found.rows, found.labels) == (3, {"label": ("a", "b")})
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.LIMIT, 1)]
    assert "2 of 3 rows are read" in gaps[0].reason


def test_only_so_many_rows_of_raw_numbers_and_of_a_checkpoint_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_ROWS", 2)
    bundle(tmp_path)
    raw = 'tensor_path: "v.bytes"\ntensor_shape: 3\ntensor_shape: 2'
    config(tmp_path, raw, 'tensor_name: "embedding"')
    files(tmp_path, v__bytes=VALUES.tobytes())
    (first, second), gaps = read(tmp_path)
    np.testing.assert_array_equal(first.values, VALUES[:2])
    np.testing.assert_array_equal(second.values, truth()["shards.ckpt-2"]["embedding"][:2])
    assert (first.rows, second.rows) == (3, 6)
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.LIMIT, 1), (GapKind.LIMIT, 4)]


def test_rows_across_blocks_are_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(tsv, "_BLOCK", 7)
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv=TSV, m__tsv="a\nb\nc\n")
    found = read_one(tmp_path)
    np.testing.assert_array_equal(found.values, VALUES)
    assert found.labels == {"label": ("a", "b", "c")}


@pytest.mark.parametrize("text", ["", "\n\n", "a\tb\n", "1,2\n3,4\n", "\0\0\0"])
def test_text_without_numbers_is_named(tmp_path, text):
    config(tmp_path, 'tensor_path: "v.tsv"')
    files(tmp_path, v__tsv=text)
    embeddings, gaps = read(tmp_path)
    assert not embeddings
    assert kinds(gaps) == [GapKind.MALFORMED]


# --- labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("a\nb\nc", {"label": ("a", "b", "c")}),
        ("a\nb\nc\n", {"label": ("a", "b", "c")}),
        ("a\nb\n\n", {"label": ("a", "b", "")}),
        ("a\r\nb\r\nc\r\n", {"label": ("a", "b", "c")}),
        ("x\ty\na\t1\nb\t2\nc\t3\n", {"x": ("a", "b", "c"), "y": ("1", "2", "3")}),
        ("x\tx\na\t1\nb\nc\t3\t4\n", {"x": ("a", "b", "c"), "x (2)": ("1", "", "3")}),
        ("\ufeff字\n\\x41\n<b>\n", {"label": ("字", "\\x41", "<b>")}),
    ],
)
def test_labels_have_a_header_only_with_a_tab(tmp_path, text, labels):
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv=TSV, m__tsv=text)
    assert read_one(tmp_path).labels == labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [("name\na\nb\nc\n", ("name", "a", "b")), ("a\n", ("a", "", "")), ("", ("", "", ""))],
)
def test_another_number_of_labels_is_said(tmp_path, text, labels):
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv=TSV, m__tsv=text)
    (found,), (gap,) = read(tmp_path)
    assert found.labels == {"label": labels}
    assert gap.kind is GapKind.MALFORMED
    assert f"{len(text.splitlines())} rows of labels for 3 points" in gap.reason


def test_labels_that_are_not_text_are_shown_as_bytes(tmp_path):
    config(tmp_path, 'tensor_path: "v.tsv"\nmetadata_path: "m.tsv"')
    files(tmp_path, v__tsv=TSV, m__tsv=b"a\n\xff\nc\n")
    assert read_one(tmp_path).labels == {"label": ("a", "\\xff", "c")}


# --- sprites

SPRITE = 'tensor_path: "v.tsv"\nsprite {{ image_path: "s.png" {} }}'
TILE = "single_image_dim: 4 single_image_dim: 2"


@pytest.mark.parametrize("data", [png(), png(500, 19), png(image_format="JPEG")])
def test_a_sprite_is_kept_as_it_is(tmp_path, data):
    config(tmp_path, SPRITE.format(TILE))
    files(tmp_path, v__tsv=TSV, s__png=data)
    found = read_one(tmp_path)
    assert (found.sprite, found.sprite_tile) == (data, (4, 2))


def test_one_side_of_a_tile_stands_for_both(tmp_path):
    config(tmp_path, SPRITE.format("single_image_dim: 28"))
    files(tmp_path, v__tsv=TSV, s__png=png())
    assert read_one(tmp_path).sprite_tile == (28, 28)


@pytest.mark.parametrize(
    ("tile", "data", "kind"),
    [
        ("single_image_dim: 0 single_image_dim: 999999", png(), GapKind.MALFORMED),
        ("", png(), GapKind.MALFORMED),
        (TILE, b"<svg onload='alert(1)'/>", GapKind.REFUSED),
        (TILE, b"", GapKind.REFUSED),
        (TILE, None, GapKind.UNREADABLE),
    ],
)
def test_a_bad_sprite_costs_only_itself(tmp_path, tile, data, kind):
    config(tmp_path, SPRITE.format(tile))
    files(tmp_path, v__tsv=TSV)
    if data is not None:
        files(tmp_path, s__png=data)
    (found,), gaps = read(tmp_path)
    assert (found.sprite, found.sprite_tile) == (None, (0, 0))
    assert kinds(gaps) == [kind]


# --- configurations and the paths in them


@pytest.mark.parametrize(
    "written",
    [
        "v.tsv",
        "./v.tsv",
        "logs/exp/v.tsv",
        "/home/someone/logs/v.tsv",
        "C:\\\\logs\\\\v.tsv",
        "logs\\\\v.tsv",
        "logs\\v.tsv",
        "../logs/v.tsv",
    ],
)
def test_a_path_from_elsewhere_is_found_by_its_ending(tmp_path, written):
    config(tmp_path, f'tensor_path: "{written}"')
    files(tmp_path, v__tsv=TSV)
    assert read_one(tmp_path).source == "v.tsv"


def test_the_longest_ending_is_taken(tmp_path):
    for folder in ("00001/words", "words"):
        (tmp_path / folder).mkdir(parents=True)
    files(tmp_path / "00001/words", tensors__tsv=TSV)
    files(tmp_path / "words", tensors__tsv="1\n")
    files(tmp_path, tensors__tsv="1\n")
    path = "runs/old/00001/words/tensors.tsv"
    config(tmp_path, f'tensor_name: "words:00001"\ntensor_path: "{path}"')
    assert read_one(tmp_path).source == "00001/words/tensors.tsv"


@pytest.mark.parametrize(
    "written",
    [
        *("{outside}/secret.tsv", "../secret.tsv", "a/../../secret.tsv", "~/secret.tsv"),
        *("~root/x.tsv", "link.tsv", "folder/secret.tsv", "C:\\\\secret.tsv", "\\\\\\\\h\\\\s.tsv"),
    ],
)
@pytest.mark.parametrize("field", ["tensor_path", "metadata_path", "image_path"])
def test_no_path_leads_out(tmp_path, written, field):
    run = tmp_path / "run"
    run.mkdir()
    files(tmp_path, secret__tsv=TSV)
    (run / "link.tsv").symlink_to(tmp_path / "secret.tsv")
    (run / "folder").symlink_to(tmp_path)
    line = f'{field}: "{written.format(outside=tmp_path)}"'
    if field == "image_path":
        line = f"sprite {{ {line} {TILE} }}"
    if field != "tensor_path":
        files(run, v__tsv=TSV)
        line += '\ntensor_path: "v.tsv"'
    config(run, line)
    embeddings, gaps = read(run)
    assert kinds(gaps) == [GapKind.REFUSED]
    assert len(embeddings) == (field != "tensor_path")
    assert all(not each.labels and each.sprite is None for each in embeddings)
    assert str(tmp_path) not in gaps[0].reason or written.startswith("{outside}")


def test_the_path_of_a_checkpoint_does_not_lead_out(tmp_path):
    bundle(tmp_path)
    run = tmp_path / "run"
    config(run, 'tensor_name: "embedding"', head='model_checkpoint_path: "../shards.ckpt-2"\n')
    files(run, checkpoint=f'model_checkpoint_path: "{tmp_path}/shards.ckpt-2"')
    embeddings, (gap,) = read(run)
    assert not embeddings
    assert "no checkpoint that could hold it" in gap.reason
    for path in tmp_path.glob("shards*"):
        (run / path.name).symlink_to(path)
    embeddings, gaps = read(run)
    assert not embeddings
    assert GapKind.REFUSED in kinds(gaps)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "configuration is empty"),
        (" \n", "configuration is empty"),
        ("<html>", "not a projector configuration"),
        ("embeddings {" * 5000, "not a projector configuration"),
        ("embeddings { tensor_name: 7 }", "not a projector configuration"),
    ],
)
def test_an_ill_configuration_is_one_gap(tmp_path, text, words):
    (tmp_path / CONFIG).write_text(text)
    embeddings, gaps = read(tmp_path)
    assert not embeddings
    assert [(gap.kind, gap.file) for gap in gaps] == [(GapKind.MALFORMED, CONFIG)]
    assert words in gaps[0].reason


def test_unknown_fields_are_passed_over(tmp_path):
    fields = 'tensor_path: "v.tsv"\nnews: 3\nmore { deep { er: "x" } }\nlist: [1, 2]'
    config(tmp_path, fields, head='model_checkpoint_dir: "x"\n')
    files(tmp_path, v__tsv=TSV)
    assert read_one(tmp_path).rows == 3


def test_the_same_tensor_is_named_once(tmp_path):
    bundle(tmp_path)
    config(tmp_path, *['tensor_name: "embedding"'] * 3, 'tensor_name: "embedding:0"')
    assert read_one(tmp_path).name == "embedding"


def test_one_bad_embedding_does_not_keep_the_others(tmp_path):
    config(tmp_path, 'tensor_path: "none.tsv"', 'tensor_path: "v.tsv"')
    files(tmp_path, v__tsv=TSV)
    (found,), gaps = read(tmp_path)
    assert found.source == "v.tsv"
    assert kinds(gaps) == [GapKind.UNREADABLE]


def test_of_many_steps_some_are_read_evenly(tmp_path):
    with SummaryWriter(str(tmp_path)) as summary:
        for step in range(40):
            summary.add_embedding(VALUES + step, list("abc"), None, step, "words")
    embeddings, gaps = read(tmp_path)
    steps = [each.step for each in embeddings]
    assert (len(steps), steps[0], steps[-1]) == (12, 0, 39)
    assert steps == sorted(steps)
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.LIMIT, 28)]


def test_only_so_many_embeddings_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "MAX_EMBEDDINGS", 2)
    names = ("a", "b", "c")
    config(tmp_path, *[f'tensor_name: "{name}"\ntensor_path: "{name}.tsv"' for name in names])
    files(tmp_path, **{f"{name}__tsv": TSV for name in names})
    embeddings, gaps = read(tmp_path)
    assert [each.name for each in embeddings] == ["a", "b"]
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.LIMIT, 1)]


def test_the_same_file_is_read_once(tmp_path):
    config(tmp_path, *[f'tensor_name: "{name}"\ntensor_path: "v.tsv"' for name in "ab"])
    files(tmp_path, v__tsv=TSV)
    assert read_one(tmp_path).name == "a"


def test_a_fifo_in_place_of_a_file_is_not_waited_for(tmp_path):
    config(tmp_path, 'tensor_path: "v.tsv"')
    os.mkfifo(tmp_path / "v.tsv")
    embeddings, gaps = read(tmp_path)
    assert not embeddings
    assert kinds(gaps) == [GapKind.UNREADABLE]


# --- tensors that were logged


def test_logged_tensors_called_embedding_are_embeddings(tmp_path):
    events = [
        writer.event(
            step,
            writer.tensor_value("word_embeddings", VALUES * step, plugin="tensor"),
            writer.tensor_value("matrix", VALUES, plugin="tensor"),
            writer.tensor_value("embedding_norms", VALUES[0], plugin="tensor"),
        )
        for step in (1, 5)
    ]
    writer.write(tmp_path, *events)
    (run,) = read_logs(tmp_path).runs
    (found,) = run.embeddings
    assert (found.name, found.step, found.source) == ("word_embeddings", 5, "word_embeddings")
    np.testing.assert_array_equal(found.values, VALUES * 5)


# --- damage


@settings(max_examples=150)
@given(damages=st.lists(strategies.damages(), min_size=1, max_size=4), file=st.sampled_from("cvm"))
def test_damage_never_raises(tmp_path_factory, damages, file):
    folder = tmp_path_factory.getbasetemp() / "damaged_projector"
    fields = 'tensor_name: "x"\ntensor_path: "v.tsv"\nmetadata_path: "m.tsv"\nsprite {' + TILE + "}"
    config(folder, fields, 'tensor_name: "embedding"')
    bundle(folder)
    files(folder, v__tsv=TSV, m__tsv="x\ty\na\tb\nc\td\ne\tf\n")
    path = folder / {"c": CONFIG, "v": "v.tsv", "m": "m.tsv"}[file]
    data = path.read_bytes()
    for damage in damages:
        data = damage.apply(data)
    path.write_bytes(data)
    (run,) = read_logs(folder).runs
    for each in run.embeddings:
        assert each.values.ndim == 2
        assert all(len(column) == len(each.values) for column in each.labels.values())


# --- real folders


def run_of(folder: Path, name: str) -> Run:
    return next(run for run in read_logs(folder).runs if run.name == name)


def test_a_real_word_embedding_without_event_files(shared_logs):
    name = "word2vec/weights/w2v_skip_gram_1/log_dir"
    (found,) = run_of(shared_logs / "adriens63__word2vec_tf", name).embeddings
    assert (found.name, found.values.shape) == ("embedding", (4095, 256))
    assert np.isfinite(found.values).all()
    assert found.labels["label"][1:3] == ("[UNK]", "first")


def test_real_steps_of_torch_with_sprites(shared_logs):
    name = "runs/fashion_mnist_experiment_1"
    embeddings = run_of(shared_logs / "ibadrather__pytorch_learn", name).embeddings
    assert [(e.name, e.step, e.values.shape) for e in embeddings] == [
        ("default", 0, (100, 784)),
        ("default", 10, (100, 784)),
    ]
    for each in embeddings:
        assert each.sprite is not None
        assert Image.open(io.BytesIO(each.sprite)).size == (280, 280)
        assert each.sprite_tile == (28, 28)
        assert len(each.labels["label"]) == 100


def test_a_real_path_of_windows(shared_logs):
    (found,) = run_of(shared_logs / "Jfghanimah__loldraft-analyzer", "logs").embeddings
    assert found.values.shape == (162, 16)
    assert found.labels["label"][:2] == ("Aatrox", "Ahri")


def test_real_embeddings_of_two_shards_and_of_several_tensors(shared_logs):
    runs = {
        run.name: run for run in read_logs(shared_logs / "Alwaysproblem__tensorboard-review").runs
    }
    shapes = {
        name: [(e.name, e.step, e.values.shape) for e in run.embeddings]
        for name, run in runs.items()
        if run.embeddings
    }
    assert shapes == {
        "log": [("embed/embeddings", 0, (10000, 16))],
        "log-base/train": [("embed/embeddings", 3, (10000, 16))],
        "logs": [(f"embed{i}", 4, (10000, 16)) for i in range(3)],
    }
