"""Two ways of doing the same, measured in turn in one run, so that the machine's mood cancels out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def side_by_side(ways: dict[str, Callable[[], object]], rounds: int = 5, *, cpu: bool = True) -> dict[str, float]:
    """Return the median seconds of each way over ``rounds`` interleaved rounds, after one that is not counted."""
    clock = time.process_time if cpu else time.perf_counter
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for count in range(rounds + 1):
        for name, way in ways.items():
            start = clock()
            measured = way()
            took = measured if isinstance(measured, float) else clock() - start
            if count:
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def verdict(name: str, value: float, bound: float, *, at_least: bool) -> str:
    """Return one line: the ratio, its bound and whether it is held."""
    held = value >= bound if at_least else value <= bound
    return f"{'ok  ' if held else 'MISS'} {name:<72} {value:8.2f}  ({'>=' if at_least else '<='} {bound:g})"
