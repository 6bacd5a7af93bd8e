"""The pages: every module here that has ``routes`` is found by itself, in alphabetical order."""

from __future__ import annotations

import importlib
import pkgutil

from monitor.web.registry import Route, Routes


def all_routes() -> list[Route]:
    """Return the routes of every module of this package."""
    found: list[Route] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        routes = getattr(importlib.import_module(f"{__name__}.{module.name}"), "routes", None)
        if isinstance(routes, Routes):
            found += routes.all
    return found
