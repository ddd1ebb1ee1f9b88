"""Output: a report is replaced whole or not at all, and nothing is left beside it."""

import os
import stat

import pytest

from tbreport.errors import OutputError
from tbreport.output import check_writable, is_folder, write_file, write_folder
from tests.command import names


def failing():
    yield "half"
    raise OSError(28, "No space left on device")


def test_a_file_is_written_as_utf_8_and_nothing_else_is_left(tmp_path):
    assert write_file(tmp_path / "r.html", ["<p>", "準確率"]) == 12
    assert (tmp_path / "r.html").read_bytes() == "<p>準確率".encode()
    assert names(tmp_path) == ["r.html"]


def test_a_failure_leaves_the_old_report_and_no_other_file(tmp_path):
    (tmp_path / "r.html").write_text("old")
    with pytest.raises(OutputError, match=r"r\.html can't be written: No space left on device"):
        write_file(tmp_path / "r.html", failing())
    assert (tmp_path / "r.html").read_text() == "old"
    assert names(tmp_path) == ["r.html"]


def test_an_interrupt_leaves_no_other_file(tmp_path):
    def interrupted():
        yield "half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "r.html", interrupted())
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="rights and links as POSIX has them")
def test_rights_follow_the_umask_and_links_are_kept(tmp_path):
    old = os.umask(0o027)
    try:
        (tmp_path / "latest.html").symlink_to("r.html")
        write_file(tmp_path / "latest.html", ["new"])
    finally:
        os.umask(old)
    assert (tmp_path / "latest.html").is_symlink()
    assert stat.S_IMODE((tmp_path / "r.html").stat().st_mode) == 0o640


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_device_is_written_to_and_stays_a_device():
    write_file("/dev/null", ["x"])
    check_writable("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(OutputError, match="No space left on device"):
        write_file("/dev/full", ["x" * 100_000])


@pytest.mark.skipif(os.name != "posix", reason="only there a process can be asked about")
def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path):
    dead, live = tmp_path / ".r.html.99999999.tbreport-partial", None
    live = tmp_path / f".r.html.{os.getppid()}.tbreport-partial"
    dead.touch(), live.touch()
    write_file(tmp_path / "r.html", ["x"])
    assert names(tmp_path) == [live.name, "r.html"]


def test_a_folder_gets_its_files_and_keeps_those_of_others(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "mine.txt").touch()
    write_folder(tmp_path / "report", {"index.html": [b"a"], "pictures/loss.png": [b"b"]})
    assert names(tmp_path / "report") == [
        "index.html",
        "mine.txt",
        "pictures",
        "tbreport-files.txt",
    ]
    assert (tmp_path / "report/pictures/loss.png").read_bytes() == b"b"


def test_a_folder_loses_what_an_earlier_report_wrote_and_nothing_else(tmp_path):
    report = tmp_path / "report"
    (tmp_path / "outside.txt").touch()
    write_folder(report, {"index.html": [b"a"], "pictures/old.png": [b"b"]})
    (report / "pictures" / "mine.png").touch()
    with open(report / "tbreport-files.txt", "a") as listing:
        listing.write("../outside.txt\npictures\nmissing.png\n\n")
    write_folder(report, {"index.html": [b"c"], "pictures/new.png": [b"d"]})
    assert names(report / "pictures") == ["mine.png", "new.png"]
    assert (tmp_path / "outside.txt").exists()


def test_a_slash_or_a_directory_asks_for_a_folder(tmp_path):
    assert is_folder("new/") and is_folder(tmp_path) and is_folder(str(tmp_path))
    assert not is_folder(tmp_path / "r.html")


def test_trouble_is_told_before_the_work(tmp_path):
    check_writable(tmp_path / "r.html")
    check_writable(f"{tmp_path}/a/b/")
    (tmp_path / "file").touch()
    assert names(tmp_path) == ["file"]
    with pytest.raises(OutputError, match=r"folder .*missing is missing; make it"):
        check_writable(tmp_path / "missing" / "r.html")
    with pytest.raises(OutputError, match="can't be a folder: file is a file"):
        check_writable(f"{tmp_path}/file/")
    with pytest.raises(OutputError, match="can't be written"):
        check_writable(tmp_path / ("x" * 300))
