"""A clock for durations that no change of the wall clock touches, and that all processes of a machine share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

Ticks = Callable[[], tuple[str, float]]
"""Which run of the machine this is, and how many seconds into it we are."""


def machine_ticks() -> tuple[str, float]:
    """Return which run of the machine this is, and the seconds of its monotonic clock, which all processes share."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        # elsewhere the instant of the start, roughly: a wall clock that jumps begins the wait anew, which is safe
        boot = f"since {round((time.time() - time.monotonic()) / 600)}"
    return boot, time.monotonic()
