"""Everything that can go wrong, grouped by what happens next: wait, give up, or ask a person."""

from __future__ import annotations

from datetime import datetime


class MonitorError(Exception):
    """The monitor could not do what it was asked; the message says what to do about it."""


class ConfigError(MonitorError):
    """The settings are wrong; every mistake is listed with its place and a hint."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class PluginError(MonitorError):
    """A connector or model named in the settings cannot be loaded."""


class StoreError(MonitorError):
    """The database cannot be read or written."""


class SourceError(MonitorError):
    """A connector could not bring what was asked; its classes say what happens next."""


class RateLimited(SourceError):
    """The network asks to wait until ``until``; nothing is wrong. ``call`` is the kind of call that must wait."""

    def __init__(self, message: str, until: datetime | None = None, call: str | None = None) -> None:
        super().__init__(message)
        self.until = until
        self.call = call


class TryLater(SourceError):
    """The network or the way to it failed; the same call may work later."""


class NotAllowed(SourceError):
    """The credentials do not allow this; only a person can change that."""


class Unpaid(NotAllowed):
    """The money is spent: a plan's cap, a credit or a spending limit; only a person or a new month (``until``) helps."""

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class Gone(SourceError):
    """The post or account no longer exists on its network."""


class Unreadable(SourceError):
    """The answer has a shape that is not understood; ``raw`` keeps its beginning for the report."""

    def __init__(self, message: str, raw: str = "") -> None:
        super().__init__(message)
        self.raw = raw[:2000]


class ModelError(MonitorError):
    """A model could not be loaded or failed on its input."""
