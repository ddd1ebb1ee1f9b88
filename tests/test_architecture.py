"""The architecture: what each part may import, and that the public names are what they say."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tbreport

PACKAGE = Path(tbreport.__file__).parent

_NAMES = {
    "errors",
    "faults",
    "gates",
    "groups",
    "limits",
    "model",
    "names",
    "options",
    "roles",
    "runnames",
    "version",
}

# What each part may import of ours: only what stands below it. A part is a module of the package or
# a folder of it; inside a folder its modules import each other freely, but see the tests below.
MAY_IMPORT = {
    # floor 0
    "errors": set(),
    "faults": set(),
    "groups": {"errors", "model", "names", "roles"},
    "model": set(),
    "names": set(),
    "roles": set(),
    "runnames": {"model"},
    "version": set(),
    "gates": {"errors", "names"},
    "limits": {"errors"},
    "options": {"errors", "gates", "limits"},
    # floor 1
    "moran": {"model"},
    "stats": set(),
    "output": {"errors"},
    "gfm": {"names"},
    "prose": {"names"},
    "points": set(),
    "workers": set(),
    "charts": {"limits", "points", "stats", "workers"},
    "read": {"errors", "limits", "model", "names"},
    # floor 2
    "render": {"charts", "faults", "workers"},
    "rules": {"errors", "faults", "model", "moran", "names", "roles", "stats"},
    "sections": _NAMES | {"charts", "moran", "points", "read", "stats"},
    # floor 3
    "reductions": {"charts", "datablock", "model", "names", "render", "sections"},
    "budget": {"charts", "model", "reductions", "render", "sections", "stats"},
    "fitting": {"budget", "charts", "model", "page", "reductions", "render", "sections"},
    "outline": {"names", "sections"},
    "baseline": {"errors", "groups", "model", "names", "options", "read", "rules", "sections"},
    "csvfiles": {"model", "names"},
    "export": {"faults", "model", "read", "roles", "sections", "version"},
    "datablock": {"sections"},
    "junit": {"faults", "model", "names", "sections"},
    "outcomes": _NAMES | {"sections", "stats"},
    "assets": {"charts"},
    "page": {
        "assets",
        "charts",
        "datablock",
        "faults",
        "names",
        "outline",
        "prose",
        "render",
        "sections",
        "templating",
    },
    "templating": {"assets", "names", "prose"},
    "summary": {"faults", "gfm", "model", "names", "sections", "stats"},
    # floor 4
    "result": _NAMES
    | {"budget", "csvfiles", "export", "junit", "output", "page", "sections", "summary"},
    "report": _NAMES
    | {"charts", "fitting", "outcomes", "page", "reductions", "render", "result", "rules"}
    | {"sections"},
    # floor 5
    "flags": set(),
    "progress": {"model", "sections", "stats"},
    "cli": _NAMES
    | {"baseline", "flags", "outcomes", "output", "progress", "read", "report", "rules"}
    | {"render", "result", "sections", "stats", "workers"},
    "__main__": {"cli"},
    "__init__": _NAMES | {"baseline", "read", "report", "result", "rules", "sections"},
}

# Libraries that only some parts may know, and of those some only inside functions.
LIBRARIES = {
    "PIL": {"charts"},
    "click": {"cli", "flags"},
    "google": {"read"},
    "google_crc32c": {"read"},
    "jinja2": {"templating"},
    "markdown_it": {"prose"},
    "markupsafe": {"page", "templating"},
    "matplotlib": {"charts"},
    "numpy": {"charts", "datablock", "model", "moran", "outcomes", "points", "read"}
    | {"rules", "sections", "stats"},
    "scipy": {"charts", "sections"},
    "sklearn": {"charts", "stats"},
    "threadpoolctl": {"charts", "points"},
}
INSIDE_FUNCTIONS = {"markdown_it", "matplotlib", "scipy", "sklearn", "threadpoolctl"}
FORBIDDEN = {"random", "tensorboard", "tensorboardX", "tensorflow", "torch"}
CLOCKS = {"now", "today", "utcnow", "environ", "getenv"}

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def module_of(path):
    return ".".join(("tbreport", *path.relative_to(PACKAGE).with_suffix("").parts))


def imports(tree, *, top_only=False):
    """The modules that a file imports, those for the type checker included."""
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "tbreport":
                yield from (f"tbreport.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.fixture(params=FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def source(request):
    return request.param, ast.parse(request.param.read_text(encoding="utf-8"))


def test_imports_run_down(source):
    path, tree = source
    part = part_of(path)
    ours = {name.split(".")[1] for name in imports(tree) if name.startswith("tbreport.")}
    assert ours - {part} <= MAY_IMPORT[part]


def test_libraries_stay_where_they_belong(source):
    path, tree = source
    part = part_of(path)
    roots = {name.split(".")[0] for name in imports(tree)}
    assert not roots & FORBIDDEN
    assert {root for root in roots & LIBRARIES.keys() if part not in LIBRARIES[root]} == set()
    at_the_top = {name.split(".")[0] for name in imports(tree, top_only=True)}
    assert not at_the_top & INSIDE_FUNCTIONS


def test_only_the_command_line_prints_and_reads_clock_or_environment(source):
    path, tree = source
    if part_of(path) == "cli":
        return
    called = {node.func.id for node in ast.walk(tree) if _is_plain_call(node)}
    assert not called & {"print", "exit", "input"}
    assert "time" not in set(imports(tree))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & CLOCKS


def _is_plain_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@pytest.mark.parametrize(("folder", "kind"), [("sections", "Section"), ("rules", "Rule")])
def test_no_section_or_rule_knows_another(folder, kind):
    trees = {path: ast.parse(path.read_text("utf-8")) for path in (PACKAGE / folder).glob("*.py")}
    values = {module_of(path) for path, tree in trees.items() if _makes(tree, kind)}
    for path, tree in trees.items():
        if path.name != "__init__.py":
            known = {name for name in imports(tree) if name in values}
            assert not known, f"{path.name} imports {known}"


def _makes(tree, kind):
    calls = (node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    return any(_is_plain_call(call) and call.func.id == kind for call in calls)


def test_sections_and_rules_are_ordered_values_with_ids_of_their_own():
    for values in (tbreport.SECTIONS, tbreport.RULES):
        ids = [value.id for value in values]
        assert isinstance(values, tuple) and len(set(ids)) == len(ids)
    for section in tbreport.SECTIONS:
        assert section.id.isidentifier() and section.id == section.id.lower()
        assert section.about.endswith(".") and "\n" not in section.about


def test_the_public_names_are_what_is_exported():
    assert len(set(tbreport.__all__)) == len(tbreport.__all__)
    for name in tbreport.__all__:
        assert getattr(tbreport, name) is not None
        assert name in dir(tbreport)
    assert set(tbreport._HOMES) == set(tbreport.__all__) - {"__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tbreport.nothing


def test_the_type_checker_sees_the_same_names():
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module.removeprefix("tbreport.")
        for node in checked.body
        for alias in node.names
    }
    assert seen == tbreport._HOMES


def test_the_version_is_that_of_the_project():
    import tomllib

    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    assert tbreport.__version__ == project["project"]["version"]


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_waits_for_no_library_but_click(flag):
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tbreport.cli import run\n"
        f"assert run([{flag!r}]) == 0\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert done.stderr.strip() == "['click', 'tbreport']"


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, tbreport; print('numpy' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.split() == ["False", "False"]
