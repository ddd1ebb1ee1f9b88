"""Reports of bad logs: whatever is in the files, the page is sound and nothing of ours breaks."""

import subprocess
import sys

import pytest

import tbreport
from tbreport.errors import InputError
from tests.markup import check, page


@pytest.fixture(scope="session")
def bad_folder(shared_tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad_reports")
    generator = shared_tools / "badlogs.py"
    subprocess.run([sys.executable, generator, folder], check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_every_bad_log_makes_a_sound_page_or_one_line(bad_folder):
    cases = sorted(path for path in bad_folder.iterdir() if path.is_dir())
    refused = []
    for case in cases:
        try:
            logs = tbreport.read_logs(case)
        except InputError as error:
            assert "\n" not in str(error)
            refused.append(case.name)
            continue
        report = tbreport.build_report(logs, title=case.name)
        check(page(report.document))
        assert not report.faults, case.name
        report.html.encode()
    assert len(cases) > 80
    assert refused == ["empty", "no_events"]
