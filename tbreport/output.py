"""Where a report goes: a file or folder that is replaced whole, or is left as it was.

A new file is written beside the old one and takes its place only when all of it is on the disk, so
neither a full disk nor a killed process leaves half a report.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from tbreport.errors import OutputError

LISTING = "tbreport-files.txt"  # in a folder: what of it is ours
CSV_LISTING = "tbreport-csv-files.txt"  # the same of CSV files, which may share the folder
_MARK = ".tbreport-partial"  # ends the name of a file that is still being written


def is_folder(path: str | Path) -> bool:
    """Whether ``path`` asks for a folder: it ends in a slash or is an existing directory."""
    text = os.fspath(path)
    return text.endswith(("/", os.sep)) or os.path.isdir(text)


def check_writable(path: str | Path) -> None:
    """Raise OutputError now where ``write_file`` or ``write_folder`` would fail later.

    Costs one empty file, made and removed; a folder that is missing is not made.
    """
    target = Path(os.path.realpath(path))
    with _told(path):
        if is_folder(path):
            while not target.exists():
                target = target.parent
            if not target.is_dir():
                raise OutputError(f"{path} can't be a folder: {target.name} is a file")
            target /= "index.html"
        if _is_regular(target):
            with _partial(target):
                pass


def write_file(path: str | Path, pieces: Iterable[str]) -> int:
    """Write ``pieces`` to ``path`` as UTF-8: all of them, or none and the old file stays.

    A link is followed, so what it points to is replaced; a device or pipe is written to directly.
    Returns the number of bytes. Raises OutputError.
    """
    target = Path(os.path.realpath(path))
    encoded = (piece.encode() for piece in pieces)
    with _told(path):
        if _is_regular(target):
            return _replace(target, encoded)
        with open(target, "wb") as file:
            return sum(map(file.write, encoded))


def write_folder(
    path: str | Path, files: Mapping[str, Iterable[bytes]], listing: str = LISTING
) -> int:
    """Write ``files``, by relative path, under the folder ``path``, which is made where missing.

    An index comes after what it refers to. A list of the files is kept beside it, under the name
    ``listing``: what an earlier report wrote and this one has no use for is removed, other files
    stay. Returns the number of bytes. Raises OutputError.
    """
    folder = Path(os.path.realpath(path))
    size = 0
    with _told(path):
        folder.mkdir(parents=True, exist_ok=True)
        stale = _written_before(folder, listing) - set(files)
        for name in sorted(files, key=lambda name: (name.startswith("index."), name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            size += _replace(folder / name, files[name])
        names = "".join(f"{name}\n" for name in sorted(files))
        _replace(folder / listing, [names.encode()])
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    return size


def _written_before(folder: Path, listing: str) -> set[str]:
    """The files under ``folder`` that ``listing`` names; a name that leads elsewhere is none."""
    try:
        names = (folder / listing).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    return {
        name
        for name in names
        if name
        and (folder / name).resolve().is_relative_to(folder)
        and not (folder / name).is_dir()
    }


def _replace(target: Path, pieces: Iterable[bytes]) -> int:
    with _partial(target) as (partial, file):
        size = sum(map(file.write, pieces))
        file.flush()
        os.fsync(file.fileno())
        file.close()  # Windows replaces no open file
        os.replace(partial, target)
    _sync_folder(target.parent)
    return size


@contextlib.contextmanager
def _partial(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside ``target``, with the rights that the umask leaves, gone afterwards."""
    for stale in target.parent.glob(f".{_glob_escape(target.name)}.*{_MARK}"):
        if not _is_alive(stale.name.removesuffix(_MARK).rpartition(".")[2]):
            stale.unlink(missing_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}{_MARK}")
    partial.unlink(missing_ok=True)
    # "x" follows no link that someone else may have laid there
    with open(partial, "xb") as file:
        try:
            yield partial, file
        finally:
            file.close()
            partial.unlink(missing_ok=True)


def _glob_escape(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _is_alive(pid: str) -> bool:
    """Whether a process of that number runs; assumed where asking would harm it."""
    if not pid.isdecimal() or os.name != "posix":  # on Windows os.kill(pid, 0) ends the process
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _is_regular(path: Path) -> bool:
    """Whether ``path`` is a regular file or nothing yet."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _told(path: str | Path) -> Iterator[None]:
    """Turn an OSError into the OutputError a user reads."""
    try:
        yield
    except FileNotFoundError as error:
        folder = os.path.dirname(os.fspath(path)) or "."
        raise OutputError(
            f"{path} can't be written: folder {folder} is missing; make it or name another place"
        ) from error
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror or error}") from error
