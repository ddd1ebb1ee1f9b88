"""Zip archives whose members can be read in place, as torch and Keras write them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass

from tbreport.model import GapKind
from tbreport.read.sources import Source, Unfit

MAX_MEMBERS = 100_000
MAX_AT_ONCE = 8 << 20  # bytes; zipfile reads an archive's directory in one go
_LOCAL_HEADER = 30  # bytes, before the name and the extra field


@dataclass(frozen=True)
class Member:
    """A member that is stored as it is: where its header is, its size, its checksum (0: none)."""

    header: int
    size: int
    crc: int


class StoredZip:
    """The members of an open archive by name; ``packed`` are those that would need unpacking.

    Raises Unfit when the archive is damaged or cut: its directory stands at its end.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.members: dict[str, Member] = {}
        self.packed: list[str] = []
        for info in _directory(source):
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                self.packed.append(info.filename)
            else:
                self.members[info.filename] = Member(info.header_offset, info.file_size, info.CRC)

    def open(self, name: str) -> Source:
        """One member as a source of its own; raises Unfit when it is past the end of the file."""
        member = self.members[name]
        return self.source.stretch(_data_start(self.source, member.header), member.size)

    def read(self, name: str) -> bytes:
        """All bytes of one member, their checksum checked; raises Unfit."""
        member = self.members[name]
        data = self.open(name).at(0, member.size)
        if member.crc and zlib.crc32(data) != member.crc:  # torch can be told to write none
            raise Unfit(GapKind.DAMAGED, f"checksum of {name!r:.200} is wrong")
        return data


def archive(source: Source) -> zipfile.ZipFile:
    """The archive in ``source`` as the standard library opens it; raises Unfit."""
    try:
        return zipfile.ZipFile(source.stretch(0, source.size, MAX_AT_ONCE))
    except (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError) as error:
        raise Unfit(GapKind.DAMAGED, f"not a whole zip archive: {error!s:.100}") from error


def _directory(source: Source) -> list[zipfile.ZipInfo]:
    with archive(source) as opened:
        infos = opened.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Unfit(GapKind.LIMIT, f"more than {MAX_MEMBERS} members in an archive")
    return infos


def _data_start(source: Source, header: int) -> int:
    """Where the bytes of the member begin whose local header stands at ``header``."""
    fields = source.at(header, _LOCAL_HEADER)
    if fields[:4] != b"PK\3\4":
        raise Unfit(GapKind.DAMAGED, "not a whole zip archive: a member's header is wrong")
    name, extra = struct.unpack_from("<HH", fields, 26)
    return header + _LOCAL_HEADER + int(name) + int(extra)
