"""What a user can mend: each error is one sentence with its remedy, printed without a traceback."""

from __future__ import annotations


class TbreportError(Exception):
    """Something about the command is ill; ``str(error)`` is the line a user reads.

    ``shown`` are lines to be printed under it, such as an expression with a mark under the place;
    ``exit_code`` is what the command line exits with.
    """

    exit_code = 2

    def __init__(self, message: str, *shown: str) -> None:
        super().__init__(message)
        self.shown = shown


class InputError(TbreportError):
    """The logs, an option or the configuration can't be used as given."""


class OutputError(TbreportError):
    """The report could not be written; what stood at its place is left as it was."""

    exit_code = 3
