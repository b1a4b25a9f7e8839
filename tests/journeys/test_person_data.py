"""A person takes everything away, and leaves: the copy is complete, and afterwards nothing names them (must-show 5)."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.days import now
from chassis.text import fold
from tests import stack
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.lives import Life, insert, living
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.people import ADMIN, AUDITOR, SERVICE, Person

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
# What is listed as kept: an accounting document must name its customer.
KEPT = {("billing", "invoices", "client_name"), ("billing", "invoices", "search"), ("billing", "invoices", "customer")}


@pytest.fixture
def one() -> Iterator[Life]:
    with living() as made:
        yield made


@pytest.fixture
def debtor() -> Iterator[Life]:
    with living(unpaid=True) as made:
        yield made


@pytest.fixture
def made() -> Iterator[Newcomers]:
    with newcomers() as maker:
        yield maker


def traces(words: tuple[str, ...]) -> set[tuple[str, str, str]]:
    """Every column of every table of every database in which a word stands; looked for by a scan of our own."""
    found = set()
    for service in SERVICES:
        engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
        with engine.connect() as connection:
            columns = connection.execute(
                sa.text(
                    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema ="
                    " 'public' AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')"
                )
            ).all()
            for table, column, kind in columns:
                held = f'encode("{column}", \'escape\')' if kind == "bytea" else f'"{column}"::text'
                for word in words:
                    forms = {word.lower(), json.dumps(word)[1:-1].lower()}
                    if kind == "bytea":
                        forms.add("".join(chr(b) if b < 128 else f"\\{b:03o}" for b in word.encode()).lower())
                    for form in forms:
                        statement = f"SELECT count(*) FROM \"{table}\" WHERE strpos(lower({held}), :form) > 0"
                        if connection.execute(sa.text(statement), {"form": form}).scalar_one():
                            found.add((service, table, column))
    return found


def ready(api: Api) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        newest = api.get("/profile/exports")["items"][0]
        return newest if newest["state"] == "ready" else None

    return eventually("the copy is ready", look, 120)


@pytest.mark.requirement("S1-62", "B-15")
def test_the_copy_holds_what_all_six_services_know(base: str, one: Life) -> None:
    api = Api.signed_in(base, one.person)
    draft = api.post("/requests/drafts", {"form": "free_form"}, key=fresh_key())
    asked = api.post("/profile/exports", key=fresh_key())
    assert asked["state"] == "gathering" and {part["service"] for part in asked["parts"]} == set(SERVICES)
    done = ready(api)
    assert all(part["state"] == "done" for part in done["parts"])
    body = api.send("GET", f"/profile/exports/{done['export_id']}/file")
    assert body.headers["Content-Type"] == "application/zip" and len(body.content) == done["size"]
    with zipfile.ZipFile(io.BytesIO(body.content)) as packed:
        held = json.loads(packed.read("data.json"))["services"]
        assert packed.read("data.pdf")[:5] == b"%PDF-"
    rows = {(service, table["table"]): table["rows"] for service in held for table in held[service] if table["rows"]}
    text = json.dumps(held, ensure_ascii=False)
    numbers = (one.invoice_no, one.permit_no, one.contract_no, draft["case_id"])
    for word in (one.name, one.person.email, one.code, *numbers):
        assert word in text, word
    assert {("identity", "sessions"), ("identity", "representations"), ("identity", "users"), ("billing", "invoices"),
            ("permits", "permits"), ("metering", "readings"), ("requests", "cases")} <= set(rows)  # fmt: skip
    assert "secret_hash" not in text and "argon2" not in text


@pytest.mark.requirement("B-15")
def test_a_copy_is_its_owners_alone(base: str, one: Life, debtor: Life) -> None:
    api, other = Api.signed_in(base, one.person), Api.signed_in(base, debtor.person)
    api.post("/profile/exports")
    with pytest.raises(Refused) as twice:
        api.post("/profile/exports")
    assert (twice.value.status, twice.value.code) == (409, "identity.export_under_way")
    mine = ready(api)["export_id"]
    assert other.send("GET", f"/profile/exports/{mine}/file").status_code == 404
    assert other.get("/profile/exports")["items"] == []
    assert Api(base).send("GET", f"/profile/exports/{mine}/file").status_code == 401


@pytest.mark.requirement("S3-27", "B-15")
def test_after_an_erasure_nothing_names_the_person_but_what_is_kept(base: str, one: Life) -> None:
    api = Api.signed_in(base, one.person)
    api.post("/requests/drafts", {"form": "free_form"}, key=fresh_key())
    service = Api.signed_in(base, SERVICE)
    service.get(f"/staff/users/{one.user_id}")
    service.get(f"/staff/clients/{one.client_id}")
    assert len(traces(one.words)) > 10, "the scan finds nothing even before"
    with pytest.raises(Refused) as wrong:
        api.post("/profile/erasure", {"confirm": "somebody@else.example"})
    assert wrong.value.code == "identity.erasure_not_confirmed"
    outlook = api.get("/profile/erasure")
    assert (outlook["obligations"], outlook["unknown"]) == ([], [])
    begun = api.post("/profile/erasure", {"confirm": one.person.email.upper()}, key=fresh_key())
    assert begun["state"] == "erasing"
    eventually("the session ends", lambda: api.send("GET", "/profile").status_code == 401, 60)

    path = f"/staff/erasures/{begun['erasure_id']}"
    done = eventually("it is done", lambda: (v := service.get(path)) and v["state"] == "done" and v, 240)
    assert done["user_name"].startswith("Dzēsta persona")
    reasons = {(part["service"], part["reason"]) for part in done["parts"] if part["kept"]}
    assert ("billing", "accounting") in reasons and ("identity", "audit") in reasons
    assert {step["service"] for step in done["steps"] if step["done_at"]} == set(SERVICES)

    def clean() -> bool:
        left = traces(one.words) - KEPT
        print(left)
        return not left

    eventually("no table names the person", clean, 60)
    for log in Path(stack.run_dir() / "logs").rglob("*.log"):
        text = log.read_text(errors="replace").lower()
        for word in one.words:
            assert word.lower() not in text, f"{word} stands in {log.name}"


@pytest.mark.requirement("S3-27", "B-15")
def test_somebody_of_the_same_name_neither_stops_an_erasure_nor_loses_anything(
    base: str, made: Newcomers, api: Callable[[Person], Api]
) -> None:
    leaves, stays = made.user("Jānis Vienādais"), made.user("Janis Vienādais-Kalns")
    for person in (leaves, stays):
        made.represents(person, made.client(f"SIA {person.email[:8]}"))
    admin, service = api(ADMIN), api(SERVICE)
    note = "Jānis Vienādais-Kalns lūdza pats"
    service.post(f"/staff/users/{made.id_of(stays)}/block", {"reason": "suspicion", "note": note})
    begun = Api.signed_in(base, leaves).post("/profile/erasure", {"confirm": leaves.email}, key=fresh_key())
    path = f"/staff/erasures/{begun['erasure_id']}"
    eventually("it is done", lambda: service.get(path)["state"] == "done", 120)
    assert not traces((leaves.email,))
    assert service.get(f"/staff/users/{made.id_of(leaves)}")["profile"]["name"].startswith("Dzēsta persona")
    assert service.get(f"/staff/users/{made.id_of(stays)}")["profile"]["name"] == "Janis Vienādais-Kalns"
    trail = admin.get("/staff/audit", object_id=str(made.id_of(stays)), action="identity.user.block")["items"]
    assert trail[0]["detail"]["note"] == note


@pytest.mark.requirement("S3-27", "B-15")
def test_words_about_the_person_in_rows_of_others_go_and_the_others_stay(base: str, made: Newcomers) -> None:
    """What others wrote, files that bear the name, notices given for a firm; a longer name is somebody else's."""
    mark = uuid.uuid4().hex[:8]
    name = f"Žanete Šķēle-{mark}"
    leaves, other, firm = made.user(name), made.user("Zigis Citāds"), made.client("SIA Kaimiņi")
    me, held = made.id_of(leaves), made.represents(leaves, firm, role="main")
    about = {"id": uuid.uuid4(), "user_id": made.id_of(other), "what": "blocked", "reason": "other"}
    insert("identity", "user_blocks", **about, by_name="Klientu centrs", note=f"zvanīja {name.upper()}, lūdza bloķēt")
    data = {"email": leaves.email, "phone": None}
    insert("identity", "contact_notices", id=uuid.uuid4(), client_id=firm, what="confirmed", at=now(), by_kind="user",
           by_user=me, by_name=name, data=data, sha256="0" * 64)  # fmt: skip
    case, blob = uuid.uuid4(), uuid.uuid4()
    insert("requests", "blobs", id=blob, name=f"{name} pase.pdf", media_type="application/pdf", size=3)
    insert("requests", "cases", id=case, client_id=firm, client_name="SIA Kaimiņi", form="free_form", form_version=1,
           status="in_review", ball="office", clock="running", version=2, data={"text": f"No {name}, paldies"},
           started_by=me, created_at=now(), saved_at=now(), case_no=f"P-{mark}", submitted_at=now(),
           contact={"user_id": str(me), "name": name, "email": leaves.email, "phone": ""})  # fmt: skip
    insert("requests", "attachments", id=uuid.uuid4(), case_id=case, blob_id=blob, name=f"{name} pase.pdf", size=3,
           received=3, complete=True, added_by=me, added_by_name=name, added_at=now(), sent_at=now())  # fmt: skip
    engine = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        longer = sa.text("UPDATE representations SET granted_by = :name WHERE id = :id")
        connection.execute(longer, {"name": f"{name}-Kalns", "id": held})

    service = Api.signed_in(base, SERVICE)
    begun = Api.signed_in(base, leaves).post("/profile/erasure", {"confirm": leaves.email}, key=fresh_key())
    path = f"/staff/erasures/{begun['erasure_id']}"
    eventually("it is done", lambda: service.get(path)["state"] == "done", 120)
    left = traces((name, fold(name), leaves.email)) - {
        ("identity", "representations", "granted_by"),  # the longer name
        ("identity", "contact_notices", "data"),  # kept: what the firm said is right
    }
    assert not left
    with engine.connect() as connection:
        granted = connection.execute(sa.text("SELECT granted_by FROM representations WHERE id = :id"), {"id": held})
        assert granted.scalar_one() == f"{name}-Kalns"
        note = connection.execute(sa.text("SELECT note FROM user_blocks WHERE id = :id"), {"id": about["id"]})
        assert re.fullmatch(r"zvanīja Dzēsta persona \w+, lūdza bloķēt", note.scalar_one())


