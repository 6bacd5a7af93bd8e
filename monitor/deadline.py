"""Until when a reply may still be published, by a clock that no change of the wall clock touches."""

from __future__ import annotations

import time

from monitor.errors import RateLimited

PREPARING = 20.0  # seconds that a connector may take before it publishes: looking at the post, renewing a session


class LastCall:
    """The end of the time in which a reply may be published, counted from when it was made.

    The core judges an attempt that has not ended after a fixed time and may then send anew. A request that begins only
    after that, because a look before it or a renewed session took long, would be a second reply.
    """

    def __init__(self) -> None:
        """Begin to count."""
        self._over = time.monotonic() + PREPARING

    def check(self) -> None:
        """Return while the reply may still be published. Raises ``RateLimited`` afterwards: nothing was sent."""
        if time.monotonic() > self._over:
            raise RateLimited(
                "the network took too long before the reply could be sent; nothing was sent", call="reply"
            )
