"""A form that comes after the session has ended: what was typed is not lost."""

from __future__ import annotations

from typing import Any

OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


def test_what_was_typed_into_a_late_form_can_be_sent_again(client: Any) -> None:
    typed = {"csrf_token": "old", "name": "Anna Ozola", "phone": "+37120000000", "old_password": "hemlig"}
    answer = client.post("/profile/edit", data=typed, headers=OURS)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401 and "Anna Ozola" in text and "hemlig" not in text
    assert 'href="/sign-in" target="_blank"' in text


def test_a_strangers_form_is_not_offered_again(client: Any) -> None:
    answer = client.post("/profile/edit", data={"name": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 303 and answer.location == "/sign-in"