@pytest.mark.requirement("S3-27")
def test_what_is_still_open_is_said_and_staff_decide(base: str, debtor: Life) -> None:
    api = Api.signed_in(base, debtor.person)
    asked = api.post("/profile/erasure", {"confirm": debtor.person.email})
    assert asked["state"] == "asked"
    assert {"kind": "invoice", "label": debtor.invoice_no} in asked["obligations"]
    with pytest.raises(Refused) as again:
        api.post("/profile/erasure", {"confirm": debtor.person.email})
    assert again.value.code == "identity.erasure_asked"
    admin = Api.signed_in(base, ADMIN)
    path = f"/staff/erasures/{asked['erasure_id']}/decision"
    with pytest.raises(Refused) as clerk:
        Api.signed_in(base, SERVICE).post(path, {"approve": True})
    assert clerk.value.status == 403
    with pytest.raises(Refused) as silent:
        admin.post(path, {"approve": False})
    assert silent.value.code == "identity.erasure_reason_missing"
    assert admin.post(path, {"approve": False, "note": "rēķins nav apmaksāts"})["state"] == "refused"
    assert api.get("/profile")["email"] == debtor.person.email, "a refused erasure took something away"


@pytest.mark.requirement("B-14")
def test_the_person_sees_who_looked_at_them(base: str, one: Life) -> None:
    service, auditor = Api.signed_in(base, SERVICE), Api.signed_in(base, AUDITOR)
    service.get(f"/staff/users/{one.user_id}")
    auditor.get(f"/staff/clients/{one.client_id}")
    api = Api.signed_in(base, one.person)

    def look(path: str, **query: Any) -> list[str]:
        return [row["who"] for row in api.get(path, **query)["items"] if row["as_what"] == "staff"]

    eventually("the look at the user", lambda: service.person["name"] in look("/profile/disclosures"), 60)
    admin = Api.signed_in(base, ADMIN)
    asked = service.post(f"/staff/users/{one.user_id}/deletion", {"reason": "client_request", "note": "pieteikums"})
    admin.get(f"/staff/approvals/{asked['approval_id']}")
    eventually("the look at an approval", lambda: admin.person["name"] in look("/profile/disclosures"), 60)
    eventually("the look at the client", lambda: auditor.person["name"] in look("/client/disclosures"), 60)
    assert look("/profile/disclosures", who="nobody of this name") == []
    assert re.match(r"20\d\d-", api.get("/profile/disclosures")["items"][0]["at"])
