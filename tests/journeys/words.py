"""The portal's own Latvian for its English texts, so that tests read as the page does and notice a missing one."""

from __future__ import annotations

from typing import Any

from gateway.i18n import translations


def lv(english: str, **values: Any) -> str:
    """Return the Latvian of a text of the portal. Fails when there is none."""
    latvian = translations("lv").gettext(english)
    assert latvian != english, f"no Latvian for {english!r}"
    return latvian % values if values else latvian


def lvn(one: str, many: str, number: int, **values: Any) -> str:
    """Return the Latvian of a counted text in the form the number asks for."""
    latvian = translations("lv").ngettext(one, many, number)
    assert latvian not in (one, many), f"no Latvian for {one!r}"
    return latvian % ({"num": number} | values)
