"""Files of profilers and debuggers beside event files: known by their names, listed, never opened.

Profilers leave a folder of files for each session in ``plugins/profile`` (TensorBoard's profile
plugin, ``plugins/profile/<session>/<host>.<kind>``), or one file for each worker beside the event
files (``torch.profiler.tensorboard_trace_handler``). TensorFlow's debugger writes a set of
``tfdbg_events`` files. All of them need the tool that wrote them to be read.
"""

from __future__ import annotations

import os
import re

from tbreport.model import Trace
from tbreport.read.sources import is_inside

MOST_TRACES = 10_000  # files of all log directories together that are noted

_SESSION = re.compile(r"(?:^|(.*)/)plugins/profile/([^/]+)")
_PROFILE = re.compile(
    r"(.+?)\.((?:xplane|hlo_proto|[a-z_]+_page|[a-z_]+_stats|[a-z_]+_pipeline|[a-z_]+_viewer)\.pb"
    r"|trace(?:\.json)?(?:\.gz)?|[a-z_]+\.(?:pb|json|csv)(?:\.gz)?)"
)
_TORCH = re.compile(r"(.+?)(?:\.\d{10,})?\.pt\.trace\.json(?:\.gz)?")
_DEBUGGER = re.compile(r"tfdbg_events\.\d+\.(.+)\.[a-z_]+")


def find_trace(entry: os.DirEntry[str], folder: str, tree: str) -> Trace | None:
    """The trace that ``entry`` is: a regular file inside ``tree`` with a telling name, or None.

    ``folder`` is that of the entry relative to the log directory, "" for that itself.
    """
    found = _told_by_name(folder, entry.name)
    if found is None:
        return None
    try:
        if not entry.is_file(follow_symlinks=False) or not is_inside(tree, entry.path):
            return None
        size = entry.stat(follow_symlinks=False).st_size
    except OSError:
        return None
    name = f"{folder}/{entry.name}" if folder else entry.name
    return Trace(name, *found, size)


def _told_by_name(folder: str, name: str) -> tuple[str, str, str, str] | None:
    """Run, tool, session and host of a trace by its folder and name."""
    session = _SESSION.fullmatch(folder)
    if session:
        parts = _PROFILE.fullmatch(name)
        return session[1] or ".", "profiler", session[2], parts[1] if parts else ""
    parts = _TORCH.fullmatch(name)
    if parts:
        return folder or ".", "PyTorch profiler", "", parts[1]
    parts = _DEBUGGER.fullmatch(name)
    if parts:
        return folder or ".", "TensorFlow debugger", "", parts[1]
    return None
