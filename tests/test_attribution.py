from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.attribution import addressed_customer, answered_post, brands_about

ACCOUNTS = {("x", "acme"): "acme", ("x", "acme_help"): "acme", ("x", "zeta"): "zeta", ("reddit", "acme"): "acme-us"}


@pytest.mark.parametrize(
    ("text", "more", "brands"),
    [
        ("hello", {}, set()),
        ("@acme hello", {}, {"acme"}),
        ("＠ACME こんにちは", {}, {"acme"}),
        ("@acme_help と @zeta", {}, {"acme", "zeta"}),
        ("@acmes hello", {}, set()),
        ("mail me@acme please", {}, set()),
        ("@acme.", {}, {"acme"}),
        ("hello", {"known": {"acme"}}, {"acme"}),
        ("hello", {"parent": {"acme"}, "answered_by": {"zeta"}}, {"acme", "zeta"}),
        ("@zeta", {"known": {"acme"}}, {"acme", "zeta"}),
    ],
)
def test_a_post_is_about_the_brands_it_names_answers_or_was_found_for(
    text: str, more: dict[str, set[str]], brands: set[str]
) -> None:
    assert brands_about(text, "x", ACCOUNTS, **more) == brands


def test_an_account_counts_only_on_its_own_network() -> None:
    assert brands_about("@acme", "reddit", ACCOUNTS) == {"acme-us"}
    assert brands_about("@zeta", "reddit", ACCOUNTS) == set()


OWN = {"b1": True, "b2": True, "c1": False, "c2": False}


@pytest.mark.parametrize(
    ("parents", "answered"),
    [
        ({"b1": "c1"}, "c1"),
        ({"b1": "b2", "b2": "c1"}, "c1"),
        ({"b1": "c1", "c1": "c2"}, "c1"),
        ({}, None),
        ({"b1": "b2"}, None),
        ({"b1": "unknown"}, None),
        ({"b1": "b2", "b2": "b1"}, None),
        ({"b1": "b1"}, None),
    ],
)
def test_a_brand_answers_its_nearest_ancestor_that_is_not_its_own(
    parents: dict[str, str], answered: str | None
) -> None:
    assert answered_post("b1", parents.get, OWN.get) == answered


@given(parents=st.dictionaries(st.sampled_from(sorted(OWN)), st.sampled_from([*sorted(OWN), "unknown"])))
def test_any_tangle_of_answers_comes_to_an_end(parents: dict[str, str]) -> None:
    found = answered_post("b1", parents.get, OWN.get)
    assert found is None or OWN[found] is False


@pytest.mark.parametrize(
    ("text", "customers", "found"),
    [
        ("@bob hello", {"alice": 1, "bob": 2}, 2),
        ("@carol @Alice hello", {"alice": 1, "bob": 2}, 1),
        ("hello", {"alice": 1, "bob": 2}, None),
        ("hello", {"alice": 1}, 1),
        ("@carol hello", {"alice": 1}, 1),
        ("hello", {}, None),
    ],
)
def test_a_brand_speaks_to_whom_it_names_or_to_the_only_one_there(
    text: str, customers: dict[str, int], found: int | None
) -> None:
    assert addressed_customer(text, customers) == found
