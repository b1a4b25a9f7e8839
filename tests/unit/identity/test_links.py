"""Secrets and codes of one-time links: only ours open anything, nothing needs to be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import links

KEY, OTHER = "k" * 32, "o" * 32
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@given(st.uuids())
def test_the_secret_of_a_link_leads_to_it_and_to_no_other(link_id: UUID) -> None:
    secret = links.token(KEY, link_id)
    assert links.link_of(KEY, secret) == link_id
    assert links.link_of(OTHER, secret) is None
    assert len(secret) <= 100


@given(st.uuids(), st.integers(0, 53), st.characters(codec="ascii"))
def test_a_secret_changed_in_one_place_opens_nothing(link_id: UUID, place: int, character: str) -> None:
    secret = links.token(KEY, link_id)
    forged = secret[:place] + character + secret[place + 1 :]
    assert links.link_of(KEY, forged) == (link_id if forged == secret else None)


@given(st.text(max_size=100))
def test_any_text_is_refused_without_trouble(text: str) -> None:
    assert links.link_of(KEY, text) is None


@given(st.uuids())
def test_a_code_is_recognised_however_it_was_typed(link_id: UUID) -> None:
    code = links.code(KEY, link_id)
    assert len(links.typed(code)) == links.CODE_LENGTH
    for typed in (code, code.lower(), code.replace("-", " "), f"  {code} ", code.replace("0", "o").replace("1", "l")):
        assert links.is_code(KEY, link_id, typed)
    assert not links.is_code(OTHER, link_id, code)
    assert not links.is_code(KEY, link_id, code[:-1])
    assert not links.is_code(KEY, link_id, "")


def test_codes_of_different_links_differ() -> None:
    assert len({links.code(KEY, UUID(int=n)) for n in range(2000)}) == 2000


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (links.LinkFacts(NOW + timedelta(seconds=1)), "open"),
        (links.LinkFacts(NOW), "expired"),
        (links.LinkFacts(NOW - timedelta(days=1), used_at=NOW), "used"),
        (links.LinkFacts(NOW + timedelta(days=1), ended_at=NOW), "replaced"),
    ],
)
def test_what_has_become_of_a_link(link: links.LinkFacts, expected: str) -> None:
    assert links.state(link, NOW) == expected
