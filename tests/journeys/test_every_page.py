"""Every page in both languages, light and dark, wide and on a phone: no axe violation, no overflow, no complaint.

What is kept of it are pictures under <run folder>/screenshots, to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys import axe
from tests.journeys.browser import NARROWEST, PHONE, WIDE, Visitor
from tests.journeys.places import Place, pages

# Pages that lead on at once in the state this run leaves them in; their own tests show them.
LEADS_ON = {"/terms/accept", "/staff/terms/accept"}
COLOURS = ["color-contrast", "link-in-text-block"]


def _size(visitor: Visitor, size: tuple[int, int]) -> None:
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})


def look_over(visitor: Visitor, name: str, pictures: Path) -> list[str]:
    """Everything wrong with the page shown: in Latvian wide, dark and narrow, in English narrow and dark.

    Colours hang on light and dark only, layout on the width only, so that not every pairing has to be measured.
    """
    page = visitor.page
    language = page.locator("html").get_attribute("lang")
    found: list[str] = []

    def note(state: str, wrong: list[str]) -> None:
        found.extend(f"[{language} {state}] {one}" for one in wrong)

    if language == "lv":
        note("1280", axe.violations(page))
        visitor.picture(pictures, f"{name}.lv.1280")
        page.emulate_media(color_scheme="dark")
        note("1280 dark", axe.violations(page, rules=COLOURS))
        page.emulate_media(color_scheme="light")
        _size(visitor, PHONE)
        note("390", axe.violations(page))
        visitor.picture(pictures, f"{name}.lv.390")
    else:
        page.emulate_media(color_scheme="dark")
        note("1280", axe.overflow(page))
        visitor.picture(pictures, f"{name}.en.1280.dark")
        _size(visitor, PHONE)
        note("390 dark", axe.violations(page))
    _size(visitor, NARROWEST)
    note("360", axe.overflow(page))
    _size(visitor, WIDE)
    return found


def picture_name(path: str) -> str:
    """A file name for a page's pictures."""
    return re.sub(r"[^a-z0-9]+", "-", path.replace("uuid:", "").lower()).strip("-") or "start"


@pytest.mark.requirement("S3-40", "S2-09")
@pytest.mark.parametrize("place", [place for place in pages() if place.path not in LEADS_ON], ids=str)
def test_page(place: Place, visit: Callable[..., Visitor], objects: dict[str, str], pictures: Path) -> None:
    address = place.address(objects)
    first = visit(place.person, language="lv")
    answer = first.context.request.get(address, max_redirects=0)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        assert answer.status == 200 and "attachment" in answer.headers.get("content-disposition", ""), answer.status
        return  # a file to download, not a page
    wrong: list[str] = []
    for language in ("lv", "en"):
        visitor = first if language == "lv" else visit(place.person, language="en")
        visitor.go(address)
        assert visitor.page.locator("html").get_attribute("lang") == language
        assert visitor.page.locator("h1").count() == 1, "a page has one main heading"
        wrong += look_over(visitor, picture_name(place.path), pictures)
    assert not wrong, "\n".join(wrong)
