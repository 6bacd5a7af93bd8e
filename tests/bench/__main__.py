"""``make bench``: every speed that we promise, as a ratio of two ways measured side by side in one run."""

from __future__ import annotations

import sys

from tests.bench import indicators, ingest, labels, open_queue, queue_page, rollups, size, startup

PARTS = {
    "import": ingest,
    "queue": open_queue,
    "page": queue_page,
    "rollups": rollups,
    "indicators": indicators,
    "startup": startup,
    "classification": labels,
    "size": size,
}


def main() -> int:
    """Run the parts that are named, or all; return 1 when a promise is not held."""
    missed = False
    for name in sys.argv[1:] or PARTS:
        print(f"\n{name}", flush=True)
        for line in PARTS[name].run():
            print("  " + line, flush=True)
            missed |= line.startswith("MISS")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
