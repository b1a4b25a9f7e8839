"""Anna finds her permits and reads everything that stands on one; nobody else's can be opened."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.api_client import Api
from tests.journeys.browser import Visitor
from tests.journeys.people import ANNA, ILZE, Person
from tests.journeys.words import lv


def column(visitor: Visitor, label: str) -> list[str]:
    """The texts of one column of the page's first table."""
    cells = visitor.main.locator(f"table tbody [data-label='{label}']")
    return [re.sub(r"[\u00a0\u202f]", " ", text).strip() for text in cells.all_inner_texts()]


@pytest.mark.requirement("S0-01", "S0-02")
def test_search_without_latvian_letters_filter_and_sort(visit: Callable[..., Visitor]) -> None:
    anna = visit(ANNA)
    anna.go("/permits")
    number, valid_to = lv("Number"), lv("Valid to")
    assert len(column(anna, number)) == 25
    anna.fill(query="rugeli")
    anna.click(lv("Find"))
    places = column(anna, lv("Place"))
    assert places and all("Daugavpils, Ruģeļi" in place or "stacij" in place for place in places), places
    anna.follow(lv("Clear"))
    anna.fill(state="suspended")
    anna.click(lv("Find"))
    anna.sees("SALDUS 1", lv("Suspended"))
    assert len(column(anna, number)) == 1
    anna.go("/permits?service_kind=broadcasting&state=in_force")
    assert len(column(anna, number)) == 2
    anna.sees("Radio Zvaigznājs")

    anna.go("/permits?state=in_force")
    anna.main.get_by_role("columnheader", name=valid_to).get_by_role("link").click()
    first = column(anna, valid_to)
    header = anna.main.get_by_role("columnheader", name=valid_to)
    assert header.get_attribute("aria-sort") == "ascending"
    days = [day[6:10] + day[3:5] + day[:2] for day in first if day[0].isdigit()]
    assert days == sorted(days) and len(days) > 5
    header.get_by_role("link").click()
    days = [day[6:10] + day[3:5] + day[:2] for day in column(anna, valid_to) if day[0].isdigit()]
    assert days == sorted(days, reverse=True)


@pytest.mark.requirement("S0-01")
def test_paging_by_key_forth_and_back(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    anna = visit(ANNA)
    anna.go("/permits?sort=permit_no")
    first = column(anna, lv("Number"))
    anna.follow(lv("Next"))
    second = column(anna, lv("Number"))
    assert second and not set(first) & set(second)
    anna.follow(lv("Previous"))
    assert column(anna, lv("Number")) == first
    mine = [one["permit_no"] for one in api(ANNA).all("/permits", sort="permit_no", limit=7)]
    assert mine[: len(first + second)] == first + second and len(set(mine)) == len(mine)


@pytest.mark.requirement("S0-01", "S1-14", "S1-70")
def test_a_permit_shows_every_technical_parameter_and_its_history(visit: Callable[..., Visitor]) -> None:
    anna = visit(ANNA)
    anna.go("/permits?query=zakusala&service_kind=fixed&state=in_force")
    anna.main.get_by_role("rowheader").get_by_role("link").first.click()
    anna.sees(
        'SIA "Radio Links"', lv("Stations"), lv("Frequency assignments"), lv("Conditions of use"), lv("History"),
        "Rīga, Zaķusala", "Zaķusalas krastmala 1, Rīga", "MHz", "kHz", "D7W", "dBi", "dBm", "°",
        "Radioiekārtas darbība nedrīkst radīt kaitīgus traucējumus citiem sakaru dienestiem.",
    )  # fmt: skip
    assert re.search(r"\d{2}\.\d{2}\.\d{4}\. \d{2}:\d{2}", anna.text()), "the data carry the time they are as of"


@pytest.mark.requirement("B-22")
def test_lists_and_permits_as_csv_and_geojson(visit: Callable[..., Visitor]) -> None:
    anna = visit(ANNA)
    anna.go("/permits?service_kind=broadcasting")
    with anna.page.expect_download() as download:
        anna.follow("CSV")
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines(), delimiter=";"))
    if len(rows[0]) < 3:
        rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert len(rows) == 3 and "Radio Zvaigznājs" in str(rows), rows
    with anna.page.expect_download() as download:
        anna.follow("GeoJSON")
    found = json.loads(Path(download.value.path()).read_text())
    assert found["type"] == "FeatureCollection" and len(found["features"]) == 2
    longitude, latitude = found["features"][0]["geometry"]["coordinates"][:2]
    assert 20.5 < float(longitude) < 28.5 and 55.5 < float(latitude) < 58.2, "GeoJSON puts the longitude first"


@pytest.mark.requirement("S1-62")
def test_another_clients_permit_is_not_there(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    theirs = next(api(ILZE).all("/permits"))
    anna = visit(ANNA)
    anna.go(f"/permits/{theirs['permit_id']}", status=404)
    anna.sees(lv("The page was not found"), lv("Reference number"))
    anna.does_not_see(theirs["permit_no"])
    anna.go(f"/permits?query={theirs['permit_no']}")
    anna.sees(lv("No permits found"))
