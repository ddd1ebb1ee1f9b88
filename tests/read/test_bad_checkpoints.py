"""Bad checkpoints: no code is run, no size believed, no link followed out; each loss is named."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import struct
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.model import GapKind
from tbreport.read import checkpoint as reader
from tbreport.read import crc
from tests import strategies
from tests.read.checkpoints import FILES, GOLD, Read, kinds, path_of, read, read_bytes, truth

# --- pickles that would run code


class Payload:
    """Calls ``function`` when it is unpickled by the standard library."""

    def __init__(self, function, *args):
        self.made = function, args

    def __reduce__(self):
        return self.made


def torch_zip(root: object, storages: dict[str, bytes] | None = None, protocol: int = 2) -> bytes:
    return torch_zip_of(pickle.dumps(root, protocol), storages)


def torch_zip_of(data: bytes, storages: dict[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for key, content in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", content)
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_would_run_code_is_named_and_not_run(tmp_path, protocol):
    proof = tmp_path / "proof"
    root = {"weights": Payload(os.system, f"touch {proof}"), "epoch": 3}
    _, gaps = read_bytes(tmp_path, torch_zip(root, protocol=protocol), "bad.pt")
    assert [gap.kind for gap in gaps] == [GapKind.REFUSED]
    assert gaps[0].reason == f"would call {os.system.__module__}.system: not called"
    assert not proof.exists()


def test_weights_beside_a_pickled_call_are_read(tmp_path):
    data = tensor_pickle(
        b"K\x00", b"K\x02\x85", b"K\x01\x85", extra=b"cos\nsystem\n(X\x01\x00\x00\x00:tR"
    )
    checkpoint, gaps = read_bytes(
        tmp_path, torch_zip_of(data, {"0": struct.pack("<2f", 1, 2)}), "a.pt"
    )
    np.testing.assert_array_equal(checkpoint.tensors["w"].values, [1, 2])
    assert [gap.reason for gap in gaps] == ["would call os.system: not called"]


@pytest.mark.parametrize(
    "calls",
    [
        b"cbuiltins\neval\n(X\x01\x00\x00\x001tR",
        b"c__builtin__\neval\n(X\x01\x00\x00\x001tR",
        b"(X\x01\x00\x00\x001ibuiltins\nexec\n",
        b"(cbuiltins\neval\nX\x01\x00\x00\x001o",
        b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R",
        b"csubprocess\nPopen\n(X\x02\x00\x00\x00lstR",
        b"ctorch.hub\nload\n(X\x01\x00\x00\x001tR",
        b"cbuiltins\ngetattr\n(cos\nX\x06\x00\x00\x00systemtR(X\x01\x00\x00\x00:tR",
    ],
)
def test_every_opcode_that_calls_is_inert(tmp_path, calls):
    _, gaps = read_bytes(tmp_path, torch_zip_of(b"\x80\x02" + calls + b"."), "bad.pt")
    assert GapKind.REFUSED in kinds(gaps) or GapKind.MALFORMED in kinds(gaps)


def tensor_pickle(offset: bytes, shape: bytes, strides: bytes, extra: bytes = b"N") -> bytes:
    """``{"w": tensor, "x": …}`` as torch pickles it, of the float32 storage 0."""
    storage = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQ"
    )
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + shape + strides
    tensor += b"\x89ccollections\nOrderedDict\n)RtR"
    return b"\x80\x02}(X\x01\x00\x00\x00w" + tensor + b"X\x01\x00\x00\x00x" + extra + b"u."


INT = {n: b"\x8a\x08" + struct.pack("<q", n) for n in (-1, 0, 1, 2, 3, 2**40, 2**62)}


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        *[(0, 3, 1), (1, 2, 1), (0, 2, 2), (-1, 2, 1), (0, 2, -1), (0, -1, 1), (0, 2**40, 1)],
        *[(0, 2**40, 0), (2**62, 1, 1), (0, 2, 2**62), (0, 3, 0)],
    ],
)
def test_a_tensor_that_goes_past_its_storage_is_not_read(tmp_path, offset, shape, stride):
    data = tensor_pickle(INT[offset], INT[shape] + b"\x85", INT[stride] + b"\x85")
    checkpoint, gaps = read_bytes(tmp_path, torch_zip_of(data, {"0": bytes(8)}), "bad.pt")
    assert checkpoint.tensors["w"].values is None
    assert kinds(gaps)[0] in (GapKind.MALFORMED, GapKind.LIMIT)


def test_a_tensor_within_its_storage_is_read(tmp_path):
    data = tensor_pickle(INT[1], INT[1] + b"\x85", INT[1] + b"\x85")
    stored = {"0": struct.pack("<2f", 1, 2)}
    checkpoint, _ = read_bytes(tmp_path, torch_zip_of(data, stored), "good.pt")
    np.testing.assert_array_equal(checkpoint.tensors["w"].values, [2])


def test_a_missing_storage_is_named(tmp_path):
    data = tensor_pickle(INT[0], INT[2] + b"\x85", INT[1] + b"\x85")
    _, gaps = read_bytes(tmp_path, torch_zip_of(data), "bad.pt")
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.MALFORMED, "tensor 'w': its storage 0 is missing")
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02" + b"]" * 300_000 + b"a" * 299_999 + b".",  # lists in lists
        b"\x80\x02" + b")" + b"2\x86" * 200 + b"}" + b"q\x00h\x00.",  # tuples that double
        b"\x80\x02N\x94"
        + b"h\x00h\x00\x86\x94" * 60
        + b"}h\x3cNs.",  # … as the key of a dictionary
        b"\x80\x02]q\x00h\x00a.",  # a list in itself
        b"\x80\x02" + b"r\xff\xff\xff\xff" * 2 + b".",  # a memo of four milliards
        b"\x80\x02\x8e" + struct.pack("<Q", 2**62) + b".",  # bytes that are not there
        b"\x80\x02\x8b" + struct.pack("<i", -5) + b".",
        b"\x80\x02" + b"(" * 1000 + b"t.",
        b"\x80\x02a.",
        b"\x80\x02R.",
        b"\x80\x02.",
        b"",
        b"not a pickle",
        b"\x80\x02" + b"I" + b"9" * 100_000 + b"\n.",
        b"\x80\x02" + b"N" * 1_100_000 + b".",
    ],
)
def test_a_hostile_pickle_is_at_most_a_gap(tmp_path, data):
    tracemalloc.start()
    checkpoint, _ = read_bytes(tmp_path, torch_zip_of(data), "bad.pt")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not checkpoint.tensors
    assert peak < 200 << 20


# --- damage


def test_a_missing_shard_is_named_once_for_all_its_tensors(tmp_path):
    for path in GOLD.glob("shards.ckpt-2.*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "shards.ckpt-2.data-00001-of-00002").unlink()
    checkpoint, gaps = read(tmp_path / "shards.ckpt-2.index")
    values = {name: tensor.values for name, tensor in checkpoint.tensors.items()}
    missing = [name for name, array in values.items() if array is None]
    assert 0 < len(missing) < len(values)
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.UNREADABLE, len(missing))]
    assert "shard 1 of 2" in gaps[0].reason
    assert checkpoint.tensors["embedding"].shape == (6, 2)


def test_a_wrong_checksum_is_damage(tmp_path):
    for path in GOLD.glob("shards.ckpt-2.*"):
        data = bytearray(path.read_bytes())
        if ".data-" in path.name:
            data[3] ^= 1
        (tmp_path / path.name).write_bytes(data)
    _, gaps = read(tmp_path / "shards.ckpt-2.index")
    assert GapKind.DAMAGED in kinds(gaps)
    index = bytearray((GOLD / "shards.ckpt-2.index").read_bytes())
    index[20] ^= 1
    _, gaps = read_bytes(tmp_path, bytes(index), "damaged.index")
    assert kinds(gaps) == [GapKind.DAMAGED]


def test_a_wrong_checksum_in_a_torch_file_is_damage(tmp_path):
    data = (GOLD / "state_dict-step=30.pt").read_bytes()
    kernel = truth()["state_dict-step=30.pt"]["0.weight"].tobytes()
    place = data.index(kernel)
    spoilt = data[:place] + b"\0\0\0\0" + data[place + 4 :]
    checkpoint, gaps = read_bytes(tmp_path, spoilt, "spoilt.pt")
    assert kinds(gaps) == [GapKind.DAMAGED]
    assert checkpoint.tensors["0.weight"].values is None
    assert checkpoint.tensors["0.bias"].values is not None


def test_a_compressed_index_is_named(tmp_path):
    data = bytearray((GOLD / "shards.ckpt-2.index").read_bytes())
    offset, size = data[-48 + 2], data[-48 + 3]  # of the index block: small numbers take one byte
    _, place = _varint(data, len(data) - 48)
    _, place = _varint(data, place)
    offset, place = _varint(data, place)
    size, _ = _varint(data, place)
    data[offset + size] = 1
    struct.pack_into(
        "<I", data, offset + size + 1, crc.masked(bytes(data[offset : offset + size + 1]))
    )
    _, gaps = read_bytes(tmp_path, bytes(data), "packed.index")
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.UNKNOWN, "the checkpoint index is compressed (snappy)")
    ]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value, place, shift = value | (byte & 127) << shift, place + 1, shift + 7
        if byte < 128:
            return value, place


def varint(number: int) -> bytes:
    low = bytes([number & 127 | (128 if number > 127 else 0)])
    return low + (varint(number >> 7) if number > 127 else b"")


def table(*entries: tuple[int, bytes, bytes]) -> bytes:
    """A LevelDB table of one block; an entry is (bytes shared with the key before, rest, value)."""

    def block(*rows: tuple[int, bytes, bytes]) -> bytes:
        body = b"".join(
            varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value
            for shared, rest, value in rows
        )
        body += struct.pack("<II", 0, 1) + b"\0"
        return body + struct.pack("<I", crc.masked(body))

    data = block(*entries)
    place = varint(0) + varint(len(data) - 5)
    index = block((0, b"z", place))
    footer = varint(0) * 2 + varint(len(data)) + varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def test_names_in_an_index_cannot_grow_on_each_other(tmp_path):
    header = (0, b"", b"\x08\x01")
    small = table(header, (0, b"a" * 4000, b""), *[(4000, b"", b"")] * 10)
    assert read_bytes(tmp_path, small, "small.index")[1] != []
    long = table(header, (0, b"a" * 4000, b""), (4000, b"b" * 4000, b""))
    _, gaps = read_bytes(tmp_path, long, "long.index")
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.LIMIT, "a name of 8000 bytes in the index")
    ]


def test_an_index_of_nothing_is_no_trouble(tmp_path):
    assert read_bytes(tmp_path, table((0, b"", b"\x08\x01")), "good.index")[1] == []


def test_long_names_of_nested_containers_take_no_memory(tmp_path):
    key = b"X\xc8\x00\x00\x00" + b"k" * 200
    data = b"\x80\x02" + (b"}" + key) * 60 + b"](" + b"]" * 300_000 + b"e" + b"s" * 60 + b"."
    tracemalloc.start()
    read_bytes(tmp_path, torch_zip_of(data), "bad.pt")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 << 20


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 47, 100, 300])
@pytest.mark.parametrize("file", FILES)
def test_a_cut_file_is_a_gap(tmp_path, file, cut):
    data = path_of(file).read_bytes()
    checkpoint, gaps = read_bytes(tmp_path, data[: min(cut, len(data) // 2)], path_of(file).name)
    assert all(tensor.values is None for tensor in checkpoint.tensors.values())
    assert gaps


@pytest.mark.parametrize(
    ("name", "data", "kind", "words"),
    [
        ("a.pt", b"", GapKind.MALFORMED, "an empty file"),
        ("a.pt", b"<html>", GapKind.UNKNOWN, "not a checkpoint of a kind that is read"),
        ("a.pt", b"version https://git-lfs.github.com/spec/v1\n", GapKind.UNREADABLE, "git lfs"),
        ("a.pth.tar", bytes(257) + b"ustar\0", GapKind.REFUSED, "before 1.6"),
        (
            "model.ckpt-1",
            bytes(90) + 0xDB4775248B80FB57.to_bytes(8, "little"),
            GapKind.UNKNOWN,
            "V1",
        ),
        ("a.safetensors", struct.pack("<Q", 2**63) + b"{}", GapKind.MALFORMED, "a header of"),
        ("a.safetensors", struct.pack("<Q", 2) + b"[]", GapKind.MALFORMED, "not a safetensors"),
        ("a.safetensors", struct.pack("<Q", 2) + b"{}", None, ""),
    ],
)
def test_what_is_no_checkpoint_is_named(tmp_path, name, data, kind, words):
    checkpoint, gaps = read_bytes(tmp_path, data, name)
    assert not checkpoint.tensors
    assert kinds(gaps) == ([kind] if kind else [])
    assert not gaps or words in gaps[0].reason


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("chunked", GapKind.UNKNOWN, "not stored in one piece"),
        ("compressed", GapKind.UNKNOWN, "it is compressed"),
        ("external", GapKind.REFUSED, "its numbers are in another file"),
        ("virtual", GapKind.UNKNOWN, "not stored in one piece"),
        ("unwritten", GapKind.UNKNOWN, "never written"),
        ("text", GapKind.UNKNOWN, "numbers of type HDF5 class 3 are not read"),
    ],
)
def test_datasets_of_other_kinds_are_named(tmp_path, kind, expected, words):
    path, other = tmp_path / "a.h5", tmp_path / "other.bin"
    other.write_bytes(bytes(16))
    with h5py.File(path, "w") as file:
        file["good"] = np.arange(3.0)
        if kind == "chunked":
            file.create_dataset("bad", data=np.ones(4), chunks=(2,))
        elif kind == "compressed":
            file.create_dataset("bad", data=np.ones(4), compression="gzip")
        elif kind == "external":
            file.create_dataset("bad", (2,), "f8", external=[(str(other), 0, 16)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3,), "f8")
            layout[:] = h5py.VirtualSource(path, "good", (3,))
            file.create_virtual_dataset("bad", layout)
        elif kind == "unwritten":
            file.create_dataset("bad", (1 << 40,), "f4")
        else:
            file["bad"] = np.array(b"some text")
    checkpoint, gaps = read(path)
    np.testing.assert_array_equal(checkpoint.tensors["good"].values, [0, 1, 2])
    assert checkpoint.tensors["bad"].values is None
    assert [gap.kind for gap in gaps] == [expected]
    assert words in gaps[0].reason


def test_hdf5_links_are_not_followed(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["good"] = np.arange(3.0)
        file["soft"] = h5py.SoftLink("/good")
    assert list(read(path)[0].tensors) == ["good"]
    with h5py.File(path, "a") as file:
        file["away"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")
    checkpoint, gaps = read(path)
    assert not checkpoint.tensors
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.UNKNOWN, "HDF5 with groups of the newer kind is not read")
    ]


def test_an_hdf5_group_that_holds_itself_ends(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("a")
        group["again"] = group
    checkpoint, gaps = read(path)
    assert not checkpoint.tensors
    assert kinds(gaps) == [GapKind.LIMIT]


def test_hdf5_groups_that_double_end(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        inner = file.create_group("last")
        for level in range(40):
            outer = file.create_group(f"level{level}")
            outer["one"] = outer["two"] = inner
            inner = outer
    assert kinds(read(path)[1]) == [GapKind.LIMIT]


def test_newer_hdf5_is_named(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["good"] = np.arange(3.0)
    checkpoint, gaps = read(path)
    assert not checkpoint.tensors
    assert [(gap.kind, gap.reason) for gap in gaps] == [
        (GapKind.UNKNOWN, "HDF5 with a superblock of version 3 is not read")
    ]


def test_every_dtype_of_hdf5_is_read(tmp_path):
    path = tmp_path / "a.h5"
    codes = ["f2", "<f4", ">f4", "f8", "i1", "<i8", ">i2", "u1", "u4", "?"]
    arrays = {f"a{i}": np.arange(6).reshape(2, 3).astype(code) for i, code in enumerate(codes)}
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    checkpoint, gaps = read(path)
    assert not gaps
    for name, array in arrays.items():
        np.testing.assert_array_equal(checkpoint.tensors[name].values, array)
        assert checkpoint.tensors[name].dtype == array.dtype.newbyteorder("=").name


def safetensors_of(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "entry",
    [
        b'{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,8]}',
        b'{"dtype":"F32","shape":[2],"data_offsets":[0,8000000000]}',
        b'{"dtype":"F32","shape":[2],"data_offsets":[8,0]}',
        b'{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}',
        b'{"dtype":"F32","shape":[true,2],"data_offsets":[0,8]}',
        b'{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}',
        b'{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}',
        b'{"dtype":{},"shape":2,"data_offsets":[]}',
        b'{"dtype":"F32","shape":' + b"[1," * 40 + b"1" + b"]" * 40 + b',"data_offsets":[0,8]}',
        b'{"dtype":"F32","shape":[' + b"1," * 40 + b'2],"data_offsets":[0,8]}',
        b"[" * 100_000 + b"]" * 100_000,
        b"[]",
        b"null",
    ],
)
def test_a_lying_safetensors_header_allocates_nothing(tmp_path, entry):
    data = safetensors_of(b'{"a":' + entry + b"}", bytes(8))
    checkpoint, gaps = read_bytes(tmp_path, data, "a.safetensors")
    assert all(tensor.values is None for tensor in checkpoint.tensors.values())
    assert len(gaps) == 1


@pytest.mark.parametrize(
    "shape", ["(1099511627776,)", "(-1,)", "(2, 1e9)", "(" * 3000 + ")" * 3000]
)
def test_a_lying_numpy_header_allocates_nothing(tmp_path, shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(8)
    checkpoint, gaps = read_bytes(tmp_path, data, "a.npy")
    assert all(tensor.values is None for tensor in checkpoint.tensors.values())
    assert len(gaps) == 1


def test_objects_in_an_archive_of_arrays_do_not_keep_the_others(tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, bad=np.array([{}], object), good=np.ones(2))
    checkpoint, gaps = read(path)
    assert list(checkpoint.tensors) == ["good"]
    assert kinds(gaps) == [GapKind.REFUSED]


def test_a_zip_bomb_is_listed_and_not_unpacked(tmp_path):
    path = tmp_path / "weights.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 26,)}
        )
        member.write(header.getvalue())
        for _ in range(256):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    checkpoint, gaps = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert checkpoint.tensors["a"].shape == (1 << 26,)
    assert checkpoint.tensors["a"].values is None
    assert kinds(gaps) == [GapKind.LIMIT]
    assert peak < 8 << 20


def test_a_torch_pickle_that_would_need_unpacking_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    checkpoint, gaps = read(tmp_path / "a.pt")
    assert not checkpoint.tensors
    assert kinds(gaps) == [GapKind.UNKNOWN]


def test_what_is_over_the_budget_is_listed_and_not_read():
    whole, _ = read(path_of("state_dict-step=30.pt"))
    size = sum(t.values.nbytes for t in whole.tensors.values() if t.values is not None)
    cut, gaps = read(path_of("state_dict-step=30.pt"), size - 1)
    assert list(cut.tensors) == list(whole.tensors)
    assert [(gap.kind, gap.count) for gap in gaps] == [(GapKind.LIMIT, 1)]


def test_a_large_tensor_is_listed_and_not_read(monkeypatch):
    monkeypatch.setattr(reader, "MAX_TENSOR", 71)
    checkpoint, gaps = read(path_of("state_dict-step=30.pt"))
    kernel = checkpoint.tensors["0.weight"]
    assert (kernel.values, kernel.shape, kernel.dtype) == (None, (2, 1, 3, 3), "float32")
    assert [gap.kind for gap in gaps] == [GapKind.LIMIT]


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "missing"])
def test_what_is_no_file_in_the_tree_is_not_opened(tmp_path, kind):
    outside, tree = tmp_path / "outside.pt", tmp_path / "run"
    shutil.copy(GOLD / "state_dict-step=30.pt", outside)
    tree.mkdir()
    path = tree / "model.pt"
    if kind == "link":
        path.symlink_to(outside)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    checkpoint, gaps = read(path)
    assert not checkpoint.tensors
    assert kinds(gaps) == [GapKind.REFUSED if kind == "link" else GapKind.UNREADABLE]


def test_a_link_inside_the_tree_is_followed(tmp_path):
    shutil.copy(GOLD / "state_dict-step=30.pt", tmp_path / "epoch=1.ckpt")
    (tmp_path / "last.ckpt").symlink_to("epoch=1.ckpt")
    assert read(tmp_path / "last.ckpt")[0].parameters


CHECKED = [
    file for file in FILES if file.endswith((".npz", ".ckpt", ".zip", ".pth", "-7", "-1000"))
]


def spoilt(folder: Path, file: str, damages: list[strategies.Damage]) -> Read:
    """A checkpoint read after damage to its file, or to the index of its bundle."""
    for shard in GOLD.glob(f"{file}.data-*"):
        shutil.copy(shard, folder)
    data = path_of(file).read_bytes()
    for damage in damages:
        data = damage.apply(data)
    return read_bytes(folder, data, path_of(file).name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@settings(max_examples=60)
@given(damages=st.lists(strategies.damages(), min_size=1, max_size=4))
@pytest.mark.parametrize("file", FILES)
def test_damage_never_raises_and_never_allocates_much(folder, file, damages):
    tracemalloc.start()
    checkpoint, _ = spoilt(folder, file, damages)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 << 20
    for tensor in checkpoint.tensors.values():
        assert tensor.values is None or tensor.values.shape == tensor.shape


@settings(max_examples=60)
@given(damage=strategies.damages())
@pytest.mark.parametrize("file", CHECKED)
def test_where_there_are_checksums_damage_changes_no_number(folder, file, damage):
    checkpoint, _ = spoilt(folder, file, [damage])
    for name, array in truth()[file].items():
        tensor = checkpoint.tensors.get(name)
        if tensor is not None and tensor.values is not None:
            np.testing.assert_array_equal(tensor.values, array)
