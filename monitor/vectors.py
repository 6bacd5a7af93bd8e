"""The vectors job: keeps a direction of each customer's post that needs a reply, so that similar answers can be found."""

from __future__ import annotations

from monitor.model import CanEmbed, Model
from monitor.queue import JOB as QUEUE
from monitor.store import Store

BATCH = 128


def job_name(model: Model) -> str:
    """Name of the progress mark: another model begins from the first post."""
    return f"vectors:{model.name}"


def embed(store: Store, model: Model) -> int:
    """Embed what the queue has looked at since the last run; return how many posts got a vector. Raises ``ModelError``.

    Vectors and progress are written together, so that a kill repeats at most one batch.
    """
    if not isinstance(model, CanEmbed):
        return 0
    job, upto = job_name(model), store.work.mark(QUEUE)
    written = 0
    while rows := store.vectors.missing(store.work.mark(job), upto, BATCH):
        found = zip(rows, model.embed([row["text"] for row in rows]), strict=True)
        vectors = [(row["pid"], row["rev"], vector) for row, vector in found if vector is not None]
        with store.transaction():
            written += store.vectors.put(vectors)
            store.work.set_mark(job, rows[-1]["rev"])
    if store.work.mark(job) < upto:
        store.work.set_mark(job, upto)
    return written
