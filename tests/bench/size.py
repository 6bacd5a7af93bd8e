"""How much disk the default install takes: the distributions that it asks for, without extras, and the bundled weights."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tests.bench.timing import verdict

ROOT = Path(__file__).parents[2]
PROJECT = "engagement-monitor"
PACKAGES = ("monitor", "connectors", "models")
MEGABYTE = 1_000_000
ENVIRONMENT_LIMIT = 650
WEIGHTS_LIMIT = 80
SHOWN = 8


def required(project: str) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Return the distributions that a project needs here, with the extras asked of each, and those not installed.

    Follows the requirements whose markers hold on this machine; the project itself is taken without any extra.
    """
    found: dict[str, frozenset[str]] = {}
    missing: list[str] = []
    left = [(_plain(project), frozenset[str]())]
    while left:
        name, extras = left.pop()
        if name in found and extras <= found[name]:
            continue
        found[name] = wanted = found.get(name, frozenset()) | extras
        try:
            lines = metadata.distribution(name).requires or ()
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        for requirement in map(Requirement, lines):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                left.append((_plain(requirement.name), frozenset(requirement.extras)))
    del found[_plain(project)]
    return {name: extras for name, extras in found.items() if name not in missing}, sorted(set(missing))


def installed_bytes(name: str) -> int:
    """Return the bytes of the files that a distribution says it installed. Raises ``ValueError`` where it names none."""
    files = metadata.distribution(name).files
    if not files:
        raise ValueError(f"{name} does not say which files it installed: install it with pip")
    places = (Path(str(file.locate())) for file in files)
    return sum(place.stat().st_size for place in places if place.is_file())


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all files under a folder, compiled Python left out."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")


def run() -> list[str]:
    """Measure and return the lines of the report, in megabytes of 1,000,000 bytes."""
    needed, missing = required(PROJECT)
    sizes = {name: installed_bytes(name) / MEGABYTE for name in needed}
    own = sum(folder_bytes(ROOT / package) for package in PACKAGES) / MEGABYTE
    weights = folder_bytes(ROOT / "models" / "bundled") / MEGABYTE
    largest = sorted(sizes.items(), key=lambda entry: -entry[1])[:SHOWN]
    lines = [
        f"{len(sizes)} distributions and the program itself ({own:.0f} MB with its weights); Python is not counted",
        "largest, MB: " + ", ".join(f"{name} {value:.0f}" for name, value in largest),
        verdict("default install, MB", sum(sizes.values()) + own, ENVIRONMENT_LIMIT, at_least=False),
        verdict("bundled weights, MB", weights, WEIGHTS_LIMIT, at_least=False),
    ]
    if missing:
        lines.append("MISS not installed, so not counted: " + ", ".join(missing))
    return lines


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
