"""``monitor``: the command. The queue is shown without loading anything that it does not need."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with 0 (done), 1 (something needs attention), 2 (wrong use or settings)."""
    if sys.argv[1:2] == ["queue"]:
        from monitor.cli.queue import main as run  # noqa: PLC0415 - click and pydantic stay unloaded
    else:
        from monitor.cli.main import main as run  # noqa: PLC0415 - see above
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
