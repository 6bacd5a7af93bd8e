"""The terminal of ``monitor run`` as a channel: for a start without any account, and beside the others."""

from __future__ import annotations

import sys

from monitor.display import visible
from monitor.notify import Message, Outcome


class Terminal:
    """Prints to standard error, where nobody parses it."""

    def __init__(self, *, short: bool) -> None:
        self._short = short

    def send(self, message: Message) -> Outcome:
        """Print the message, every line without characters that could disturb a terminal."""
        lines = [message.title] if self._short else [message.title, *message.text.splitlines()]
        try:
            print(*[visible(line) for line in lines], sep="\n  ", file=sys.stderr, flush=True)  # noqa: T201 - its purpose
        except (OSError, ValueError) as error:  # closed, or not able to show the characters
            return Outcome(result="refused", detail=type(error).__name__)
        return Outcome(result="sent")

    def check(self) -> str:
        """Say what this is."""
        return "terminal"
