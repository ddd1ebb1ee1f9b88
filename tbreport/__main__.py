"""``python -m tbreport``: the command line."""

from tbreport.cli import main

if __name__ == "__main__":
    main()
