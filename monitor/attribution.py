"""Which brand a post is about, and which customer a brand's own post answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from monitor.text import mentions

Accounts = Mapping[tuple[str, str], str]
"""Brand by network and case-folded handle."""


def brands_about(
    text: str,
    network: str,
    accounts: Accounts,
    *,
    known: Collection[str] = (),
    parent: Collection[str] = (),
    answered_by: Collection[str] = (),
) -> frozenset[str]:
    """Brands that a customer's post is about.

    Those known already (the source polled for them), those whose account it names, the brand of the post that it
    answers or the brands of the same person's post that it continues (``parent``), and those that answered it.
    """
    named = (accounts.get((network, handle)) for handle in mentions(text))
    return frozenset(known) | frozenset(parent) | frozenset(answered_by) | {brand for brand in named if brand}


def answered_post(
    post: str, parent_of: Callable[[str], str | None], is_own: Callable[[str], bool | None]
) -> str | None:
    """The customer's post that a brand's post answers: its nearest ancestor that is not the brand's own.

    ``is_own`` says ``None`` for a post that is not stored; then nothing can be said and the answer is ``None``.
    """
    seen = {post}
    at = parent_of(post)
    while at is not None and at not in seen:
        own = is_own(at)
        if own is None:
            return None
        if not own:
            return at
        seen.add(at)
        at = parent_of(at)
    return None


def addressed_customer(text: str, customers: Mapping[str, int]) -> int | None:
    """The customer of a thread that a brand's post speaks to when what it answers is not stored.

    ``customers`` are the thread's writers by case-folded handle: the first that the text names, or the only one.
    """
    for handle in mentions(text):
        if handle in customers:
            return customers[handle]
    return next(iter(customers.values())) if len(customers) == 1 else None
