"""A register of clients is imported over the API: told row by row, repeatable; broken files change nothing (S1-09)."""

from __future__ import annotations

import csv
import io
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from stdnum.lv import pvn

from tests.journeys.api_client import Api, eventually
from tests.journeys.people import AUDITOR, SERVICE, Person

AsPerson = Callable[[Person], Api]
PATH = "/staff/clients/imports"
HEADER = "kind;name;client_no;reg_no;person_code;address;email;phone;language\n"


def reg_no() -> str:
    while not pvn.is_valid(number := f"4{random.randrange(10**10):010d}"):
        pass
    return number


def imported(api: Api, text: str, register: str = "klienti") -> dict[str, Any]:
    """Send a file and return the import when it has ended."""
    made = api.post(PATH, {"name": "klienti.csv", "source": register})
    one = f"{PATH}/{made['import_id']}"
    assert api.send("PUT", f"{one}/content?offset=0", data=text.encode()).status_code == 200
    api.post(f"{one}/finish")
    return eventually("the import", lambda: (s := api.get(one))["status"] in ("done", "failed") and s, 60)


def report(api: Api, import_id: str) -> list[dict[str, str]]:
    answer = api.send("GET", f"{PATH}/{import_id}/report")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.requirement("S1-04", "S1-09", "S1-26")
def test_a_register_of_clients_is_imported_told_row_by_row_and_repeatable(api: AsPerson) -> None:
    service, mark = api(SERVICE), uuid.uuid4().hex[:8]
    company, other = reg_no(), reg_no()
    new_code = f"32{random.randrange(10**9):09d}"
    while pvn.is_valid(new_code):
        new_code = f"32{random.randrange(10**9):09d}"
    rows = [
        f"legal;SIA Ielasītais {mark};K-{mark};{company};;Brīvības iela 1, Rīga;birojs@{mark}.example;67112233;en",
        f"fiziska persona;Anna Ielasītā {mark};;;{new_code};;;;",
        f"legal;SIA Bez Numura {mark};;;;;;;",
        f"legal;SIA Greizais {mark};;40003000000;;;;;",
        f"legal;SIA Otrreiz {mark};K-{mark};;;;;;",
        f"legal;SIA Adrese {mark};;{other};;;kas tas;;",
        f"legal;SIA Īss {mark};x",
    ]
    text = HEADER + "\n".join(rows) + "\n"
    done = imported(service, text)
    assert (done["status"], done["created"], done["rejected"], done["warning_rows"]) == ("done", 2, 5, 1)
    told = {(int(row["Rinda"]), row["Kods"]) for row in report(service, done["import_id"])}
    assert told == {
        (3, "identity.person_code_checksum"), (4, "identity.row_without_number"), (5, "identity.reg_no_invalid"),
        (6, "identity.row_repeated"), (7, "identity.email_malformed"), (8, "identity.row_width"),
    }  # fmt: skip
    found = service.get("/staff/clients", query=company)["items"]
    client = service.get(f"/staff/clients/{found[0]['client_id']}")
    assert (client["external_ref"], client["language"]) == (f"K-{mark}", "en")
    origins = {datum["field"]: datum["origin"] for datum in client["data"]}
    assert origins["address"] == origins["reg_no"] == "register:klienti"
    assert all(datum["confirmed_at"] for datum in client["data"])

    again = imported(service, HEADER + rows[0] + "\n" + rows[1] + "\n")
    assert again["unchanged_file"] is True and (again["unchanged"], again["changed"]) == (2, 0)
    assert service.get(f"/staff/clients/{client['client_id']}")["version"] == client["version"]
    assert api(AUDITOR).get(f"{PATH}/{done['import_id']}")["created"] == 2
    assert api(AUDITOR).send("POST", PATH, json={"name": "x.csv"}).status_code == 403


@pytest.mark.requirement("S1-09", "S1-26")
def test_numbers_change_with_their_history_and_what_people_entered_is_kept(api: AsPerson) -> None:
    service, mark = api(SERVICE), uuid.uuid4().hex[:8]
    first, second, stranger = reg_no(), reg_no(), reg_no()
    row = "legal;SIA Mainīgais {mark};K-{mark};{reg};;{address};;;"
    made = imported(service, HEADER + row.format(mark=mark, reg=first, address="Vecā iela 1"))
    assert made["created"] == 1
    client_id = service.get("/staff/clients", query=first)["items"][0]["client_id"]
    moved = imported(service, HEADER + row.format(mark=mark, reg=second, address="Jaunā iela 2"))
    assert moved["changed"] == 1
    client = service.get(f"/staff/clients/{client_id}")
    assert (client["reg_no"], client["address"]) == (second, "Jaunā iela 2")
    held = {code["value"]: code["until"] for code in client["codes"]}
    assert held[first] is not None and held[second] is None
    assert service.get("/staff/clients", query=first)["items"][0]["client_id"] == client_id

    former = imported(service, HEADER + row.format(mark=mark, reg=first, address="Jaunā iela 2"))
    assert (former["changed"], former["unchanged"], former["warning_rows"]) == (0, 1, 1)
    assert [one["Kods"] for one in report(service, former["import_id"])] == ["identity.former_number"]

    version = service.get(f"/staff/clients/{client_id}")["version"]
    service.ask("PATCH", f"/staff/clients/{client_id}", json={"version": version, "address": "Pašu teiktā 3"})
    kept = imported(service, HEADER + row.format(mark=mark, reg=second, address="Jaunā iela 2"))
    assert (kept["changed"], kept["warning_rows"]) == (0, 1)
    assert [one["Kods"] for one in report(service, kept["import_id"])] == ["identity.datum_kept"]
    assert service.get(f"/staff/clients/{client_id}")["address"] == "Pašu teiktā 3"

    imported(service, HEADER + f"legal;SIA Svešais {mark};;{stranger};;;;;")
    mixed = imported(service, HEADER + row.format(mark=mark, reg=stranger, address=""))
    assert [one["Kods"] for one in report(service, mixed["import_id"])] == ["identity.numbers_of_several"]


@pytest.mark.requirement("S1-09")
def test_a_broken_file_changes_nothing(api: AsPerson) -> None:
    service, number = api(SERVICE), reg_no()
    good = f"legal;SIA Nekad;;{number};;;;;\n"
    for text, code in (
        (HEADER + good * 2 + '"nekad neaizvērts', "identity.file_not_csv"),
        ("kind;reg_no\nlegal;1\n", "identity.file_header"),
        ("", "identity.file_empty"),
    ):
        done = imported(service, text or "\n")
        assert (done["status"], done["error_code"], done["created"]) == ("failed", code, 0)
    assert service.get("/staff/clients", query=number)["items"] == []
