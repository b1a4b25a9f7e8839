"""A person takes everything away, and leaves: the copy is complete, and afterwards nothing names them (must-show 5)."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from chassis.days import now, riga_today
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
        read = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(packed.read("data.pdf"))).pages)
    rows = {(service, table["table"]): table["rows"] for service in held for table in held[service] if table["rows"]}
    text = json.dumps(held, ensure_ascii=False)
    numbers = (one.invoice_no, one.permit_no, one.contract_no, draft["case_id"])
    for word in (one.name, one.person.email, one.code, *numbers):
        assert word in text, word
    assert {("identity", "sessions"), ("identity", "representations"), ("identity", "users"), ("billing", "invoices"),
            ("permits", "permits"), ("metering", "readings"), ("requests", "cases")} <= set(rows)  # fmt: skip
    assert "secret_hash" not in text and "argon2" not in text
    # What is read says it in words: no names of columns, no ids, and the words of forms from the service of requests.
    for word in ("Mani dati portālā", "Saturs", one.name, one.invoice_no, one.permit_no, "Iesniegums brīvā formā"):
        assert word in read, word
    assert not re.search(rf"_key|{one.user_id}|\d{{4}}-\d\d-\d\dT", read)


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


def erased(base: str, person: Person) -> dict[str, Any]:
    """Ask for the erasure of a person and wait for its end; return what staff see of it."""
    service = Api.signed_in(base, SERVICE)
    begun = Api.signed_in(base, person).post("/profile/erasure", {"confirm": person.email}, key=fresh_key())
    path = f"/staff/erasures/{begun['erasure_id']}"
    done: dict[str, Any] = eventually("it is done", lambda: (v := service.get(path))["state"] == "done" and v, 120)
    return done


def of(service: str, statement: str, **values: Any) -> Any:
    """The one value a statement gives."""
    engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
    with engine.begin() as connection:
        return connection.execute(sa.text(statement), values).scalar_one_or_none()


@pytest.mark.requirement("S3-27", "B-15")
def test_words_about_the_person_in_rows_of_others_go(base: str, made: Newcomers) -> None:
    """What others wrote, files that bear the name, letters to a firm, notices given for it."""
    mark = uuid.uuid4().hex[:8]
    name, code = f"Žanete Šķēle-{mark}", f"329{int(mark, 16) % 10**8:08d}"
    leaves, other, firm = made.user(name), made.user("Zigis Citāds"), made.client("SIA Kaimiņi")
    made.represents(leaves, made.client(name, kind="natural", person_code=code))
    me = made.id_of(leaves)
    made.represents(leaves, firm, role="additional")
    about = {"id": uuid.uuid4(), "user_id": made.id_of(other), "what": "blocked", "reason": "other"}
    insert("identity", "user_blocks", **about, by_name="Klientu centrs", note=f"zvanīja {name.upper()}, lūdza bloķēt")
    data = {"email": leaves.email, "phone": None}
    insert("identity", "contact_notices", id=uuid.uuid4(), client_id=firm, what="confirmed", at=now(), by_kind="user",
           by_user=me, by_name=name, data=data, sha256="0" * 64)  # fmt: skip
    case, blob = uuid.uuid4(), uuid.uuid4()
    insert("requests", "blobs", id=blob, name=f"pase-{name}-kopija.pdf", media_type="application/pdf", size=3)
    insert("requests", "cases", id=case, client_id=firm, client_name="SIA Kaimiņi", form="free_form", form_version=1,
           status="in_review", ball="office", clock="running", version=2, data={"text": f"Labdien!\n{name}, paldies"},
           started_by=made.id_of(other), created_at=now(), saved_at=now(), case_no=f"P-{mark}", submitted_at=now(),
           due_date=riga_today(), contact={})  # fmt: skip
    insert("requests", "attachments", id=uuid.uuid4(), case_id=case, blob_id=blob, name=f"pase-{name}-kopija.pdf",
           size=3, received=3, complete=True, added_by=me, added_by_name=name, added_at=now(),
           sent_at=now())  # fmt: skip
    insert("requests", "blob_chunks", blob_id=blob, number=0, data=f"/Author({name})".encode())
    insert("notifications", "messages", id=uuid.uuid4(), kind="representation_granted", client_id=firm,
           right="users.manage", language="lv", subject="Jauns lietotājs", body=f"{name} var rīkoties", sms="",
           html=f"<p>{name} var rīkoties</p>", created_at=now())  # fmt: skip

    done = erased(base, leaves)
    left = traces((name, fold(name), leaves.email, code)) - {
        ("identity", "contact_notices", "data"),  # kept: what the firm said is right
        ("requests", "blob_chunks", "data"),  # kept: the firm's file
    }
    assert not left
    kept = {(step["service"], one["table"], one["reason"]) for step in done["steps"] for one in step["traces"]}
    assert kept >= {("identity", "contact_notices", "other_client"), ("requests", "blob_chunks", "other_client")}
    note = of("identity", "SELECT note FROM user_blocks WHERE id = :id", id=about["id"])
    assert re.fullmatch(r"zvanīja Dzēsta persona \w+, lūdza bloķēt", note)


@pytest.mark.requirement("S3-27", "B-15")
def test_what_somebody_merely_typed_takes_nothing_from_others(base: str, made: Newcomers) -> None:
    """An address of somebody else as one's own for invoices, a phrase as one's name, a number that begins others'."""
    victim = made.user("Upuris Nejaušais", phone="+37129333222")
    leaves = made.user("Jūsu Konts")
    made.represents(
        leaves, made.client("Uldis Uzbrucējs", kind="natural", invoice_email=victim.email, phone="+3712933")
    )
    message = uuid.uuid4()
    insert("notifications", "messages", id=message, kind="security_blocked", user_id=made.id_of(victim), language="lv",
           subject="Jūsu konts ir bloķēts", body=f"Jūsu konts {victim.email} ir bloķēts", html="", sms="",
           created_at=now())  # fmt: skip
    longer = made.user("Pēteris Garākais", email=f"peteris.{leaves.email}")
    erased(base, leaves)
    for person in (victim, longer):
        assert Api.signed_in(base, person).get("/profile")["email"] == person.email
    phone = of("identity", "SELECT phone FROM users WHERE id = :id", id=made.id_of(victim))
    assert phone == "+37129333222"
    body = of("notifications", "SELECT body FROM messages WHERE id = :id", id=message)
    assert body == f"Jūsu konts {victim.email} ir bloķēts"
    assert of("notifications", "SELECT count(*) FROM messages WHERE id = :id AND subject = 'Jūsu konts ir bloķēts'",
              id=message) == 1  # fmt: skip


