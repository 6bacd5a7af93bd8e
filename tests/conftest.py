"""Stores for tests: SQLite in a file or in memory, a real PostgreSQL that is started for the session; and receivers of messages."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from monitor.store import Store
from tests.builders import emptied

if TYPE_CHECKING:
    from tests.fakes.receivers import HttpReceiver, MailReceiver
    from tests.fakes.services import Host

settings.register_profile(
    "monitor",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    # the same code is judged alike each time; `make torture` looks for what no run has seen yet
    derandomize="MONITOR_TORTURE" not in os.environ,
)
settings.load_profile("monitor")


def _in_memory() -> str | None:
    """A file system in memory with room, where there is one: on a slow disk an empty PostgreSQL takes ten times as long."""
    place = Path("/dev/shm")
    return str(place) if os.access(place, os.W_OK) and shutil.disk_usage(place).free > 4_000_000_000 else None


FOLDER = _in_memory()
if FOLDER is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", FOLDER)

ENGINES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def _program(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, places)]))


class Server:
    """A PostgreSQL server of our own on a free loopback port; it refuses root, so root hands it to another account."""

    def __init__(self, initdb: str, postgres: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="monitor-pg-", dir=FOLDER))
        self.folder.chmod(0o755)
        self.account: dict[str, Any] = {}
        self.user = pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            entry = next(e for name in ("postgres", "nobody") for e in pwd.getpwall() if e.pw_name == name)
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            self.user = entry.pw_name
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        data = self.folder / "data"
        self._run([initdb, "-D", str(data), "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        log = (self.folder / "log").open("wb")
        options = ["-k", str(self.folder), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with log:
            self.process = subprocess.Popen(
                [postgres, "-D", str(data), *options], cwd=self.folder, stdout=log, stderr=log, **self.account
            )
        self._wait()

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self.account)
        assert done.returncode == 0, done.stderr

    def _wait(self) -> None:
        import psycopg

        for _ in range(300):
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres")):
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("PostgreSQL does not answer")

    def url(self, database: str) -> str:
        """Return the connection string of a database."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def empty_database(self) -> str:
        """Empty the database of the tests and return its connection string; a new one would cost 7 MB of files."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url("postgres")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.process.send_signal(signal.SIGINT)  # does not wait for clients
        self.process.wait(30)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL server."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install psycopg[binary]")
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server on this machine: install the package postgresql")
    running = Server(initdb, postgres)
    yield running
    running.stop()


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, on each engine."""
    if request.param == "sqlite":
        return str(tmp_path / "monitor.db")
    database: str = request.getfixturevalue("server").empty_database()
    return database


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    """An empty store on each engine."""
    with Store.open(where) as opened:
        yield opened


@pytest.fixture
def new_store(where: str) -> Iterator[Callable[[], Store]]:
    """Return an empty store as often as it is called, for one test with many examples; the one before is gone then."""
    with contextlib.ExitStack() as stack:
        if where.startswith("postgresql:"):
            store = stack.enter_context(Store.open(where))
        else:
            store = stack.enter_context(Store.open(":memory:"))

        yield lambda: emptied(store)


@pytest.fixture(scope="session")
def memory() -> Iterator[Store]:
    """A store in memory, for tests of which the engine is no part; empty it before use."""
    with Store.open(":memory:") as store:
        yield store


@pytest.fixture
def outside() -> Iterator[tuple[MailReceiver, HttpReceiver]]:
    """A mail server and an HTTP service on loopback that keep what they are sent."""
    from tests.fakes.receivers import receivers

    with receivers() as both:
        yield both


@pytest.fixture
def mail(outside: tuple[MailReceiver, HttpReceiver]) -> MailReceiver:
    """The mail server of them."""
    return outside[0]


@pytest.fixture
def web(outside: tuple[MailReceiver, HttpReceiver]) -> HttpReceiver:
    """The HTTP service of them."""
    return outside[1]


@pytest.fixture
def host() -> Iterator[Host]:
    """Chat and incident services on loopback."""
    from tests.fakes.services import services

    with services() as one:
        yield one


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Apprise not wait between calls; what it is polite to wait is not what is tried."""
    import apprise

    monkeypatch.setattr(apprise.NotifyBase, "throttle", lambda *_, **__: None)
