"""Secrets of the settings: never written in config.toml, never shown; and the file that keeps single-use refresh tokens."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from monitor.errors import NotAllowed


def read_secret(place: str) -> str:
    """Return the secret that lies at a place: ``env:NAME`` or ``file:PATH``. Raises ``ValueError`` with the cure."""
    kind, _, name = place.partition(":")
    if kind == "env" and name:
        found = os.environ.get(name, "").strip()
        if not found:
            raise ValueError(f"the environment variable {name} is not set; set it before starting the monitor")
        return found
    if kind == "file" and name:
        path = Path(name).expanduser()
        try:
            mode = path.stat().st_mode
            found = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"{path}: the secret cannot be read: {error.strerror}") from error
        if mode & 0o077:
            raise ValueError(f"{path}: others may read this secret; run: chmod 600 {path}")
        if not found:
            raise ValueError(f"{path}: is empty; it must hold the secret and nothing else")
        return found
    raise ValueError(
        "a secret does not belong into config.toml; put it into an environment variable and write "
        '"env:NAME", or into a file of mode 600 and write "file:PATH"'
    )


def as_now(value: object) -> object:
    """Return a setting with its secrets as they are now, and a file by the time of its last change: what a source is made of."""
    if isinstance(value, dict):
        return {name: as_now(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_now(inner) for inner in value]
    if isinstance(value, str):
        if value.startswith(("env:", "file:")):
            with contextlib.suppress(ValueError):
                return read_secret(value)
        with contextlib.suppress(OSError, ValueError):
            return [value, Path(value).expanduser().stat().st_mtime_ns]
    return str(value)


def fingerprint(made_of: str) -> str:
    """Return a digest that tells whether what a source is made of has changed, without holding it."""
    return hashlib.sha256(made_of.encode()).hexdigest()


def _read(place: SecretStr) -> SecretStr:
    return SecretStr(read_secret(place.get_secret_value()))


Secret = Annotated[SecretStr, AfterValidator(_read)]
"""A setting of a connector that holds a secret; ``get_secret_value()`` returns it, printing it shows asterisks."""


class TokenFile:
    """A JSON file of tokens, mode 600, that survives a crash at any instruction and is used by one process at a time.

    A refresh token that works once must be on the disk before it is used: hold :meth:`lock`, :meth:`load`, refresh,
    :meth:`save`, and only then use the new access token.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; it is made by the first :meth:`save`."""
        self.path = path.expanduser()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes and threads that use this file waiting until the block ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def load(self) -> dict[str, str]:
        """Return the tokens; empty when there is no file. Raises ``NotAllowed`` when it cannot be read."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise NotAllowed(
                f"{self.path}: the tokens cannot be read ({type(error).__name__}); sign in again"
            ) from None
        return {str(key): str(value) for key, value in found.items()}

    def save(self, tokens: Mapping[str, str]) -> None:
        """Write the tokens so that either the old or the new ones are there whatever happens. Raises ``OSError``."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(dict(tokens), file)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self.path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
