"""The tables behind the screens: one definition for a page's "export" link and for `monitor export SCREEN`.

A table has the rows that its page shows under the same filters, all of them and not only the first page, in the same
order. Rows are read in batches while they are written: memory does not grow with them, and a post that is purged
meanwhile is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.errors import MonitorError
from monitor.tables.asked import PARTS, Asked, Table
from monitor.tables.screens import TABLES

__all__ = ["PARTS", "TABLES", "Asked", "Table", "find", "rows"]


def find(screen: str) -> Table:
    """Return a screen's table. Raises ``MonitorError`` that lists them."""
    table = TABLES.get(screen)
    if table is None:
        raise MonitorError(f"there is no table {screen!r}; there are: {', '.join(TABLES)}")
    return table


def rows(table: Table, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Return a table's rows. Raises ``MonitorError`` for a filter that the table does not have, before any row is read."""
    unknown = [name for name in _FILTERS if name not in table.filters and getattr(asked, name) not in (None, "", "all", False)]  # fmt: skip
    if unknown:
        has = ", ".join(table.filters) or "none"
        raise MonitorError(f"the table {table.screen!r} has no filter {', '.join(unknown)}; it has: {has}")
    for name, choices in table.choices.items():
        value = getattr(asked, name)
        if value and value not in choices:
            raise MonitorError(f"{name} {value!r} is not known here; there are: {', '.join(choices)}")
    if asked.brand is not None:
        brands = [row["brand"] for row in asked.store.sources.brands()]
        if asked.brand not in brands:
            raise MonitorError(f"there is no brand {asked.brand!r}; there are: {', '.join(brands) or 'none'}")
    return table.rows(asked)


_FILTERS = ("brand", "show", "state", "label", "word", "ids", "own", "start", "end", "days", "conversation", "alert", "q")  # fmt: skip
