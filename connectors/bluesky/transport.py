"""Requests that always end: time limits for connecting and for the whole answer, and a limit of its size.

httpx limits only each single read, so that a server which sends a byte a second would hold a poll for ever, and it
unpacks an answer of any size.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterator
from urllib.request import getproxies, proxy_bypass

import httpx

CONNECT = 5.0  # seconds
READ = 30.0  # seconds between two pieces of an answer
WHOLE = 45.0  # seconds for an answer from its first byte to its last
MOST = 16 * 1024 * 1024  # bytes of an unpacked answer; a page of a hundred posts is below one mebibyte


class _Limited(httpx.SyncByteStream):
    """An answer's body, unpacked, that ends in time and in size or raises."""

    def __init__(self, response: httpx.Response, request: httpx.Request, *, packed: bool) -> None:
        self._response = response
        self._request = request
        self._packed = packed
        self._end = time.monotonic() + WHOLE

    def __iter__(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(wbits=47) if self._packed else None
        size = 0
        for piece in self._response.stream:  # type: ignore[union-attr]
            if time.monotonic() > self._end:
                raise httpx.ReadTimeout(f"the answer was not whole after {WHOLE:.0f} s", request=self._request)
            try:
                body = unpacker.decompress(piece, MOST + 1 - size) if unpacker else piece
            except zlib.error as error:
                raise httpx.DecodingError("the answer cannot be unpacked", request=self._request) from error
            size += len(body)
            if size > MOST:
                raise httpx.DecodingError(f"the answer is larger than {MOST >> 20} MiB", request=self._request)
            yield body

    def close(self) -> None:
        """Let the connection go."""
        self._response.close()


class LimitedTransport(httpx.BaseTransport):
    """Sends a request once, by the proxy that the environment names, and hands its answer on within the limits."""

    def __init__(self) -> None:
        self._ways: dict[str | None, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises what httpx raises."""
        request.headers["Accept-Encoding"] = "gzip"
        response = self._way(request.url).handle_request(request)
        headers = response.headers.copy()
        packed = headers.pop("content-encoding", "identity").strip().lower()
        if packed not in {"identity", "", "gzip", "deflate"}:
            response.close()
            raise httpx.DecodingError("the answer is packed in a way that nobody asked for", request=request)
        if packed in {"gzip", "deflate"}:
            headers.pop("content-length", None)
        stream = _Limited(response, request, packed=packed in {"gzip", "deflate"})
        return httpx.Response(response.status_code, headers=headers, stream=stream, extensions=response.extensions)

    def _way(self, url: httpx.URL) -> httpx.HTTPTransport:
        proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        with self._lock:
            if proxy not in self._ways:
                self._ways[proxy] = httpx.HTTPTransport(retries=0, proxy=proxy)
            return self._ways[proxy]

    def close(self) -> None:
        """Close all connections."""
        for way in self._ways.values():
            way.close()


def time_limits() -> httpx.Timeout:
    """Return the limits of a single step of a request."""
    return httpx.Timeout(READ, connect=CONNECT, pool=CONNECT)
