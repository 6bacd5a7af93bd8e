"""Services that keep incidents, through the real Apprise: one incident for an alert, whatever is told of it, and its end closes it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from monitor.deliver import Delivery, again
from monitor.deliver.channels import channels_of, messages_since
from monitor.deliver.report import entries, sentence
from monitor.deliver_settings import Channel, Mail
from monitor.notify import Message
from monitor.notify.incidents import KEEPERS
from monitor.store import Store
from tests.builders import FixedClock, sql
from tests.fakes.incidents import Incident
from tests.fakes.services import Host
from tests.rota_kit import BRAND, NOW, alert, delivery, occasions, states
from tests.test_services import Outside, Place, host_of, opener, pager, two

pytestmark = pytest.mark.usefixtures("at_once")


def lookup(module: str, name: str, path: str) -> Callable[[Any, str], None]:
    """Return what changes the addresses that a plugin of Apprise looks up by region."""

    def change(service: Any, base: str) -> None:
        """Lead the service's region to the double; a service tells its region by a public attribute."""
        import importlib

        getattr(importlib.import_module(f"apprise.plugins.{module}"), name)[service.region_name] = base + path

    return change


ALERTS = "8b799edf-6f98-4d3a-9be7-2862fb4e575{n}"
KEEPING = {
    "pagerduty": Place(address=f"pagerduty://{'i' * 31}{{n}}@{'a' * 20}", to="i" * 31 + "{n}", change=pager),
    "opsgenie": Place(address=f"opsgenie://{ALERTS}", to=ALERTS, change=lookup("opsgenie", "OPSGENIE_API_LOOKUP", "/opsgenie/v2/alerts")),
    "jira": Place(address=f"jira://{ALERTS}", to=ALERTS, change=lookup("jira", "JIRA_API_LOOKUP", "/jsm/ops/integration/v2/alerts")),
    "splunk": Place(address="splunk://pr{n}@abc", to="abc/pr{n}", change=host_of("notify_url=/integrations/generic/20131114/alert/{apikey}/{routing_key}")),
    "signl4": Place(address="signl4://geheim{n}", to="geheim{n}", change=host_of("notify_url=/webhook/{secret}/")),
    "pagertree": Place(address="pagertree://int_abcdefg12{n}", to="int_abcdefg12{n}", change=host_of("notify_url=/integration/{}")),
    "firehydrant": Place(address="firehydrant://geheim{n}", to="geheim{n}", change=host_of("notify_url=/v1/process/{token}")),
    "goalert": Place(address="goalert://HOST/ab12cd34-ab12-4c5d-8e9f-0123456789a{n}", to="ab12cd34-ab12-4c5d-8e9f-0123456789a{n}"),
    "ilert": Place(address="ilert://il1api{n}", to="il1api{n}", change=host_of("notify_url=/api/events")),
    "incidentio": Place(address="incidentio://01GW2G3V0S59R238FAHPDS1R6{n}/himitsu", to="01GW2G3V0S59R238FAHPDS1R6{n}", change=host_of("notify_url=/v2/alert_events/http/{source}")),
    "opsimate": Place(address="opsimate://geheim{n}@HOST", to="geheim{n}"),
    "squadcast": Place(address="squadcast://geheim{n}", to="geheim{n}", change=lookup("squadcast", "SQUADCAST_API_LOOKUP", "/v2/incidents/api/{key}")),
}  # fmt: skip
APART = ("pagertree", "squadcast")  # nothing says there that a second event joins the first
SID = f"AC{'a' * 32}:{'b' * 32}"
RINGING = {
    "spike": Place(address=f"spike://{'a' * 31}{{n}}", to="a" * 31 + "{n}", change=lambda service, base: setattr(service, "webhook_url", f"{base}/v1/alerts/{service.token}")),
    "xmatters": Place(address="xmatters://key@example.com/abcd-{n}", to="abcd-{n}", change=host_of("notify_url=/api/integration/1/functions/{integration_id}/triggers")),
    "lfg": Place(address=f"lfg://{'a' * 31}{{n}}", to="a" * 31 + "{n}", change=host_of("notify_url=/horn/{token}")),
    "betterstack": Place(address="betterstack://geheim{n}", to="incidents", change=host_of("incident_url=/api/v3/incidents")),
    "twilio": Place(address=f"twilio://{SID}@15551233456/1555123123{{n}}?method=call", to="AC" + "a" * 32, change=host_of("notify_call_url=/{sid}/Calls.json")),
}  # fmt: skip


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(autouse=True)
def _addresses_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back, after each test, the addresses that plugins look up."""
    from apprise.plugins import jira, opsgenie, pagerduty, squadcast

    for table in (
        jira.JIRA_API_LOOKUP,
        opsgenie.OPSGENIE_API_LOOKUP,
        pagerduty.PAGERDUTY_API_LOOKUP,
        squadcast.SQUADCAST_API_LOOKUP,
    ):
        for region, address in table.items():
            monkeypatch.setitem(table, region, address)


class Episode:
    """One alert at one service, as it goes on: each step is a run of a job of its own, as after a restart of the program."""

    def __init__(self, store: Store, clock: FixedClock, made: Any, host: Host) -> None:
        self.store, self.clock, self.made, self.host = store, clock, made, host
        self.begin = int(clock.now.timestamp()) - 3600
        self.kind = "volume"
        self.number = 0

    def job(self) -> Delivery:
        """Return a job that remembers nothing."""
        return delivery(self.store, self.made, self.clock)

    def step(self, level: Any, state: str = "open") -> int:
        """Let the alert stand like this a minute later; return how many messages went out."""
        self.clock.move(60)
        self.number = alert(self.store, self.clock, level, begin=self.begin, state=state, kind=self.kind)
        sent = self.job().run()
        assert self.job().run() == 0, "nothing is sent twice"
        return sent

    def kept(self, to: str) -> list[Incident]:
        """What a recipient has been rung for."""
        return [one for one in self.host.incidents.kept if one.to == to]


def test_every_service_that_keeps_incidents_is_tried() -> None:
    assert set(KEEPING) == set(KEEPERS)


@pytest.mark.parametrize("name", KEEPING)
def test_an_alert_is_one_incident_from_its_opening_to_its_end(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = KEEPING[name]
    one = Episode(store, clock, two(place, host, outside, monkeypatch), host)
    first, second = place.to.replace("{n}", "1"), place.to.replace("{n}", "2")
    assert one.step("warning") == 1
    (incident,) = one.kept(first)
    assert incident.open
    assert BRAND in incident.title
    assert one.kept(second) == []

    assert one.step("emergency") == 2, "an emergency tells everybody"
    mine = one.kept(first)
    assert len(mine) == (2 if name in APART else 1)
    assert {incident.key for incident in mine} == {mine[0].key}
    assert len(one.kept(second)) == 1

    assert one.step("emergency", "closed") == 2
    assert len(host.incidents.kept) == (3 if name in APART else 2), "an end opens nothing"
    assert not any(incident.open for incident in host.incidents.kept)
    assert set(states(store).values()) == {"sent"}
    assert occasions(store)[f"alert:{one.number}:closed"] == "told"


@pytest.mark.parametrize("name", KEEPING)
def test_the_key_tells_nobody_anything_and_is_no_other_alerts(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two(KEEPING[name], host, outside, monkeypatch)
    episode, other = Episode(store, clock, made, host), Episode(store, clock, made, host)
    episode.step("warning")
    other.kind = "negative"
    other.step("warning")
    assert episode.number != other.number
    keys = [incident.key for incident in host.incidents.kept]
    assert len(set(keys)) == len(keys) == 2
    for key in keys:
        assert re.fullmatch("monitor-[0-9a-f]{32}", key)
    episode.step("warning", "closed")
    assert [incident.open for incident in host.incidents.kept] == [False, True], "only its own is closed"


def test_two_installations_of_one_account_share_no_incident(
    store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    made = two(KEEPING["pagerduty"], host, outside, monkeypatch)
    other = Store.open(str(tmp_path / "other.db"))
    try:
        for one in (store, other):
            alert(one, clock)
            assert delivery(one, made, clock).run() == 1
    finally:
        other.close()
    assert len({incident.key for incident in host.incidents.kept}) == len(host.incidents.kept) == 2


@pytest.mark.parametrize("name", ["pagerduty", "opsgenie"])
def test_two_channels_of_one_address_share_an_incident_and_two_recipients_do_not(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two(KEEPING[name], host, outside, monkeypatch)
    monkeypatch.setenv("CHAT_2", os.environ["CHAT_1"])
    alert(store, clock)
    delivery(store, made, clock).run()
    clock.move(1800)
    assert delivery(store, made, clock).run() == 1, "nobody has acknowledged it, the next is told"
    (incident,) = host.incidents.kept
    assert len(incident.notes) == 1
    if name == "opsgenie":  # within one account, where an alias is known to all integrations
        monkeypatch.setenv("CHAT_2", os.environ["CHAT_1"] + "/@suzuki@example.com")
        clock.move(60)
        alert(store, clock, "emergency", begin=int(NOW.timestamp()) - 3600)
        assert delivery(store, made, clock).run() == 2
        assert len(host.incidents.kept) == 2, "suzuki's telephone rings, too"


@pytest.mark.parametrize("name", KEEPING)
@pytest.mark.parametrize("answer", [(500, {}), (502, {}), None])
def test_an_end_that_may_have_come_is_never_sent_again(
    name: str,
    answer: Any,
    store: Store,
    clock: FixedClock,
    outside: Outside,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Episode(store, clock, two(KEEPING[name], host, outside, monkeypatch), host)
    one.step("warning")
    host.answers, calls = [answer], len(host.calls)
    assert one.step("warning", "closed") == 0
    clock.move(3600)
    one.job().run()
    assert len(host.calls) == calls + 1
    assert states(store)[f"alert:{one.number}:closed chat"] == "unknown"
    assert len(host.incidents.kept) == 1


@pytest.mark.parametrize("name", KEEPING)
@pytest.mark.parametrize("status", [429, 503])
def test_an_end_that_was_not_taken_is_tried_again(
    name: str,
    status: int,
    store: Store,
    clock: FixedClock,
    outside: Outside,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Episode(store, clock, two(KEEPING[name], host, outside, monkeypatch), host)
    one.step("warning")
    host.always = (status, {})
    assert one.step("warning", "closed") == 0
    assert states(store)[f"alert:{one.number}:closed chat"] == "waiting"
    assert host.incidents.kept[0].open
    host.always = None
    clock.move(60)
    assert [one.job().run(), one.job().run()] == [1, 0]
    assert [incident.open for incident in host.incidents.kept] == [False]


@pytest.mark.parametrize("name", KEEPING)
def test_a_message_that_a_person_sends_again_joins_what_it_had_opened(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had come, and the answer was lost, with the connection or with the process: nobody can know that but the service."""
    one = Episode(store, clock, two(KEEPING[name], host, outside, monkeypatch), host)
    host.answers = [None]
    one.step("warning")
    assert states(store)[f"alert:{one.number}:warning chat"] == "unknown"
    (did,) = (row["did"] for row in sql(store, "SELECT did FROM deliveries WHERE channel = 'chat'"))
    assert again(store, did, "佐藤", clock.now)
    assert one.job().run() == 1
    assert len(host.incidents.kept) == (2 if name in APART else 1)


