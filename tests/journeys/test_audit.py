"""Knowing afterwards: the trail is searched, a record opened, evidence taken away and proven by somebody else."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest

from chassis.demo_ids import CLIENT_RADIO
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.factor_tools import newcomer, renewed, signed_in_long_ago
from tests.journeys.newcomers import Newcomers
from tests.journeys.people import ADMIN, ANNA, AUDITOR, PASSWORD, SERVICE, Person

AsPerson = Callable[[Person], Api]


@pytest.mark.requirement("S1-50", "S1-63", "S1-65")
def test_records_are_found_by_person_mail_client_object_address_and_day(api: AsPerson, newcomers: Newcomers) -> None:
    auditor, service = api(AUDITOR), api(SERVICE)
    person = newcomers.user("Izsekotā Persona")
    user = newcomers.id_of(person)
    service.post(f"/staff/users/{user}/block", {"reason": "suspicion", "note": "pārbaude"})

    def found(**asked: Any) -> list[dict[str, Any]]:
        return auditor.get("/staff/audit", **asked)["items"]  # type: ignore[no-any-return]

    block = eventually("the block in the trail", lambda: found(person=person.email, action="identity.user.block"))[0]
    assert (block["object_id"], block["actor_name"]) == (str(user), service.person["name"])
    assert block["address"], "the address of the device is part of a record"
    day = block["at"][:10]
    for asked in (
        {"person": str(user)}, {"person": person.email.upper()}, {"object_id": str(user), "object_type": "user"},
        {"address": block["address"], "object_id": str(user), "from_day": day},
    ):  # fmt: skip
        assert block in found(action="identity.user", **asked), asked
    assert block not in found(person=AUDITOR.email, limit=100)
    assert found(person="nobody-at-all@nowhere.invalid") == []
    api(ADMIN).get(f"/staff/clients/{CLIENT_RADIO}")
    look = eventually("the look", lambda: found(client="radio links", action="identity.client.view"))[0]
    assert look["client_id"] == str(CLIENT_RADIO)
    assert look in found(client=str(CLIENT_RADIO), action="identity.client.view")
    assert found(client="tāda klienta nav reģistrā", limit=1) == []


@pytest.mark.requirement("S1-65", "B-21")
def test_a_record_shows_its_place_in_the_chain(api: AsPerson) -> None:
    auditor = api(AUDITOR)
    second, first = (row for row in auditor.get("/staff/audit", limit=2)["items"])
    shown = auditor.get(f"/staff/audit/records/{second['record_id']}")
    assert shown["record"] == second and shown["proven"] is True
    assert shown["previous_chain"] == first["chain"] and shown["head_seq"] >= second["seq"]
    with pytest.raises(Refused) as refused:
        auditor.get(f"/staff/audit/records/{uuid.uuid4()}")
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        api(SERVICE).get(f"/staff/audit/records/{second['record_id']}")
    assert refused.value.status == 403


@pytest.mark.requirement("S1-65", "S1-72", "B-21")
def test_evidence_is_signed_complete_and_a_changed_byte_of_it_is_found(
    base: str, endpoints: dict[str, Any], tmp_path: Path
) -> None:
    auditor = signed_in_long_ago(base, newcomer("auditor"))
    asked = {"client_id": str(CLIENT_RADIO), "action": "identity.client", "language": "lv"}
    with pytest.raises(Refused) as refused:
        auditor.post("/staff/audit/exports", asked)
    assert (refused.value.status, refused.value.code) == (403, "step_up_needed")
    auditor = renewed(auditor, auditor.post("/session/confirm", {"password": PASSWORD}))
    key = fresh_key()
    export = auditor.post("/staff/audit/exports", asked, key=key)
    assert auditor.post("/staff/audit/exports", asked, key=key)["export_id"] == export["export_id"]
    path = f"/staff/audit/exports/{export['export_id']}"
    done = eventually("the export", lambda: (s := auditor.get(path))["state"] == "ready" and s, 60)
    file = auditor.send("GET", f"{path}/file").content
    assert hashlib.sha256(file).hexdigest() == done["sha256"]

    held = zipfile.ZipFile(io.BytesIO(file))
    names = {Path(name).suffix: name for name in held.namelist()}
    rows = list(csv.DictReader(io.StringIO(held.read(names[".csv"]).decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == done["rows"] >= 1
    assert {row["client_id"] for row in rows} == {str(CLIENT_RADIO)}
    ends = [(int(row["seq"]), row["chain"]) for row in (rows[0], rows[-1])]
    assert ends == [(done["first_seq"], done["first_chain"]), (done["last_seq"], done["last_chain"])]
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(held.read(names[".pdf"]))).pages)
    flat = "".join(text.split())
    for word in (str(CLIENT_RADIO), done["asked_by"], done["first_chain"], done["last_chain"],
                 hashlib.sha256(held.read(names[".csv"])).hexdigest(), f"Ierakstuskaits:{len(rows)}"):  # fmt: skip
        assert "".join(word.split()) in flat, word

    whole = tmp_path / "whole.zip"
    whole.write_bytes(file)
    seal = tmp_path / "seal.pem"
    seal.write_bytes(auditor.send("GET", f"{base}/.well-known/seal.pem").content)
    code, said = proven(endpoints, whole, seal)
    assert (code, said) == (0, f"evidence proven: {len(rows)} records, signatures and every line in the trail")
    record = {"action": "identity.audit.export", "object_id": export["export_id"]}
    trail = eventually("the export in the trail", lambda: auditor.get("/staff/audit", **record)["items"])
    assert trail[0]["detail"]["rows"] == len(rows)

    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as changed:
        for name in held.namelist():
            body = held.read(name)
            spot = len(body) // 2
            other = body[:spot] + bytes([body[spot] ^ 1]) + body[spot + 1 :]
            changed.writestr(name, other if name in (names[".csv"], names[".pdf"]) else body)
    code, said = proven(endpoints, broken, seal)
    assert code == 1
    assert all(f"NOT PROVEN: the signature of {names[part]}" in said for part in (".csv", ".pdf")), said


def proven(endpoints: dict[str, Any], file: Path, seal: Path) -> tuple[int, str]:
    """Run the command an auditor runs, with the certificate the portal publishes."""
    env = os.environ | {"DATABASE_URL_IDENTITY": endpoints["databases"]["identity"], "PROFILE": "local"}
    command = [sys.executable, "-m", "services.identity.verify_evidence", str(file), "--seal", str(seal)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout.strip() or done.stderr


@pytest.mark.requirement("S1-65")
def test_an_export_says_what_it_cannot_do(api: AsPerson) -> None:
    auditor = api(AUDITOR)
    with pytest.raises(Refused) as refused:
        auditor.post("/staff/audit/exports", {"object_id": uuid.uuid4().hex})
    assert (refused.value.status, refused.value.code) == (422, "identity.audit_export_empty")
    for path in ("/staff/audit/exports", f"/staff/audit/exports/{uuid.uuid4()}/file"):
        assert api(SERVICE).send("GET", path).status_code == 403
        assert auditor.send("GET", path).status_code == (404 if path.endswith("file") else 200)


@pytest.mark.requirement("B-14")
def test_the_list_of_looks_is_a_file_as_well(api: AsPerson) -> None:
    anna, admin = api(ANNA), api(ADMIN)
    admin.get(f"/staff/clients/{CLIENT_RADIO}")

    def file() -> list[dict[str, str]]:
        answer = anna.send("GET", "/client/disclosures.csv")
        assert answer.headers["Content-Type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    rows = eventually("the look", lambda: [r for r in file() if r["Persona"] == admin.person["name"]])
    assert rows[0]["Kas tas ir"] == "darbinieks"
    shown = list(anna.all("/client/disclosures", limit=100))
    assert len(file()) >= len(shown) > 0
