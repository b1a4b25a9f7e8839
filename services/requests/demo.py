"""The demo's requests: a few cases in different states and a draft. Loading them again changes nothing.

They happened in the past: rules, clock and timeline are the real ones, but no events are told, so that nobody issues
permits, invoices or e-mails for them today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis import blobs
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.demo_ids import (
    CLIENT_NATURAL,
    CLIENT_RADIO,
    CLIENT_WATER,
    STAFF_ENGINEER,
    USER_ANNA,
    USER_ILZE,
    USER_PETERIS,
    demo_id,
)
from services.requests.demo_data import ANTENNA, LINKS, TEXTS, Link
from services.requests.domain import geo, validation
from services.requests.domain.confirmation import case_number
from services.requests.domain.forms import Form
from services.requests.store import cases, forms
from services.requests.store.tables import AttachmentRow, Case
from services.requests.usecases import client_moves, moves, submit

RIGHTS = frozenset({"requests.submit"})
ANNA = Caller(kind="user", user=USER_ANNA, client=CLIENT_RADIO, rights=RIGHTS, name="Anna Kalniņa")
ILZE = Caller(kind="user", user=USER_ILZE, client=CLIENT_WATER, rights=RIGHTS, name="Ilze Liepiņa")
PETERIS = Caller(kind="user", user=USER_PETERIS, client=CLIENT_NATURAL, rights=RIGHTS, name="Pēteris Bērziņš")
ENGINEER = Caller(kind="staff", user=STAFF_ENGINEER, roles=frozenset({"permit_engineer"}), name="Mārtiņš Inženieris")
CLIENTS = {CLIENT_RADIO: 'SIA "Radio Links"', CLIENT_WATER: 'SIA "Pilsūdens"', CLIENT_NATURAL: "Pēteris Bērziņš"}
SHEET = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True)
class Planned:
    """One case of the demo: who submitted it how many days ago, and how far it went."""

    key: str
    who: Caller
    days_ago: int
    steps: tuple[str, ...]
    link: Link | None = None
    topic: str = "question"


PLAN = (
    Planned("overdue", ILZE, 48, ("take",), LINKS[3]),
    Planned("refused", ANNA, 61, ("take", "refuse"), LINKS[2]),
    Planned("question", PETERIS, 30, ("take", "approve"), topic="question"),
    Planned("waiting", ANNA, 12, ("take", "ask_information"), LINKS[1]),
    Planned("review", ANNA, 8, ("take", "ask_information", "answer_information"), LINKS[0]),
    Planned("cancel", ILZE, 5, ("withdraw",), topic="cancel"),
    Planned("new", PETERIS, 1, (), topic="defect"),
)


def load(db: Database) -> str:
    """Add what is missing of the demo and say how much that was."""
    forms.publish(db)
    added = sum(_case(db, planned) for planned in PLAN) + _draft(db)
    return f"{added} requests added" if added else "all there already"


def _known(db: Database, case_id: UUID) -> bool:
    with db.unit_of_work(ANNA) as uow:
        return uow.session.get(Case, case_id) is not None


def link_data(link: Link) -> dict[str, str]:
    """Return a fixed link's form as somebody careful would fill it in."""
    ends = {"a": link.a, "b": link.b}
    data = {
        "permit_kind": "use", "link_name": f"{link.a.name} – {link.b.name}",
        "desired_from": (riga_today() + timedelta(days=45)).isoformat(), "purpose": link.purpose,
        "freq_ab_mhz": link.lower, "freq_ba_mhz": link.upper, "bandwidth_khz": link.khz, "emission": link.emission,
        "modulation": "256QAM", "polarization": "V", "equipment_manufacturer": "Baltijas mikroviļņi",
        "equipment_model": "BM-24",
    }  # fmt: skip
    for side, here, there in (("a", ends["a"], ends["b"]), ("b", ends["b"], ends["a"])):
        azimuth = geo.bearing_deg((here.lat, here.lon), (there.lat, there.lon))
        data |= {
            f"{side}_name": here.name, f"{side}_address": here.address,
            f"{side}_coordinates": f"{here.lat:.4f}, {here.lon:.4f}", f"{side}_ground_elevation_m": str(here.ground),
            f"{side}_azimuth_deg": f"{azimuth:.1f}", **{f"{side}_{name}": value for name, value in ANTENNA.items()},
        }  # fmt: skip
    return data


def _data(planned: Planned) -> tuple[str, dict[str, str]]:
    contact = {"contact_name": planned.who.name, "contact_email": TEXTS["emails"][planned.who.name],
               "contact_phone": "+371 67000000"}  # fmt: skip
    if planned.link is not None:
        return "fixed_link", link_data(planned.link) | contact
    subject, text = TEXTS["applications"][planned.topic].split("|")
    return "free_form", {
        "topic": planned.topic, "subject": subject, "text": text, "answer_by": "portal", **contact,
    }  # fmt: skip


