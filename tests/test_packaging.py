"""What an installed user gets: the wheel has the templates and the package, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel made from the sdist, as a release is, in a copy of the checkout."""
    pytest.importorskip("build", reason="build is not installed")
    here = tmp_path_factory.mktemp("wheel")
    ignore = shutil.ignore_patterns(
        ".git", ".venv", "leftovers", "sample_logs", "__pycache__", ".*"
    )
    shutil.copytree(ROOT, here / "checkout", ignore=ignore)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(here / "dist")]
    done = subprocess.run([*command, str(here / "checkout")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (here / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_the_package_and_its_templates_whole(names):
    compiled = {name for name in names if "/jinja2-" in name}
    modules = {path.relative_to(ROOT) for path in (ROOT / "tbreport").rglob("*")}
    modules = {path for path in modules if "__pycache__" not in path.parts and path.suffix}
    templates = {
        Path("tbreport") / path.relative_to(ROOT)
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert names - compiled == {path.as_posix() for path in modules | templates}
    assert len(compiled) == sum(path.suffix == ".html" for path in templates)
    assert {"tbreport/templates/report.html", "tbreport/templates/style.css"} < names
    assert "tbreport/read/wire.py" in names


def test_a_page_is_made_from_the_wheel_alone(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "installed")
    code = (
        "import jinja2\n"
        "jinja2.Environment.compile = None  # templates are compiled already\n"
        "import tbreport.page as page\n"
        "document = page.Document('T', (), {}, ())\n"
        "print(page.__file__)\n"
        "print(len(''.join(page.assemble(document))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'installed')\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    file, length = done.stdout.split()
    assert (tmp_path / "installed") in (tmp_path / file).parents
    assert int(length) > 10_000
