"""``python -m eventapi``: the same as the command ``eventapi``."""

from eventapi.entrypoints.cli import main

if __name__ == "__main__":
    main(prog_name="eventapi")
