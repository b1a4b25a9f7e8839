"""Text messages over a provider's HTTP interface; the reference makes a repeated request one message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from services.notifications.channels.base import Outcome, Outgoing
from services.notifications.settings import NotificationsSettings, settings


class Sms:
    """The channel `sms`."""

    @contextmanager
    def open(self) -> Iterator[SmsSession]:
        """Keep one HTTP connection for a batch."""
        with requests.Session() as http:
            yield SmsSession(http, settings())


class SmsSession:
    """One HTTP session with the provider."""

    def __init__(self, http: requests.Session, config: NotificationsSettings) -> None:
        self._http, self._config = http, config

    def send(self, message: Outgoing) -> Outcome:
        """Send one message. 4xx is final (but 408 and 429), everything else passes."""
        config = self._config
        if not config.sms_url:
            return Outcome.refused("no text message provider is configured")
        body = {
            "to": message.address, "text": message.sms, "reference": message.reference, "sender": config.sms_sender,
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {config.sms_token}"} if config.sms_token else {}
        try:
            answer = self._http.post(
                config.sms_url, json=body, headers=headers, timeout=config.sms_timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            return Outcome.later(type(error).__name__)
        said = f"{answer.status_code} {answer.text[:200]}"
        if answer.status_code in (200, 201, 202):
            return Outcome.sent(said, _reference(answer))
        if 400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 408, 429):
            return Outcome.refused(said)
        return Outcome.later(said)


def _reference(answer: requests.Response) -> str | None:
    try:
        found = answer.json().get("id")
    except (ValueError, AttributeError):
        return None
    return str(found) if found is not None else None
