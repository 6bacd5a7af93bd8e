"""Starts Bluesky's own servers on loopback, tells when they have taken everything in, and stops them without a trace."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from atproto import Client, models

HERE = Path(__file__).parent
NODE = "22.20.0"
PASSWORD = "only-on-loopback"


def place() -> Path:
    """Return the folder that tests/install_bluesky.sh fills for these versions."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("MONITOR_BLUESKY_CACHE") or Path(home) / "engagement-monitor" / "bluesky")
    locked = b"".join((HERE / name).read_bytes() for name in ("package.json", "package-lock.json"))
    return cache / hashlib.sha256(locked + NODE.encode()).hexdigest()[:16]


def missing() -> str | None:
    """Say what is not there, in words that tell the cure; ``None`` when all is."""
    if not (place() / ".whole").exists():
        return "Bluesky's servers are not installed: run sh tests/install_bluesky.sh"
    if shutil.which("redis-server") is None:
        return "Redis is not installed: run sh tests/install_bluesky.sh, or install the package redis-server"
    return None


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Network:
    """The servers of one run. ``database`` is a PostgreSQL to use; without one there is only the PDS, no reading.

    ``limited``: the PDS keeps Bluesky's real rate limits.
    """

    def __init__(self, database: str | None, *, limited: bool = False) -> None:
        self.folder: Path | None = Path(tempfile.mkdtemp(prefix="monitor-bluesky-"))
        self._processes: list[subprocess.Popen[str]] = []
        self._clients: list[Client] = []
        try:
            self._start(database, limited=limited)
        except BaseException:
            self.stop()
            raise

    @classmethod
    def known(cls, url: str, control: str) -> Network:
        """Return a network that another process started and will stop."""
        found = cls.__new__(cls)
        found.folder, found._processes, found._clients = None, [], []
        found.url, found.control = url, control
        return found

    def _start(self, database: str | None, *, limited: bool) -> None:
        assert self.folder is not None
        redis, control, plc, pds, appview = free_ports(5)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "NODE_ENV": "development",
            "LOG_ENABLED": "false",
            "PLACE": str(place()),
            "PORTS": f"{control},{plc},{pds},{appview}",
            **({"LIMITED": "1"} if limited else {}),
        }
        if database is None:
            environment["ALONE"] = "1"
        else:
            options = ["--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            self._run(["redis-server", *options], environment)
            environment |= {"DATABASE": database, "REDIS": f"127.0.0.1:{redis}"}
        node = self._run([str(place() / "node22"), str(HERE / "network.mjs")], environment)
        assert node.stdout is not None
        ready = next((line for line in node.stdout if line.startswith("READY ")), None)
        assert ready is not None, (self.folder / "log").read_text(encoding="utf-8")[-3000:]
        self.url = f"http://127.0.0.1:{urlsplit(json.loads(ready.removeprefix('READY '))['pds']).port}"
        self.control = f"http://127.0.0.1:{control}"

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        assert self.folder is not None
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._processes.append(process)
        return process

    def settle(self) -> None:
        """Wait until everything that was written can be read."""
        self._ask("/settle")

    def take_down(self, did: str) -> None:
        """Hide an account as Bluesky's moderators do."""
        self._ask("/takedown", did=did)

    def _ask(self, path: str, **query: str) -> None:
        request = urllib.request.Request(f"{self.control}{path}?{urlencode(query)}", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def account(self, name: str, shown: str | None = None, *, profile: bool = True) -> Client:
        """Make an account with a handle of its own that begins with ``name``, and return its signed-in client."""
        client = Client(self.url)
        self._clients.append(client)
        handle = f"{name}{len(self._clients)}{os.environ.get('PYTEST_XDIST_WORKER', '')}.test"
        client.com.atproto.server.create_account(
            models.ComAtprotoServerCreateAccount.Data(handle=handle, email=f"{handle}@example.test", password=PASSWORD)
        )
        self.settle()
        client.login(handle, PASSWORD, fetch_bsky_profile=profile)
        if shown:
            profile = models.AppBskyActorProfile.Record(display_name=shown)
            self.put(client, "app.bsky.actor.profile", "self", profile)
        return client

    @staticmethod
    def put(client: Client, collection: str, key: str, record: Any) -> None:
        """Write a record under its key, which edits the one that is there."""
        assert client._session is not None
        data = models.ComAtprotoRepoPutRecord.Data(
            repo=client._session.did, collection=collection, rkey=key, record=record
        )
        client.com.atproto.repo.put_record(data)

    def stop(self) -> None:
        """Stop the servers and remove what they wrote."""
        for client in self._clients:
            client.request.close()
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