@pytest.mark.parametrize("name", RINGING)
def test_an_end_is_not_sent_where_it_would_only_ring(
    name: str, store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two(RINGING[name], host, outside, monkeypatch)
    one = Episode(store, clock, made, host)
    assert one.step("warning") == 1
    assert len(host.calls) == 1
    one.step("warning", "closed")
    clock.move(86400)
    one.job().run()
    assert len(host.calls) == 1, "nobody is woken for it"
    assert states(store)[f"alert:{one.number}:closed chat"] == "given_up"
    assert occasions(store)[f"alert:{one.number}:closed"] == "dropped"
    (last,) = [row for row in messages_since(store, clock.now, 7) if row["what"] == "closed"]
    assert (last["state"], last["reason"], last["sent_at"]) == ("given_up", "needless", None)
    assert not next(row for row in channels_of(store, made) if row["name"] == "chat")["fails"]
    told = [sentence(entry, "ja") for entry in entries(store, store.handling.alert(one.number), "")]
    assert any("取りやめ" in line for line in told)


def test_the_end_still_reaches_people_by_their_other_channels(
    store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Episode(store, clock, two(RINGING["spike"], host, outside, monkeypatch), host)
    host.answers = [(404, {})]
    assert one.step("warning") == 1, "by mail, as the service would not take it"
    assert one.step("emergency") == 2
    assert one.step("emergency", "closed") == 1
    assert len(outside[0].mails) == 2


LOUD = {
    "pushover": (f"pover://{'u' * 30}@{'z' * 30}?priority=emergency", "priority", 2, 0),
    "ntfy": ("ntfy://tk_himitsu@HOST/pr1?auth=token&priority=max", "priority", "max", "default"),
    "gotify": (f"gotify://HOST/{'A' * 14}1?priority=10", "priority", 10, 5),
}


@pytest.mark.parametrize("name", LOUD)
def test_an_end_is_not_as_loud_as_an_alert(name: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    address, attribute, loud, calm = LOUD[name]
    monkeypatch.setenv("CHAT", address.replace("HOST", f"127.0.0.1:{host.port}"))
    place = Place(address="", to="", change=host_of("notify_url=/1/messages.json") if name == "pushover" else lambda *_: None)  # fmt: skip
    channel = opener(place, host)(Channel(name="chat", url="env:CHAT"), Mail())
    for kind in ("failure", "success", "failure"):
        channel.send(Message(title="t", text="b", kind=kind))
    said = [call.data.get(attribute, call.headers.get("x-priority", "default")) for call in host.calls]
    assert said == [str(n) if name == "pushover" else n for n in (loud, calm, loud)]


def test_what_an_address_fixes_joins_no_two_alerts(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed key would join everything for ever, and a fixed action would close what has to be opened."""
    fixed = {
        "pagerduty": "?dedup=mine&action=resolve",
        "opsgenie": "?alias=mine&action=close",
        "jira": "?alias=mine&action=note",
        "splunk": "?entity_id=mine&action=recovery",
        "signl4": "?external_id=mine&status=resolved",
        "pagertree": "?tid=mine&action=resolve&:id=mine&:event_type=resolve",
        "goalert": "?dedup=mine&action=close",
    }
    for name, more in fixed.items():
        place, before = KEEPING[name], len(host.incidents.kept)
        address = place.address.replace("{n}", "1").replace("HOST", f"127.0.0.1:{host.port}")
        monkeypatch.setenv("CHAT", address + more)
        channel = opener(place, host)(Channel(name="chat", url="env:CHAT"), Mail())
        for about in ("a" * 32, "b" * 32):
            message = Message(title=f"t {about}", text="b", kind="warning", incident=about)
            assert channel.send(message).result == "sent", name
        assert len(host.incidents.kept) == before + 2, name


def test_splunk_pages_at_the_levels_that_its_address_asks_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def kinds(more: str) -> list[str]:
        """Return the types of an opening at 注意, a rise, and an end."""
        monkeypatch.setenv("CHAT", f"splunk://pr1@abc{more}")
        channel = opener(KEEPING["splunk"], host)(Channel(name="chat", url="env:CHAT"), Mail())
        host.calls.clear()
        for kind in ("info", "warning", "failure", "success"):
            channel.send(Message(title="t", text="b", kind=kind, incident="a" * 32))  # type: ignore[arg-type]
        return [call.data["message_type"] for call in host.calls]

    assert kinds("") == ["INFO", "WARNING", "CRITICAL", "RECOVERY"]
    assert kinds("?action=critical") == ["CRITICAL", "CRITICAL", "CRITICAL", "RECOVERY"]
    assert kinds("?:warning=CRITICAL") == ["INFO", "CRITICAL", "CRITICAL", "RECOVERY"]


def test_a_message_of_before_keys_is_read_and_its_end_opens_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written by an older version and waits goes out; it has no key by which anything could be closed."""
    old = json.loads(Message(title="t", text="b", kind="success").dump())
    del old["incident"]
    message = Message.load(json.dumps(old))
    for name, place in KEEPING.items():
        address = place.address.replace("{n}", "1").replace("HOST", f"127.0.0.1:{host.port}")
        monkeypatch.setenv("CHAT", address)
        channel = opener(place, host)(Channel(name="chat", url="env:CHAT"), Mail())
        assert channel.send(message).result == "needless", name
    assert host.calls == []


def test_the_note_of_an_end_says_what_ended(
    store: Store, clock: FixedClock, outside: Outside, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Episode(store, clock, two(KEEPING["jira"], host, outside, monkeypatch), host)
    one.step("warning")
    one.step("warning", "closed")
    (incident,) = host.incidents.kept
    assert incident.title.startswith("【警戒】")
    assert "収束" in incident.notes[-1]
    assert f"https://monitor.example.com/alerts/{one.number}" in incident.notes[-1]
    secret = KEEPING["jira"].to.replace("{n}", "1")
    assert not any(secret in call.path or secret in str(call.query) for call in host.calls)
