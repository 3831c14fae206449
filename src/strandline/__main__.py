"""The door of the command line, where Ctrl-C is answered before the imports have ended."""

import sys

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; see `strandline.cli.running`."""
    try:
        from strandline import cli
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
