"""Which channels a kind takes, when a delivery is tried again, how a text becomes a message."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain import rendering
from services.notifications.domain.delivery import WAITS, message_id, next_try
from services.notifications.domain.kinds import GROUPS, KINDS, channels

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEMPLATES = Path(__file__).resolve().parents[3] / "services" / "notifications" / "templates"


def test_nobody_having_chosen_everything_is_mailed_and_nothing_texted() -> None:
    assert {channels(kind, {}) for kind in KINDS.values()} == {frozenset({"email"})}


def test_a_group_switched_off_is_silent_and_one_texted_is_texted() -> None:
    chosen = {"finance": (False, False), "permits": (False, True)}
    assert channels(KINDS["invoice_issued"], chosen) == frozenset()
    assert channels(KINDS["permit_expiring"], chosen) == {"sms"}


@given(st.dictionaries(st.sampled_from(sorted(GROUPS)), st.tuples(st.booleans(), st.booleans())))
def test_security_is_mailed_whatever_was_chosen(chosen: dict[str, tuple[bool, bool]]) -> None:
    for kind in KINDS.values():
        if GROUPS[kind.group].fixed:
            assert "email" in channels(kind, chosen)


def test_every_kind_belongs_to_a_group() -> None:
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)


@given(st.integers(1, 60))
def test_waits_grow_and_end(attempts: int) -> None:
    again = next_try(attempts, NOW, NOW, 48)
    later = next_try(attempts + 1, NOW, NOW, 48)
    assert again is not None and later is not None
    assert timedelta(seconds=WAITS[0]) <= again - NOW <= later - NOW <= timedelta(seconds=WAITS[-1])


def test_the_first_retry_comes_within_seconds_and_the_last_within_two_days() -> None:
    assert next_try(1, NOW, NOW, 48) == NOW + timedelta(seconds=5)
    moment, tries = NOW, 1
    while (following := next_try(tries, NOW, moment, 48)) is not None:
        moment, tries = following, tries + 1
    assert NOW + timedelta(hours=46) < moment <= NOW + timedelta(hours=48)
    assert tries < 70


def test_there_is_no_retry_before_the_first_try() -> None:
    with pytest.raises(ValueError, match="no attempt"):
        next_try(0, NOW, NOW, 48)


def test_a_delivery_keeps_its_message_id() -> None:
    assert message_id("abc", "portals@portal.example") == "<abc@portal.example>"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_good_template_in_both_languages(kind: str) -> None:
    parts = {}
    for language in ("lv", "en"):
        parts[language] = rendering.read_template((TEMPLATES / f"{kind}.{language}.txt").read_text("utf-8"))
    assert parts["lv"].subject != parts["en"].subject
    words = {language: set(re.findall(r"{{ (\w+)", t.body)) for language, t in parts.items()}
    assert words["lv"] == words["en"], "both languages tell the same"


def test_no_template_is_left_over() -> None:
    assert {p.name.split(".")[0] for p in TEMPLATES.glob("*.txt")} == set(KINDS)


@pytest.mark.parametrize("source", ["", "Subject: x\n\nbody", "Subject: x\nButton: y\nSms: z\n\n   "])
def test_a_broken_template_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="template lacks"):
        rendering.read_template(source)


def test_paragraphs_quotes_and_lists_become_html_and_nothing_else_does() -> None:
    text = "Labdien!\n\n> <b>nē</b>\n>\n> otrā\n\n- viens\n- divi & trīs\n\nrinda\nrinda"
    assert rendering.html_body(text).split("\n") == [
        "<p>Labdien!</p>",
        "<blockquote>&lt;b&gt;nē&lt;/b&gt;<br><br>otrā</blockquote>",
        "<ul><li>viens</li><li>divi &amp; trīs</li></ul>",
        "<p>rinda<br>rinda</p>",
    ]


@given(st.text())
def test_no_text_of_a_person_becomes_markup(text: str) -> None:
    made = rendering.html_body("Teksts\n\n" + rendering.quote(text))
    for tag in ("<p>", "</p>", "<br>", "<blockquote>", "</blockquote>", "<ul>", "</ul>", "<li>", "</li>"):
        made = made.replace(tag, "")
    assert "<" not in made and ">" not in made


@given(st.text(), st.integers(5, 200))
def test_a_subject_is_one_printable_line(text: str, limit: int) -> None:
    line = rendering.one_line(text, limit)
    assert len(line) <= limit and "\n" not in line and "\r" not in line and line.isprintable()


def test_a_latvian_day_at_the_end_of_a_sentence_has_one_stop() -> None:
    assert rendering.plain_body("Līdz 21.12.2026.. Labi...") == "Līdz 21.12.2026. Labi..."
