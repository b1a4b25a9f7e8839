"""Staff import register files in the browser: progress, report, again, broken, and the real register."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import register
from tests.journeys.browser import Visitor
from tests.journeys.people import ENGINEER
from tests.journeys.words import lv

WORKING = ("Arriving", "Waiting", "Being read", "Being applied")


def upload(visitor: Visitor, file: Path | dict[str, Any]) -> None:
    """Send a file by the form and come to the page of its import."""
    visitor.go("/staff/imports/new")
    visitor.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visitor.submit()
    visitor.page.wait_for_url(re.compile(r"/staff/imports/[0-9a-f-]{36}$"), timeout=60_000)


def send(visitor: Visitor, file: Path | dict[str, Any], seconds: float = 30, patient: bool = False) -> dict[str, int]:
    """Upload a file, wait until the work is over, and return the numbers the page shows.

    A `patient` visitor waits for the page to follow the work by itself; others load it again.
    """
    upload(visitor, file)
    until = time.monotonic() + seconds
    while not patient and time.monotonic() < until and visitor.page.locator("#progress[data-refresh]").count():
        time.sleep(0.3)
        visitor.page.reload()
    # the page follows the work by itself: its part loses the mark that asks for more when the work is over
    visitor.page.wait_for_selector("#progress:not([data-refresh])", timeout=seconds * 1000)
    visitor.does_not_see(*map(lv, WORKING))
    tiles = visitor.main.locator(".tile")
    found = {}
    for index in range(tiles.count()):
        label, value = tiles.nth(index).locator(".tile-label").inner_text(), tiles.nth(index).locator(".tile-value")
        found[label.strip()] = int(re.sub(r"\D", "", value.inner_text()) or 0)
    english = ("Rows read", "Permits created", "Permits changed", "Permits unchanged", "Permits left alone",
               "Rows with errors")  # fmt: skip
    return {word: found[lv(word)] for word in english}


def as_file(content: bytes, name: str = "registrs.csv") -> dict[str, Any]:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


@pytest.mark.requirement("S0-01", "S1-26")
def test_a_file_becomes_permits_and_a_second_time_changes_nothing(visit: Callable[..., Visitor]) -> None:
    one, two, bad = register.number(), register.number(), register.number()
    content = register.file(
        register.row(one),
        register.row(one, freq_mhz="19150.5", azimuth_deg="34.5", site_no="2", site_name="Valka, mūra tornis"),
        register.row(two, valid_to="", holder="Jūrkalnes pagasta pārvalde", holder_type="G"),
        register.row(bad, freq_mhz="astoņpadsmit"),
    )
    staff = visit(ENGINEER)
    done = send(staff, as_file(content), patient=True)
    assert done == {"Rows read": 4, "Permits created": 2, "Permits changed": 0, "Permits unchanged": 0,
                    "Permits left alone": 1, "Rows with errors": 1}  # fmt: skip
    staff.sees(lv("Wrong rows"), bad, "freq_mhz", "astoņpadsmit")
    with staff.page.expect_download() as download:
        staff.follow("CSV")
    report = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert bad in report and "freq_mhz" in report and one not in report

    staff.go(f"/staff/permits?query={one}")
    staff.follow(one)
    staff.sees("Ērģeme, ūdenstornis", "Valka, mūra tornis", "18 142,5", "28M0D7WET", "VHLP2-18", "38,6", "28.02.2034.")
    staff.go(f"/staff/permits?query={bad}")
    staff.sees(lv("No permits found"))
    staff.go("/staff/clients?query=jurkalnes+pagasta")
    staff.sees("Jūrkalnes pagasta pārvalde")

    again = send(staff, as_file(register.file(register.row(one), register.row(
        one, freq_mhz="19150.5", azimuth_deg="34.5", site_no="2", site_name="Valka, mūra tornis"))))
    assert again["Permits unchanged"] == 1 and again["Permits created"] == again["Permits changed"] == 0
    staff.sees(lv("Nothing was changed."), lv("Everything in this file was here already."))

    changed = send(staff, as_file(register.file(register.row(one, eirp_dbm="60.0"))))
    assert changed["Permits changed"] == 1 and changed["Permits created"] == 0
    staff.go(f"/staff/permits?query={one}")
    staff.follow(one)
    staff.sees(lv("Changed by the register"))
    staff.does_not_see("Valka, mūra tornis")


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("a column is missing", register.file(register.row("SYN-BROKEN-1"), columns=register.COLUMNS[:-1])),
        ("the bytes are not UTF-8", register.file(register.row("SYN-BROKEN-1")).replace("Ē".encode(), b"\xc4")),
        ("the compressed file is cut off", gzip.compress(register.file(*[
            register.row(f"SYN-BROKEN-{n}") for n in range(200)]))[:-400]),
        ("there is nothing in it", b""),
        ("a quote never ends", register.file(register.row("SYN-BROKEN-1")) + b'SYN-BROKEN-2,"A,MG,\n'),
    ],
)  # fmt: skip
def test_a_broken_file_changes_nothing(what: str, content: bytes, visit: Callable[..., Visitor]) -> None:
    staff = visit(ENGINEER)
    numbers = send(staff, as_file(content))
    assert not any(numbers[f"Permits {what}"] for what in ("created", "changed", "unchanged"))
    staff.sees("Datne noraidīta", lv("Nothing was changed."))
    staff.go("/staff/permits?query=SYN-BROKEN")
    staff.sees(lv("No permits found"))


@pytest.mark.timeout(300)
@pytest.mark.skipif(register.real() is None, reason="the real register does not lie beside this clone")
def test_the_real_register(visit: Callable[..., Visitor], imported_register: dict[str, int]) -> None:
    """1 497 licences with 30 120 frequencies; after the first import the second one changes nothing and says so."""
    assert imported_register["Rows read"] == 30_120
    seen = sum(imported_register[f"Permits {what}"] for what in ("created", "changed", "unchanged", "left alone"))
    assert seen == 1_497
    staff = visit(ENGINEER)
    again = send(staff, register.REAL, seconds=120)
    assert again["Permits created"] == again["Permits changed"] == 0
    assert again["Permits unchanged"] + again["Permits left alone"] == 1_497
    staff.sees(lv("Nothing was changed."))
    staff.go("/staff/permits?query=WLP935")
    staff.follow("WLP935")
    staff.sees("WPGH LICENSEE, LLC", "6 925", "25M0F9W", "20.02.1991.")
