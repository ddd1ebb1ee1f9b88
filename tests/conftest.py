"""What tests share: the material that may stand beside the checkout, and how hypothesis runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.command import two_runs

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
ABSENT = "needs {}/ beside the checkout"

# An example is never too slow: machines differ. The gate tries the same examples every time, so
# that what it says is about the change; everyone else tries new ones.
settings.register_profile("tbreport", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tbreport")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``real_log`` once for each folder of real logs."""
    if "real_log" in metafunc.fixturenames:
        folders = sorted(path for path in SHARED.glob("logs/*") if path.is_dir())
        absent = pytest.param(None, marks=pytest.mark.skip(ABSENT.format("shared/logs")))
        names = [folder.name for folder in folders] or ["absent"]
        metafunc.parametrize("real_log", folders or [absent], ids=names)


@pytest.fixture(scope="session")
def shared_logs() -> Path:
    """The folder of real logs from public repositories."""
    return _shared("logs")


@pytest.fixture(scope="session")
def shared_tools() -> Path:
    """The folder of the scripts that make bad and large logs."""
    return _shared("tools")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the logs of two runs in logs/."""
    monkeypatch.chdir(tmp_path)
    return two_runs(tmp_path)


def _shared(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip(ABSENT.format(f"shared/{name}"))
    return SHARED / name
