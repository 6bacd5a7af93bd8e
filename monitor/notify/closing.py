"""Closes alerts of Opsgenie and Jira Service Management, as a plugin of Apprise.

Apprise's own close names the number of the request that opened the alert, and knows it only within one process. Both services know
the alert by its alias, which stays the same.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests
from apprise import NotifyBase, NotifyType
from apprise.plugins.jira import JIRA_API_LOOKUP
from apprise.plugins.opsgenie import OPSGENIE_API_LOOKUP

TAKEN = (200, 202)


class Closing(NotifyBase):  # type: ignore[no-untyped-call]
    """Closes the alert that a service of Apprise opened under its present alias; what is sent becomes a note on it."""

    body_maxlen = 15000

    def __init__(self, of: Any) -> None:  # noqa: ANN401 - Apprise's service for Opsgenie or Jira
        super().__init__(asset=of.asset)  # type: ignore[no-untyped-call]
        self.service_name = of.service_name
        self.verify_certificate = of.verify_certificate
        self.socket_connect_timeout, self.socket_read_timeout = of.socket_connect_timeout, of.socket_read_timeout
        places = JIRA_API_LOOKUP if of.secure_protocol == "jira" else OPSGENIE_API_LOOKUP
        self._place = f"{places[of.region_name]}/{quote(of.alias, safe='')}/close"
        self._apikey = of.apikey
        self._user = of.user

    def url(self, *_: Any, **__: Any) -> str:  # noqa: ANN401 - as Apprise calls it
        """Return no address: it would hold the key."""
        return ""

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: Any) -> bool:  # noqa: ANN401, ARG002 - as Apprise calls it
        """Close it; whether the service took that. It does so later, and it is no mistake where none is open."""
        said = {"source": self.app_id, "note": f"{title}\n\n{body}".strip()} | (
            {"user": self._user} if self._user else {}
        )
        self.throttle()  # type: ignore[no-untyped-call]
        try:
            answer = requests.post(
                self._place,
                params={"identifierType": "alias"},
                json=said,
                headers={"User-Agent": self.app_id, "Authorization": f"GenieKey {self._apikey}"},
                verify=self.verify_certificate,
                timeout=self.request_timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self.logger.warning("A connection error occurred: %s", error)
            return False
        return answer.status_code in TAKEN
