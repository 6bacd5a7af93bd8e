"""The tables by their screens: columns by name and kind, and the filters that each has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.export import Column
from monitor.outcome import FATES
from monitor.tables import desk, ledger, posts
from monitor.tables.asked import PARTS, Table


def _columns(text: str) -> tuple[Column, ...]:
    """Read columns from lines ``name kind about``."""
    found = [line.split(None, 2) for line in text.strip().splitlines()]
    return tuple(Column(name=name, kind=kind, about=about) for name, kind, about in found)  # type: ignore[arg-type]


_POST = """
post            text     network-prefixed id
network         text     x, reddit, bluesky, mastodon, …
author          text     handle; empty after a deletion
text            text     what was written; empty after a deletion
url             text     where it stands
at              time     when it was written
by_brand        text     the brand that published it; empty for everybody else
"""
_JUDGED = """
label           text     the model's opinion: negative, neutral, positive or unsure
unsure_because  text     why the model abstained
conversation    integer  number of the conversation
"""

_ALL: Iterable[Table] = (
    Table(
        screen="queue",
        about="What waits for an answer.",
        filters=("brand", "show"),
        choices={"show": PARTS},
        rows=desk.queue,
        columns=_columns("""
conversation    integer  number of the conversation
brand           text     the brand that is asked
network         text     x, reddit, bluesky, mastodon, …
state           text     open or snoozed
post            text     the post that most needs the answer
author          text     handle of who wrote it
author_name     text     name shown on the network
followers       integer  of the author
text            text     what was written
url             text     where it stands
posted_at       time     when it was written
waiting_since   time     when the turn's clock started
due_at          time     when the target runs out
late            boolean  whether it has
urgency         text     high, normal or none
priority        integer  0 to 100
unsure          boolean  whether triage cannot say if an answer is needed
reasons         text     codes of triage's reasons
why             text     the same in words of the reader's language
label           text     the model's opinion
negative        number   probability by the model
neutral         number   probability by the model
positive        number   probability by the model
model           text     name of the model
claimed_by      text     who has it now
assigned_to     text     who should take it
snoozed_until   time     until when it rests
"""),
    ),
    Table(
        screen="conversations",
        about="Every conversation and how it stands.",
        filters=("brand", "state"),
        choices={"state": ("open", "answered", "snoozed", "dismissed", "closed")},
        rows=desk.conversations,
        columns=_columns("""
conversation    integer  number of the conversation
brand           text     the brand
network         text     x, reddit, bluesky, mastodon, …
thread          text     the network's thread
customer        text     handle; empty after a deletion
state           text     open, answered, snoozed, dismissed or closed
posts           integer  how many posts it has
first_at        time     when its first post was written
last_at         time     when its last post was written
waiting_since   time     when the open turn's clock started
due_at          time     when the target runs out
claimed_by      text     who took it last
assigned_to     text     who should take it
snoozed_until   time     until when it rests
"""),
    ),
    Table(
        screen="conversation",
        about="The posts of one conversation, oldest first.",
        filters=("conversation",),
        rows=desk.conversation,
        columns=_columns("""
conversation    integer  number of the conversation
post            text     network-prefixed id
by              text     customer, brand or machine
author          text     handle; empty after a deletion
text            text     what was written; empty after a deletion
url             text     where it stands
at              time     when it was written
reply_to        text     the post that it answers
edited_at       time     when it was last edited
deleted_at      time     when it was deleted
label           text     the model's opinion
needs_reply     boolean  triage's verdict
urgency         text     high, normal or none
"""),
    ),
    Table(
        screen="posts",
        about="A brand's mentions of a span behind a figure, newest first, narrowed by one condition.",
        filters=("brand", "start", "end", "label", "state", "word", "own", "ids"),
        choices={"state": tuple(FATES), "label": ("negative", "neutral", "positive", "unsure")},
        rows=posts.posts,
        columns=_columns(
            _POST.strip()
            + _JUDGED.rstrip()
            + """
fate            text     with `state`: in_time, late, overdue, missed or pending
due_at          time     with `state`: when the target ran out
waited_s        number   with `state`: seconds that the customer waited
"""
        ),
    ),
    Table(
        screen="alerts",
        about="Episodes of unusual volume or sentiment, newest first.",
        filters=("brand", "days"),
        rows=ledger.alerts,
        columns=_columns("""
alert           integer  number of the alert
brand           text     the brand
kind            text     volume or sentiment
level           text     watch, warning or emergency
state           text     open or closed
start_at        time     when it began
end_at          time     when it ended, or was seen last
observed        integer  posts that were seen
expected        number   posts that are usual at this hour of the week
p               number   how improbable that is
authors         integer  how many people wrote them
title           text     in the reader's language
"""),
    ),
    Table(
        screen="alert",
        about="The posts of one alert's span, newest first.",
        filters=("alert",),
        rows=posts.alert,
        columns=_columns(_POST.strip() + _JUDGED.rstrip()),
    ),
    Table(
        screen="outbox",
        about="Replies and how far each is.",
        filters=("brand", "state"),
        choices={"state": ("draft", "approved", "ready", "sending", "sent", "unknown", "needs_human")},
        rows=desk.outbox,
        columns=_columns("""
reply           integer  number of the reply
conversation    integer  number of the conversation
brand           text     the brand
network         text     x, reddit, bluesky, mastodon, …
answers         text     the customer's post
text            text     what was written; empty once either post is gone
state           text     draft, approved, ready, sending, sent, unknown or needs_human
author          text     who wrote it
approver        text     who let it go out
created_at      time     when Send was pressed
asked_at        time     since when it waits for approval
sent_at         time     when it went out
remote          text     id of our post on the network
doubled         text     somebody else's answer to the same post
reason          text     why it stands where it stands
"""),
    ),
    Table(
        screen="sources",
        about="Sources: complete until when, and what keeps each from being read.",
        filters=("brand",),
        rows=ledger.sources,
        columns=_columns("""
source          text     name of the source
connector       text     its connector
brand           text     its brand
state           text     new, ok, waiting, money, down, refused or retired
complete_to     time     read up to here without any hole but the gaps
last_ok         time     when it was last read to its end
down_since      time     since when it cannot be read
retry_at        time     when it is tried again
error           text     what kept it from being read
set_aside       integer  records that could not be taken
"""),
    ),
    Table(
        screen="gaps",
        about="Spans that may not have been seen, newest first.",
        filters=("brand", "days"),
        rows=ledger.gaps,
        columns=_columns("""
source          text     name of the source
from            time     where the gap begins
to              time     where it ends
seconds         integer  how long it is
cause           text     a code, see operations.md
state           text     open, refilled or lost
"""),
    ),
    Table(
        screen="people",
        about="Who works here and what each has in hand.",
        filters=(),
        rows=desk.people,
        columns=_columns("""
name            text     as colleagues know them
role            text     viewer, agent, manager or admin; empty for who acts from elsewhere
disabled        boolean  whether they can no longer sign in
claimed         integer  conversations that they have now
assigned        integer  conversations that are meant for them
actions_7d      integer  what they did in the last 7 days
"""),
    ),
    Table(
        screen="search",
        about="Posts that hold every word, newest first.",
        filters=("q",),
        rows=posts.search,
        columns=_columns(
            _POST.strip()
            + """
conversation    integer  number of the conversation
state           text     how the conversation stands
"""
        ),
    ),
)
TABLES: Mapping[str, Table] = {table.screen: table for table in _ALL}
