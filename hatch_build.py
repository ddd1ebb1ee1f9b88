"""Ship compiled templates in the wheel: Jinja would take 0.1 s to compile them at every start."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTemplates(BuildHookInterface[Any]):
    """Compiles templates/ with the Jinja of the build; with another one, sources are used."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile them, but for an editable install, whose templates are being written."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from tbreport.templating import compile_templates, compiled_name

        self._folder = tempfile.TemporaryDirectory()
        compile_templates(Path(self._folder.name))
        place = f"tbreport/templates/{compiled_name()}"
        build_data["force_include"][self._folder.name] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        if version != "editable":
            self._folder.cleanup()
