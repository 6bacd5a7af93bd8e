"""Whatever recordings lie in the folder go through the real clients; what is not ours is listed, nothing is passed over.

The folder is ``MONITOR_RECORDINGS``, by default ``../shared/recordings``. A recording is recognised by its request.
"""

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from exchange import FOLDER, Exchange, NotARecordingError, files, read

HERE = Path(__file__).parent
FILES = files() if FOLDER.is_dir() else []
NUMBER = re.compile(r"\d{6,}")
HANDLERS = tuple(path.stem for path in sorted(HERE.glob("recordings_*.py")))


def handlers() -> list[ModuleType]:
    return [importlib.import_module(name) for name in HANDLERS]


def recognised(exchange: Exchange) -> Iterator[tuple[ModuleType, str]]:
    for handler in handlers():
        capability = handler.recognise(exchange)
        if capability is not None:
            yield handler, capability


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_recording_comes_through_without_loss(path: Path) -> None:
    try:
        exchanges = read(path)
    except NotARecordingError as error:
        pytest.skip(f"no recording: {error}")
    ours, others = 0, []
    for exchange in exchanges:
        found = list(recognised(exchange))
        assert len(found) <= 1, f"{exchange}: taken for {[capability for _, capability in found]}"
        if not found:
            others.append(str(exchange))
            continue
        handler, capability = found[0]
        ours += 1
        try:
            handler.replay(exchange, capability)
        except AssertionError as error:
            error.add_note(f"{exchange} as {capability}")
            raise
    for other in others:
        print(f"not ours: {other}")
    if not ours:
        pytest.skip(f"not ours: {'; '.join(others)[:200]}")


def test_nothing_is_passed_over_silently() -> None:
    """Prints what is ours and what is not, by folder; ``pytest -rP`` shows it."""
    if not FILES:
        pytest.skip(f"no recordings in {FOLDER}; set MONITOR_RECORDINGS to a folder that has some")
    ours: Counter[str] = Counter()
    not_ours: Counter[str] = Counter()
    total = 0
    for path in FILES:
        folder = path.parent.relative_to(FOLDER).as_posix()
        try:
            exchanges = read(path)
        except NotARecordingError as error:
            not_ours[f"{folder}: {error}"] += 1
            total += 1
            continue
        for exchange in exchanges:
            total += 1
            found = [f"{handler.__name__.removeprefix('recordings_')} {name}" for handler, name in recognised(exchange)]
            ours.update(found)
            if not found:
                not_ours[f"{folder}: {NUMBER.sub('…', exchange.asked)}"] += 1
    print(f"recordings of {total}: " + ", ".join(f"{name} {n}" for name, n in sorted(ours.items())))
    print("not ours:", *(f"{name} ({n})" for name, n in sorted(not_ours.items())), sep="\n  ")
    assert ours, "no recording was recognised"
    assert ours.total() + not_ours.total() == total
