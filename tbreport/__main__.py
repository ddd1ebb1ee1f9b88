"""``python -m tbreport`` and the command ``tbreport``: the command line."""

import gc


def main() -> None:
    """Run the command line and exit."""
    # Nothing that is imported becomes garbage: looking for it there, and at the end in all that
    # there is, takes a sixth of the time of --help.
    gc.disable()
    from tbreport import cli

    try:
        cli.main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
