"""A worker that delivers until it is killed: ``python -m tests.days.deliver_until_killed DB MAIL_PORT HTTP_PORT [blind]``.

It waits for a line on its standard input first, so that a successor is at work the moment its predecessor is dead. With
``blind`` it sends lost tries again, as a wrong design would.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage

from monitor.deliver import Delivery
from monitor.deliver.kit import Kit, Letter
from monitor.deliver_settings import Channel, Deadlines, DigestPlan, Mail
from monitor.deliver_settings import Delivery as Rules
from monitor.notify.mail import headed, wire
from monitor.notify.services import Service
from monitor.rota import Duty
from monitor.store import Store
from monitor.timing import always_open

ORDER = ("chat", "mail", "phone")
BRANDS = 400  # each has a digest to send


def write(brand: str, week: str, _language: str, to: str, message_id: str) -> Letter:
    """A week of one line."""
    subject = f"{brand} {week}"
    if not to:
        return Letter(subject=subject, text="one line")
    mail = EmailMessage()
    mail.set_content("one line")
    made = headed(mail, subject=subject, sender="m@example.com", to=to, message_id=message_id, at=datetime.now(UTC))
    return Letter(subject=subject, text="one line", mime=wire(made))


def kit(mail_port: int, http_port: int, digests: int) -> Kit:
    """One person with three channels; ``digests`` brands whose week is due by mail and chat."""
    for name in ("chat", "phone"):
        os.environ[f"URL_{name}"] = f"json://127.0.0.1:{http_port}/{name}"
    channels = [
        Channel(name="chat", url="env:URL_chat"),
        Channel(name="mail", url="mail:sato@example.com"),
        Channel(name="phone", url="env:URL_phone"),
    ]
    return Kit(
        channels={channel.name: channel for channel in channels},
        mail=Mail(host="127.0.0.1", port=mail_port, tls="none", **{"from": "m@example.com"}),
        duties=(Duty(who="sato", channels=ORDER, calendar=always_open("UTC")),),
        quiet=None,
        rules=Rules(tries=2, retry=1, acknowledge=Deadlines(watch=0, warning=0, emergency=0)),
        zones={},
        digests={f"brand-{i}": DigestPlan(channels=("mail", "chat")) for i in range(digests)},
        write=write,
    )


def main() -> None:
    """Work for ever."""
    where, mail_port, http_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    blind = sys.argv[4:] == ["blind"]
    Service("warm", f"json://127.0.0.1:{http_port}/warm")  # what is slow to import is there before the clock runs
    jitter = random.Random(os.getpid())
    with Store.open(where) as store:
        print("here", flush=True)
        digests = int(sys.stdin.readline())
        job = Delivery(
            store, kit(mail_port, http_port, digests), lambda: datetime.now(UTC), jitter=jitter.random, limit=20
        )
        while True:
            if blind:
                store.db.connection.execute(  # type: ignore[attr-defined]
                    "UPDATE deliveries SET state = 'waiting' WHERE state = 'sending' AND holder NOT LIKE ?",
                    (f"% {os.getpid()} %",),
                )
            job.run()
            time.sleep(0.01)


if __name__ == "__main__":
    main()
