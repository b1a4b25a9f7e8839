"""What the fields and codes of all forms are called, for a document about somebody's requests."""

from __future__ import annotations

from chassis.messages import Message, Request
from services.requests.messages.parts import Localised


class FormWords(Message):
    """`fields` names the fields in their order, `numbers` those that are numbers.

    `codes` is what stands in them, in documents, states and the timeline, by column.
    """

    fields: dict[str, Localised]
    numbers: list[str]
    codes: dict[str, dict[str, Localised]]


class GetFormWords(Request[FormWords], rpc="requests.get_form_words"):
    """The words of every version of every form ever published; where forms differ, all of their words."""
