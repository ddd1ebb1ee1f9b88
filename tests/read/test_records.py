"""Framing: whatever has happened to a file, each whole record is given and each lost byte told."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbreport.limits import DEFAULT, Limits
from tbreport.model import Gap, GapKind
from tbreport.read import records
from tbreport.read.logdir import Choices, RunJob, read_run
from tbreport.read.records import RecordFile
from tests import strategies, writer
from tests.strategies import Damage, framed, survivors
from tests.writer import event, frame, header

PAYLOADS = [event(step, writer.scalar("loss", step / 7)) for step in range(6)]
PAYLOADS += [b"", b"\x00" * 20, bytes(range(40)), event(6, writer.text("note", b"words"))]
RECORDS = framed(PAYLOADS)
WHOLE = b"".join(RECORDS)
STARTS = [sum(map(len, RECORDS[:index])) for index in range(len(RECORDS) + 1)]


def read(path: Path, limits: Limits = DEFAULT) -> tuple[list[tuple[int, bytes]], list[Gap]]:
    with RecordFile(path, "file", limits=limits) as file:
        found = list(file)
    assert file.records == len(found)
    return found, file.gaps


def read_bytes(folder: Path, data: bytes) -> tuple[list[tuple[int, bytes]], list[Gap]]:
    return read(writer.write_bytes(folder, data))


def only(gaps: list[Gap]) -> tuple[GapKind, int | None, int]:
    (gap,) = gaps
    assert gap.file == "file"
    assert gap.reason
    return gap.kind, gap.offset, gap.length


def test_the_first_record_of_a_file_by_tensorflow(tmp_path):
    golden = "1800000000000000a37f4b2209000000c00b5ad6411a0d627261696e2e4576656e743a324ca9a464"
    found, gaps = read_bytes(tmp_path, bytes.fromhex(golden))
    assert found == [(0, event(wall_time=1.5e9, file_version=b"brain.Event:2"))]
    assert gaps == []


def test_a_sound_file_gives_each_payload_at_its_offset(tmp_path):
    found, gaps = read_bytes(tmp_path, WHOLE)
    assert found == list(zip(STARTS, PAYLOADS, strict=False))
    assert gaps == []


def test_a_file_cut_at_any_byte_gives_each_whole_record(tmp_path):
    path = writer.write_bytes(tmp_path, WHOLE)
    for size in range(len(WHOLE), -1, -1):
        os.truncate(path, size)
        whole = sum(start <= size for start in STARTS[1:])
        found, gaps = read(path)
        assert [payload for _, payload in found] == PAYLOADS[:whole], size
        rest = size - STARTS[whole]
        if rest:
            kind, *span = only(gaps)
            assert span == [STARTS[whole], rest], size
            # Zero bytes may be a length or a preallocated tail: nobody can tell.
            zero = not any(WHOLE[STARTS[whole] : size])
            assert kind == (GapKind.ZERO_TAIL if zero else GapKind.PARTIAL_TAIL), size
        else:
            assert gaps == [], size


def test_a_flipped_bit_anywhere_costs_the_record_it_is_in_and_no_other(tmp_path):
    path = writer.write_bytes(tmp_path, WHOLE)
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(WHOLE):
            for bit in (place % 8, (place + 3) % 8):
                os.pwrite(file.fileno(), bytes([byte ^ (1 << bit)]), place)
                hit = sum(start <= place for start in STARTS) - 1
                found, gaps = read(path)
                assert [payload for _, payload in found] == PAYLOADS[:hit] + PAYLOADS[hit + 1 :]
                assert only(gaps) == (GapKind.DAMAGED, STARTS[hit], len(RECORDS[hit]))
            os.pwrite(file.fileno(), bytes([byte]), place)


@pytest.mark.parametrize(
    "junk",
    [b"\xef\xbb\xbf", bytes(7), bytes(5000), random.Random(1).randbytes(3000)],
    ids=["byte order mark", "seven zeros", "a block of zeros", "noise"],
)
@pytest.mark.parametrize("before", [0, 3, len(RECORDS) - 1])
def test_reading_goes_on_after_bytes_that_are_no_record(tmp_path, junk, before):
    data = WHOLE[: STARTS[before]] + junk + WHOLE[STARTS[before] :]
    found, gaps = read_bytes(tmp_path, data)
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (GapKind.DAMAGED, STARTS[before], len(junk))


def test_a_record_after_more_junk_than_one_window_is_found(tmp_path):
    junk = random.Random(1).randbytes(2 * records.WINDOW - 5)
    found, gaps = read_bytes(tmp_path, RECORDS[0] + junk + RECORDS[1])
    assert [payload for _, payload in found] == PAYLOADS[:2]
    assert only(gaps) == (GapKind.DAMAGED, STARTS[1], len(junk))


@pytest.mark.parametrize("shift", range(-16, 17, 4))
def test_a_header_across_the_border_of_two_windows_is_found(tmp_path, shift):
    junk = b"\xff" * (records.WINDOW + shift)
    found, _ = read_bytes(tmp_path, junk + RECORDS[0] + RECORDS[1])
    assert [payload for _, payload in found] == PAYLOADS[:2]


def test_the_length_of_a_record_with_a_wrong_payload_is_not_believed(tmp_path):
    # A block was lost: the third record's length now leads into the middle of the fifth.
    start, end = STARTS[2] + 20, STARTS[3] + 10
    found, gaps = read_bytes(tmp_path, WHOLE[:start] + WHOLE[end:])
    assert [payload for _, payload in found] == PAYLOADS[:2] + PAYLOADS[4:]
    assert only(gaps) == (GapKind.DAMAGED, STARTS[2], STARTS[4] - STARTS[2] - (end - start))


@pytest.mark.parametrize("claimed", [1000, 10**9, 1 << 40, 1 << 62, 1 << 63, 2**64 - 4, 2**64 - 1])
def test_a_right_header_that_claims_more_than_the_file_has_is_a_partial_tail(tmp_path, claimed):
    last = frame(b"the rest is not there yet", length=claimed)
    found, gaps = read_bytes(tmp_path, WHOLE + last)
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (GapKind.PARTIAL_TAIL, len(WHOLE), len(last))


@pytest.mark.parametrize("claimed", [1000, 1 << 40, 1 << 63, 2**64 - 4, 2**64 - 1])
def test_a_right_header_that_lies_costs_its_own_record_only(tmp_path, claimed):
    lying = [*RECORDS[:2], frame(PAYLOADS[2], length=claimed), *RECORDS[3:]]
    found, gaps = read_bytes(tmp_path, b"".join(lying))
    assert [payload for _, payload in found] == PAYLOADS[:2] + PAYLOADS[3:]
    assert only(gaps) == (GapKind.DAMAGED, STARTS[2], len(RECORDS[2]))


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (1, GapKind.PARTIAL_TAIL),
        (11, GapKind.PARTIAL_TAIL),
        (12, GapKind.DAMAGED),
        (99, GapKind.DAMAGED),
    ],
)
def test_too_few_bytes_for_a_header_may_become_one(tmp_path, size, kind):
    found, gaps = read_bytes(tmp_path, WHOLE + b"\xff" * size)
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (kind, len(WHOLE), size)


@pytest.mark.parametrize("size", [1, 11, 4096, 3 * records.WINDOW])
def test_zero_bytes_at_the_end_are_a_zero_tail(tmp_path, size):
    found, gaps = read_bytes(tmp_path, WHOLE + bytes(size))
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (GapKind.ZERO_TAIL, len(WHOLE), size)


@pytest.mark.parametrize("data", [b"", bytes(500), b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_file_without_a_record_gives_none(tmp_path, data):
    found, gaps = read_bytes(tmp_path, data)
    assert found == []
    assert [gap.length for gap in gaps] == ([len(data)] if data else [])


def test_a_hole_of_4_gib_at_the_end_is_skipped(tmp_path):
    path = writer.write_bytes(tmp_path, WHOLE)
    os.truncate(path, 4 << 30)
    found, gaps = read(path)
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (GapKind.ZERO_TAIL, len(WHOLE), (4 << 30) - len(WHOLE))


@pytest.mark.parametrize("early", [0, 1, 3, 8])
def test_records_after_a_hole_of_4_gib_are_found(tmp_path, early):
    # The first ``early`` bytes of the record are zero and stand in the hole: a tool that makes
    # files sparse leaves them out.
    payload = {0: b"x", 1: bytes(256), 3: b"", 8: b""}[early]
    record = frame(payload)
    assert not any(record[:early])
    path = writer.write_bytes(tmp_path, WHOLE)
    with path.open("r+b", buffering=0) as file:
        os.pwrite(file.fileno(), record[early:], 4 << 30)
    found, gaps = read(path)
    assert found[len(PAYLOADS) :] == [((4 << 30) - early, payload)]
    assert only(gaps)[1:] == (len(WHOLE), (4 << 30) - early - len(WHOLE))


def test_a_file_of_right_headers_uses_up_the_budget_and_says_so(tmp_path):
    size = 1 << 20
    hostile = header(size // 2) * (size // 12)
    found, gaps = read_bytes(tmp_path, WHOLE + hostile + RECORDS[0])
    assert [payload for _, payload in found] == PAYLOADS
    assert only(gaps) == (GapKind.LIMIT, len(WHOLE), len(hostile) + len(RECORDS[0]))


def test_many_damaged_places_do_not_use_up_the_budget(tmp_path):
    spoilt = [RECORDS[index % 6][:-1] + b"?" if index % 2 else RECORDS[0] for index in range(4000)]
    found, gaps = read_bytes(tmp_path, b"".join(spoilt))
    assert len(found) == 2000
    assert {gap.kind for gap in gaps} == {GapKind.DAMAGED}


def test_a_record_over_the_limit_is_left_out_and_named(tmp_path):
    large = frame(b"\xff" * 1001)
    allowed = frame(b"\xff" * 1000)
    path = writer.write_bytes(tmp_path, RECORDS[0] + large + allowed + RECORDS[1])
    found, gaps = read(path, Limits(record_bytes=1000))
    assert [len(payload) for _, payload in found] == [len(PAYLOADS[0]), 1000, len(PAYLOADS[1])]
    assert only(gaps) == (GapKind.LIMIT, STARTS[1], len(large))
    assert gaps[0].reason == "a record of 1001 bytes (limit record_bytes=1000)"


def test_what_is_no_regular_file_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="not a regular file") as caught:
            RecordFile(path, "file")
        assert caught.value.errno == errno.EINVAL


def test_a_file_that_shrinks_while_it_is_read_ends_there(tmp_path):
    data = b"".join(frame(bytes(50_000)) for _ in range(100))
    path = writer.write_bytes(tmp_path, data)
    with RecordFile(path, "file") as file:
        iterator = iter(file)
        next(iterator)
        os.truncate(path, len(data) // 2)
        found = 1 + sum(1 for _ in iterator)
    assert 1 < found <= 50


def test_a_file_that_grows_while_it_is_read_has_the_end_it_had(tmp_path):
    path = writer.write_bytes(tmp_path, WHOLE)
    with RecordFile(path, "file") as file:
        with path.open("ab") as more:
            more.write(WHOLE)
        assert [payload for _, payload in file] == PAYLOADS
    assert file.gaps == []


def check_damage(folder: Path, payloads: list[bytes], damages: list[Damage]) -> None:
    """Exactly the untouched records come back, and gaps cover exactly the bytes between them."""
    data = b"".join(framed(payloads))
    for damage in damages:
        data = damage.apply(data)
    found, gaps = read_bytes(folder, data)
    whole = survivors(data, framed(payloads))
    assert [(offset, frame(payload)) for offset, payload in found] == whole
    spans = [(offset, len(record)) for offset, record in whole]
    spans += [(gap.offset, gap.length) for gap in gaps]
    end = 0
    for offset, length in sorted(spans):
        assert offset == end
        end += length
    assert end == len(data)


DAMAGE = {
    "payloads": strategies.payloads(),
    "damages": st.lists(strategies.damages(), max_size=6),
}


@given(**DAMAGE)
@settings(max_examples=200)
def test_exactly_the_untouched_records_come_back_in_order(scratch, payloads, damages):
    check_damage(scratch, payloads, damages)


@pytest.mark.slow
@given(**DAMAGE)
@settings(max_examples=2000)
def test_exactly_the_untouched_records_come_back_in_order_at_length(scratch, payloads, damages):
    check_damage(scratch, payloads, damages)


def realistic() -> dict[bytes, str]:
    """The records of a training and the tag in each: scalars, histograms, pictures and text."""
    picture = random.Random(0).randbytes(4_000)
    limits = [index / 30 for index in range(30)]
    events = [("", event(file_version=b"brain.Event:2"))]
    for step in range(150):
        events.append(("loss", event(step, writer.scalar("loss", 1 / (step + 1)))))
        events.append(("acc", event(step, writer.scalar("acc", step / 150))))
        if step % 10 == 0:
            counts = [float(step + index) for index in range(30)]
            events.append(("w", event(step, writer.histogram("w", limits, counts))))
            events.append(("img", event(step, writer.image("img", picture, 96, 96))))
        if step % 25 == 0:
            events.append(("note", event(step, writer.text("note", [b"lorem ipsum " * 20]))))
    return {frame(payload): tag for tag, payload in events}


def mutant(data: bytes, draw: random.Random) -> bytes:
    """``data`` with one to ten damages of up to a few disk blocks."""
    for _ in range(draw.choice([1, 1, 1, 2, 10])):
        size = draw.choice([1, 512, 4096, draw.randrange(1, 5000)])
        junk = draw.randbytes(draw.randrange(1, 3000))
        data = Damage(draw.choice(strategies.KINDS), draw.random(), size, junk).apply(data)
    return data


def check_mutants(folder: Path, count: int, seed: int) -> None:
    """Every value whose record is whole on disk is in the run, and no other."""
    tags = realistic()
    whole = b"".join(tags)
    draw = random.Random(seed)
    for number in range(count):
        data = mutant(whole, draw)
        expected = dict.fromkeys(tags.values(), 0)
        for _, record in survivors(data, list(tags)):
            expected[tags[record]] += 1
        path = writer.write_bytes(folder, data)
        run = read_run(RunJob("run", ((str(path), "events.tfevents"),), Choices(supersede=False)))
        kinds = (run.scalars, run.histograms, run.images, run.texts)
        logged = {tag: series.logged for kind in kinds for tag, series in kind.items()}
        assert run.files[0].records == sum(expected.values()), number
        del expected[""]
        assert logged == {tag: count for tag, count in expected.items() if count}, number


def test_mutants_of_a_realistic_file_lose_what_was_hit_and_nothing_else(scratch):
    check_mutants(scratch, 60, seed=1)


@pytest.mark.slow
def test_many_mutants_of_a_realistic_file(scratch):
    check_mutants(scratch, 300, seed=2)
