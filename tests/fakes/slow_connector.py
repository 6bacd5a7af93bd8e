"""The slow network's connector as a file that config.toml can name: ``connector = ".../slow_connector.py"``, ``port = 1234``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tests.fakes.slow_network import SlowConnector


class SlowPlugin(SlowConnector):
    """Made from settings, as ``monitor serve`` and ``monitor run`` do."""

    class Settings(BaseModel):
        """Where the network listens on loopback."""

        model_config = ConfigDict(extra="forbid")

        port: int

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.port)
