"""Files beside event files: opened only if regular and inside their tree, read by place and size.

A path that comes from data, or a link, never leads out of the tree it was found in; a FIFO or a
device is never waited for; and nothing is read, or made room for, that the file does not hold.
"""

from __future__ import annotations

import errno
import io
import os
import posixpath
import re
import stat
from pathlib import Path

from tbreport.model import GapKind
from tbreport.names import printable

_DRIVE = re.compile(r"[A-Za-z]:")
MAX_READ = 96 << 20  # bytes that a parser may ask for at once; our own limits are lower


class Unfit(Exception):
    """A file, or a part of one, that can't be used; the text says why, ``kind`` what sort of gap.

    ``count`` is how many values are lost by it.
    """

    def __init__(self, kind: GapKind, reason: str, count: int = 1) -> None:
        super().__init__(reason)
        self.kind = kind
        self.count = count


def is_inside(tree: str, path: str) -> bool:
    """Whether ``path``, with all links followed, stands under ``tree`` with all links followed."""
    root, real = os.path.realpath(tree), os.path.realpath(path)
    try:
        return os.path.commonpath([root, real]) == root
    except ValueError:  # another drive
        return False


def locate(folder: str, raw: bytes) -> str:
    """The file under ``folder`` that a path from data means, relative to it.

    A path that does not resolve as it was written (from another machine, another working directory,
    Windows) is looked for by its ending, the longest first. Raises Unfit when nothing is found, and
    says so if the path would lead out.
    """
    text = os.fsdecode(raw)
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    leads_out = text.startswith(("/", "\\", "~")) or bool(_DRIVE.match(text)) or ".." in parts
    ways = [] if leads_out else [posixpath.normpath(text)]
    ways += ["/".join(parts[first:]) for first in range(len(parts)) if ".." not in parts[first:]]
    for way in ways:
        path = os.path.join(folder, way)
        if os.path.lexists(path):
            if is_inside(folder, path):
                return way
            leads_out = True
    shown = printable(text[:200])
    if leads_out:
        raise Unfit(GapKind.REFUSED, f"path {shown!r} leads out of its directory: not opened")
    raise Unfit(GapKind.UNREADABLE, f"no file {shown!r} beside the configuration")


class Source(io.RawIOBase):
    """A regular file, or a stretch of one, from 0 to ``size``; also a file object to parsers.

    ``at`` is what our own code reads with: it raises Unfit instead of giving fewer bytes.
    """

    def __init__(
        self, fd: int, start: int, size: int, *, owner: bool = False, limit: int = MAX_READ
    ) -> None:
        super().__init__()
        self.size = size
        self._fd, self._start, self._owner, self._limit = fd, start, owner, limit
        self._place = 0

    @classmethod
    def open(cls, path: str | Path, tree: str) -> Source:
        """The file at ``path``, which must stand under the directory ``tree``.

        Raises Unfit when it leads out of the tree, is no regular file or can't be opened.
        """
        if not is_inside(tree, str(path)):
            raise Unfit(GapKind.REFUSED, "leads out of the directory of its run: not opened")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            fd = os.open(os.path.realpath(path), flags)
            try:
                status = os.fstat(fd)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(errno.EINVAL, "not a regular file")
            except OSError:
                os.close(fd)
                raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unfit(GapKind.UNREADABLE, f"can't be read: {reason}") from error
        return cls(fd, 0, status.st_size, owner=True)

    def stretch(self, start: int, size: int, limit: int = MAX_READ) -> Source:
        """The ``size`` bytes from ``start`` on, of which at most ``limit`` can be read at once.

        The file must stay open for as long as the stretch is used.
        """
        self._check(start, size)
        return Source(self._fd, self._start + start, size, limit=limit)

    def at(self, start: int, size: int) -> bytes:
        """The ``size`` bytes from ``start`` on; raises Unfit when the file does not hold them."""
        self._check(start, size)
        data = self._read(start, size)
        if len(data) < size:
            raise Unfit(GapKind.UNREADABLE, "the file has shrunk while it was read")
        return data

    def _check(self, start: int, size: int) -> None:
        if start < 0 or size < 0 or start + size > self.size:
            raise Unfit(GapKind.MALFORMED, f"{size} bytes at {start} are past the end of the file")

    def _read(self, start: int, size: int) -> bytes:
        if size > self._limit:
            raise Unfit(GapKind.LIMIT, f"{size} bytes at once are over the limit")
        parts = []
        try:
            os.lseek(self._fd, self._start + start, os.SEEK_SET)
            while size > 0 and (part := os.read(self._fd, min(size, 1 << 24))):
                parts.append(part)
                size -= len(part)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unfit(GapKind.UNREADABLE, f"can't be read: {reason}") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readable(self) -> bool:
        """True; what parsers expect of a file object."""
        return True

    def seekable(self) -> bool:
        """True; what parsers expect of a file object."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` from the current place and move on."""
        size = max(0, min(len(buffer), self.size - self._place))
        data = self._read(self._place, size)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the current place and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "before the start of the file")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """The current place."""
        return self._place

    def close(self) -> None:
        """Close the file, unless this is a stretch of another one."""
        if self._owner and not self.closed:
            os.close(self._fd)
        super().close()
