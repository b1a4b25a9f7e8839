"""Values of a request as people read them."""

import pytest

from gateway.pages._requests import shown_value
from services.requests.messages.parts import FormField


def field(kind: str, **more: object) -> FormField:
    return FormField.model_validate({"name": "x", "label": {"lv": "X", "en": "X"}, "type": kind} | more)


@pytest.mark.parametrize(
    ("kind", "kept", "shown"),
    [
        ("coordinates", "56.924100, 24.137200", "56,924100°; 24,137200°"),
        ("coordinates", "nezinu vēl", "nezinu vēl"),  # a draft keeps what was typed
        ("coordinates", "56.9, 24.1, 3", "56.9, 24.1, 3"),
        ("date", "2027-01-04", "04.01.2027."),
        ("number", "13012.5", "13\u00a0012,5"),
    ],
)
def test_values_are_written_the_latvian_way(kind: str, kept: str, shown: str) -> None:
    assert shown_value(field(kind), kept) == shown
