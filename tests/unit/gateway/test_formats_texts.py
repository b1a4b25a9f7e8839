"""How values look, and that every text has its Latvian."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from gateway import assets, formats, i18n
from gateway.work import begin


def test_dates_and_amounts_are_latvian() -> None:
    assert formats.day(date(2026, 11, 21)) == "21.11.2026."
    assert formats.eur(Decimal("1234.5")) == "1\u00a0234,50\u00a0€"
    assert formats.day(None) == "–" == formats.eur(None)


def test_a_moment_is_shown_in_riga() -> None:
    assert formats.moment(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == "01.07.2026. 01:30"
    assert formats.day(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == "01.01.2027."


@pytest.mark.parametrize(("value", "shown"), [
    (Decimal("7125.500"), "7\u00a0125,5"), (1000000, "1\u00a0000\u00a0000"), (Decimal("0.10"), "0,1"), (3, "3"),
])
def test_numbers_have_a_comma(value: Decimal | int, shown: str) -> None:
    assert formats.number(value) == shown


def test_sizes_are_readable() -> None:
    assert formats.size(999) == "999\u00a0B" and formats.size(3_400_000) == "3,4\u00a0MB"


def test_what_an_erasure_waits_for_is_said_in_words(app: Flask) -> None:
    with app.test_request_context():
        begin()
        said = app.jinja_env.get_template("components/identity.html").module.erasure_problem
        assert said("letter") == "Gaida, līdz būs nosūtīta pēdējā vēstule" and said("unavailable") == "Sistēma neatbild"
        assert "billing.odd" in said("billing.odd")


def test_an_address_breaks_before_its_at_and_its_end() -> None:
    assert formats.address("a.<b@c.d.lv") == "a.&lt;b<wbr>@c.d<wbr>.lv" and formats.address(None) == "–"


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 rēķinu"), (1, "1 rēķins"), (2, "2 rēķini"), (10, "10 rēķinu"), (11, "11 rēķinu"), (21, "21 rēķins"),
    (22, "22 rēķini"), (30, "30 rēķinu"), (101, "101 rēķins"), (111, "111 rēķinu"),
])
def test_latvian_counts_in_three_forms(count: int, text: str) -> None:
    assert i18n.ngettext("%(num)d invoice", "%(num)d invoices", count) == text


def test_every_text_has_its_latvian() -> None:
    assert i18n.problems() == []


def test_the_check_finds_a_missing_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "texts_in_use", lambda: {"Nobody translated this": {"somewhere.py"}})
    found = i18n.problems()
    assert any("missing: 'Nobody translated this'" in line for line in found)
    assert any("unused: 'Sign in'" in line for line in found)


def test_icons_come_from_the_wheel_and_say_what_they_are() -> None:
    assert 'aria-hidden="true"' in assets.icon("receipt")
    assert 'role="img" aria-label="&lt;b&gt;"' in assets.icon("receipt", "<b>")
    with pytest.raises(KeyError):
        assets.icon("no-such-icon")


def test_the_dark_colours_follow_the_system_too() -> None:
    css = assets.assets()["portal.css"].body.decode()
    dark = css[css.index("@media (prefers-color-scheme:dark)"):]
    assert "[data-bs-theme=auto]" in dark and "--accent: #7cc9d3" in css


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("block", [":root {", "[data-bs-theme=dark] {"])
def test_colours_are_readable(block: str) -> None:
    css = (assets.FOLDER / "css" / "1-tokens.css").read_text()
    body = css[css.index(block) : css.index("}", css.index(block))]
    parts = [part.strip() for part in body.replace("\n", ";").split(";")]
    values = dict(part[2:].split(": ", 1) for part in parts if part.startswith("--"))
    colours = {name: _full(value) for name, value in values.items() if value.startswith("#")}
    for text in ("text", "text-2", "accent-text", "good", "warn", "bad", "info"):
        for ground in ("page", "surface", "surface-2"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for tone in ("good", "warn", "bad", "info"):
        assert _contrast(colours[tone], colours[f"{tone}-soft"]) >= 4.5, tone
    assert _contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert _contrast(colours["line-strong"], colours["surface"]) >= 3


def _full(colour: str) -> str:
    return "#" + "".join(c * 2 for c in colour[1:]) if len(colour) == 4 else colour
