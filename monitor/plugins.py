"""Finding connectors and models by name. Connectors: a file's path, an installed entry point, or ``connectors/<name>.py``, in that order."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from monitor.connector import Connector
from monitor.errors import ConfigError, ModelError, PluginError
from monitor.model import Model

GROUP = "engagement_monitor.connectors"


def connector_class(name: str) -> type[Any]:
    """Return the connector class of a name or path. Raises :class:`PluginError` with the cure."""
    if name.endswith(".py"):
        return _class_in(_from_path(Path(name)), name)
    for entry in entry_points(group=GROUP, name=name):
        loaded: type[Any] = entry.load()
        return loaded
    if name not in available():
        raise PluginError(
            f"there is no connector {name!r}; there are: {', '.join(available())}, or a path to a .py file"
        )
    return _class_in(importlib.import_module(f"connectors.{name}"), name)


def available() -> list[str]:
    """Return the names of the connectors that come with the monitor or are installed beside it."""
    package = importlib.import_module("connectors")
    names = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")}
    return sorted(names | {entry.name for entry in entry_points(group=GROUP)})


def connect(name: str, settings: Mapping[str, Any]) -> Connector:
    """Make a connector from its own settings. Raises :class:`ConfigError` naming each wrong key."""
    kind = connector_class(name)
    schema = getattr(kind, "Settings", None)
    if schema is None:
        if settings:
            raise ConfigError([f"connector {name}: knows no setting {next(iter(settings))!r}"])
        return kind()  # type: ignore[no-any-return]
    from pydantic import ValidationError  # noqa: PLC0415 - only commands that poll need it

    try:
        return kind(schema.model_validate(dict(settings)))  # type: ignore[no-any-return]
    except ValidationError as error:
        raise ConfigError(
            [f"connector {name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        ) from error


def load_model(
    name: str, threads: int, *, abstain: bool = True, names: Sequence[str] = (), tuning: Path | None = None
) -> Model:
    """Load the bundled model (``bundled``) or one by its hub name or path. Raises :class:`ModelError` with the cure.

    With ``abstain=False`` it never answers ``unsure``. ``names`` are the brands' own words; ``tuning`` is the file that
    `monitor models tune` wrote.
    """
    try:
        found: Model = importlib.import_module("models").load(
            name, threads=threads or None, abstain=abstain, names=names
        )
        if tuning is not None:
            tuner = importlib.import_module("models.tuning")
            found = tuner.Tuned(found, tuner.load(tuning))
    except ImportError as error:
        raise ModelError(f"model {name!r} cannot be loaded: {error}") from error
    return found


def model_name(name: str, tuning: Path | None = None) -> str:
    """Return the name that a model's labels carry, without loading its weights."""
    told = str(importlib.import_module("models").name_of(name))
    if tuning is None:
        return told
    tuner = importlib.import_module("models.tuning")
    return str(tuner.tuned_name(told, tuner.load(tuning)))


def _from_path(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"connector_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(f"there is no connector file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks the annotations of its Settings up there
    spec.loader.exec_module(module)
    return module


def _class_in(module: ModuleType, name: str) -> type[Any]:
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__.startswith(module.__name__) and hasattr(kind, "network") and hasattr(kind, "fetch")
    ]
    if len(found) != 1:
        raise PluginError(f"connector {name}: expected one class with `network` and `fetch`, found {len(found)}")
    return found[0]
