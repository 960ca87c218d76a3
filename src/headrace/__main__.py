"""Runs the command line: ``python -m headrace``."""

from headrace.engine.cli import main

if __name__ == "__main__":
    main()