@pytest.mark.requirement("S3-27", "B-15")
def test_what_is_somebody_elses_now_or_only_almost_the_same_stays(
    base: str, made: Newcomers, api: Callable[[Person], Api]
) -> None:
    """An address another has now, another's application for the person's client, «Žanna» who is not «Anna»."""
    mark = uuid.uuid4().hex[:8]
    name, code = f"Anna Kalna-{mark}", f"327{int(mark, 16) % 10**8:08d}"
    office = f"birojs-{mark}@firm.example"
    leaves, heir = made.user(name, former=[office]), made.user("Jaunais Biroja Vadītājs", email=office)
    mine = made.client(name, kind="natural", person_code=code)
    made.represents(leaves, mine)
    helper, now_at = f"Bruno Palīgs-{mark}", uuid.uuid4()
    terms = of("identity", "SELECT id FROM terms_versions LIMIT 1")
    insert("identity", "access_applications", id=now_at, number=f"P-{mark}", state="submitted", client_kind="natural",
           version=1, client_name=name, user_name=helper, user_email=f"bruno-{mark}@x.example", language="lv",
           client_id=mine, data={"person_code": code, "user_name": helper}, terms_id=terms, submitted_at=now(),
           search_text=fold(f"{helper} {name} {code}"))  # fmt: skip
    service = api(SERVICE)
    note = f"Žanna Kalna-{mark} zvanīja par {office}"
    service.post(f"/staff/users/{made.id_of(heir)}/block", {"reason": "suspicion", "note": note})
    erased(base, leaves)
    assert of("identity", "SELECT email FROM users WHERE id = :id", id=made.id_of(heir)) == office
    assert of("identity", "SELECT note FROM user_blocks WHERE user_id = :id", id=made.id_of(heir)) == note
    trail = api(ADMIN).get("/staff/audit", object_id=str(made.id_of(heir)), action="identity.user.block")["items"]
    assert trail[0]["detail"]["note"] == note, "a record about Žanna was forgotten for Anna"
    row = "SELECT user_name || ' ' || user_email || ' ' || client_name FROM access_applications WHERE id = :id"
    kept = of("identity", row, id=now_at)
    assert kept.startswith(f"{helper} bruno-{mark}@x.example Dzēsta persona")


@pytest.mark.requirement("S3-27", "B-15")
def test_a_father_of_the_same_name_stays_and_former_names_go(base: str, made: Newcomers) -> None:
    mark = uuid.uuid4().hex[:8]
    name, before = f"Juris Dēls-{mark}", f"Juris Bijušais-{mark}"
    son, father = made.user(before), made.client(name, kind="natural", person_code=f"328{int(mark, 16) % 10**8:08d}")
    made.represents(son, father, valid_to=riga_today() + timedelta(days=30))
    api = Api.signed_in(base, son)
    api.ask("PATCH", "/profile", json={"name": name})
    insert("identity", "user_blocks", id=uuid.uuid4(), user_id=made.id_of(son), what="unblocked", reason="other",
           by_name="Klientu centrs", note=f"toreiz {before}")  # fmt: skip
    erased(base, son)
    assert of("identity", "SELECT name FROM clients WHERE id = :id", id=father) == name
    assert not traces((before, fold(before)))


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


@pytest.mark.requirement("B-14")
def test_the_person_sees_which_other_users_looked(base: str, one: Life, made: Newcomers) -> None:
    helper = made.user("Palīgs Skatītājs")
    made.represents(helper, one.client_id, role="additional", rights=("permits.see",))
    permit = of("permits", "SELECT id FROM permits WHERE permit_no = :no", no=one.permit_no)
    Api.signed_in(base, helper).get(f"/permits/{permit}")
    owner = Api.signed_in(base, one.person)

    def look() -> bool:
        rows = owner.get("/client/disclosures")["items"]
        return ("Palīgs Skatītājs", "user") in {(row["who"], row["as_what"]) for row in rows}

    eventually("the look of the other user", look, 60)
