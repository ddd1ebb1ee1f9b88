"""What tests of reading share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder for a file that is written anew for each example of a property."""
    return tmp_path_factory.mktemp("scratch")
