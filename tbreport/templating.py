"""The environment of Jinja that templates run in, and what they are compiled to in the wheel."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined
from markupsafe import Markup, escape

from tbreport.assets import TEMPLATES
from tbreport.names import printable
from tbreport.prose import readable


@functools.cache
def environment() -> Environment:
    """Everything templates may use; strings they write are escaped and freed of controls."""
    compiled = ModuleLoader([folder / compiled_name() for folder in TEMPLATES])
    made = Environment(
        loader=ChoiceLoader([compiled, FileSystemLoader(TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters["name"] = printable
    made.filters["names"] = lambda names: names_of(tuple(names))
    made.filters["shown"] = _shown
    made.filters["thousands"] = "{:,}".format
    return made


def _finalize(value: object) -> object:
    # Whatever reaches the page as a plain string is freed of control characters here, so that no
    # template can forget to.
    return readable(value) if type(value) is str else value


@functools.lru_cache(maxsize=256)
def names_of(names: tuple[str, ...]) -> Markup:
    """Names for an attribute that the script reads, a line each; most panels share theirs."""
    return escape("\n".join(map(printable, names)))


def _shown(name: str) -> str:
    """A name as it is read; one without any mark gets words, to be seen and heard."""
    return printable(name) if name.strip() else "(no name)"


def compiled_name() -> str:
    """The folder of compiled templates: what one version of Jinja compiles, it alone can run."""
    return f"jinja2-{vars(jinja2).get('__version__', 'unknown')}"


def compile_templates(folder: Path) -> None:
    """Compile all templates into Python modules in ``folder``, which takes 0.1 s."""
    environment().overlay(loader=FileSystemLoader(TEMPLATES)).compile_templates(
        folder, extensions=["html"], zip=None, ignore_errors=False, log_function=lambda _: None
    )