def _open(db: Database, planned_id: UUID, who: Caller, form: Form, data: dict[str, str], at: datetime) -> None:
    with db.unit_of_work(who) as uow:
        case = Case(
            id=planned_id, client_id=who.client, form=form.code, form_version=form.version, status=form.initial,
            ball="client", clock="none", version=1, data=data, started_by=who.user, created_at=at, saved_at=at,
            expires_on=riga_day(at) + timedelta(days=90), contact={}, client_name="",
        )  # fmt: skip
        uow.session.add(case)
        uow.session.flush()
        if form.code == "fixed_link":
            blob = blobs.put_blob(
                uow.session, db.tables, [SHEET], name="datu-lapa.pdf", media_type="application/pdf", max_bytes=10_000
            )
            uow.session.add(
                AttachmentRow(
                    id=demo_id(f"attachment:{planned_id}"), case_id=case.id, blob_id=blob.id, name="datu-lapa.pdf",
                    document="data_sheet", media_type="application/pdf", size=blob.size, received=blob.size,
                    complete=True, sha256=blob.sha256, added_by=who.user, added_by_name=who.name, added_at=at,
                )
            )  # fmt: skip
        uow.audit("requests.draft.start", on=("case", case.id), client=who.client, right="demo")


def _draft(db: Database) -> int:
    draft = demo_id("request:draft")
    if _known(db, draft):
        return 0
    data = link_data(LINKS[4])
    kept = {name: text for name, text in data.items() if not name.startswith(("b_", "freq", "emission", "equipment"))}
    form = forms.get(db, "fixed_link").form
    _open(db, draft, ANNA, form, kept | {"b_name": LINKS[4].b.name, "b_coordinates": "nezinu vēl"}, now())
    return 1


def _case(db: Database, planned: Planned) -> int:
    case_id = demo_id(f"request:{planned.key}")
    if _known(db, case_id):
        return 0
    code, data = _data(planned)
    form, at = forms.get(db, code).form, now() - timedelta(days=planned.days_ago)
    _open(db, case_id, planned.who, form, data, at)
    _submit(db, case_id, planned.who, form, at)
    for number, step in enumerate(planned.steps, start=1):
        moment = min(at + timedelta(days=number, hours=number), now())
        STEPS[step](db, case_id, planned.who, form, moment)
    return 1


def _submit(db: Database, case_id: UUID, who: Caller, form: Form, at: datetime) -> None:
    with db.unit_of_work(who) as uow:
        case = cases.for_change(uow.session, case_id, who.client)
        files = list(uow.session.query(AttachmentRow).filter_by(case_id=case_id))
        checked = validation.check(form, case.data, {f.document for f in files if f.document}, riga_day(at))
        if checked.problems:
            raise ValueError(f"the demo's case {case_id} is wrong: {checked.problems}")
        year = riga_day(at).year
        case.data, case.client_name = dict(checked.clean), CLIENTS[case.client_id]
        case.case_no = case_number(year, cases.next_number(uow.session, year))
        case.submitted_at, case.expires_on = at, None
        case.summary = case.data.get("link_name") or case.data["subject"]
        case.contact = submit.contact(case, who)
        case.search = submit.search_text(case, form)
        for each in files:
            each.sent_at = at
        moves.confirm(uow, case, "submission", data=case.data, files=files, statement=form.declaration, moment=at)
        moves.move(uow, case, form, "submit", moment=at, attachments=[f.id for f in files])
        uow.audit("requests.case.submit", on=("case", case.id), client=case.client_id, right="demo")


def _staff(action: str, **changes: str) -> Callable[[Database, UUID, Caller, Form, datetime], None]:
    text = TEXTS["decisions"].get(action, "")

    def step(db: Database, case_id: UUID, _: Caller, form: Form, at: datetime) -> None:
        with db.unit_of_work(ENGINEER) as uow:
            case = cases.for_change(uow.session, case_id, None)
            moves.move(uow, case, form, action, text=text, moment=at)
            case.assignee, case.assignee_name = STAFF_ENGINEER, ENGINEER.name
            for name in changes:
                setattr(case, name, text)
            if action in ("approve", "refuse"):
                case.decided_by, case.decided_at = STAFF_ENGINEER, at
            uow.audit(f"requests.case.{action}", on=("case", case.id), client=case.client_id, right="demo")

    return step


def _answer(db: Database, case_id: UUID, who: Caller, form: Form, at: datetime) -> None:
    text = TEXTS["decisions"]["answer_information"]
    with db.unit_of_work(who) as uow:
        case = cases.for_change(uow.session, case_id, who.client)
        moves.move(uow, case, form, "answer_information", text=text, moment=at)
        content = {"question": case.question or "", "answer": text}
        moves.confirm(uow, case, "answer", data=content, files=(), statement=client_moves.ANSWER, moment=at)
        case.question = None
        uow.audit("requests.case.answer", on=("case", case.id), client=case.client_id, right="demo")


def _withdraw(db: Database, case_id: UUID, who: Caller, form: Form, at: datetime) -> None:
    with db.unit_of_work(who) as uow:
        case = cases.for_change(uow.session, case_id, who.client)
        moves.move(uow, case, form, "withdraw", text="", moment=at)
        moves.confirm(
            uow, case, "withdrawal", data={"reason": ""}, files=(), statement=client_moves.WITHDRAWAL, moment=at
        )
        uow.audit("requests.case.withdraw", on=("case", case.id), client=case.client_id, right="demo")


STEPS: dict[str, Callable[[Database, UUID, Caller, Form, datetime], None]] = {
    "take": _staff("take"),
    "ask_information": _staff("ask_information", question="text"),
    "approve": _staff("approve", conditions="text"),
    "refuse": _staff("refuse", refusal_reason="text"),
    "answer_information": _answer,
    "withdraw": _withdraw,
}
