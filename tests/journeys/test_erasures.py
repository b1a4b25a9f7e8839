"""An erasure takes the person out of what others hold, and nothing that is another's (must-show 5, decision 43)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chassis.days import now, riga_today
from chassis.text import fold
from tests.journeys.api_client import Api, eventually, fresh_key
from tests.journeys.lives import insert
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.people import ADMIN, SERVICE, Person
from tests.journeys.remains import erased, of, traces


@pytest.fixture
def made() -> Iterator[Newcomers]:
    with newcomers() as maker:
        yield maker


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
           status="in_review", ball="staff", clock="running", version=2, data={"text": f"Labdien!\n{name}, paldies"},
           started_by=made.id_of(other), created_at=now(), saved_at=now(), case_no=f"P-{mark}", submitted_at=now(),
           changed_at=now(), due_date=riga_today(), contact={})  # fmt: skip
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
    leaves, heir = made.user(name, former_emails=[office]), made.user("Jaunais Biroja Vadītājs", email=office)
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
