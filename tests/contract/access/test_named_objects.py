"""Rights for named permits and contracts, in every service: what was not named is not there, nowhere (B-03).

A fresh person is let in by the main user for one permit and its money, or for one contract; then calls and addresses
are tried with objects inside and outside. Days before and after, several clients, a right ended in mid-session follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.bus import Bus
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.messages import Request
from services.billing import messages as billing
from services.identity import messages as identity
from services.metering import messages as metering
from services.notifications import messages as notifications
from services.permits import messages as permits
from services.requests import messages as requests_
from tests import stack
from tests.contract.access import cast
from tests.journeys.api_client import Api, eventually, fresh_key
from tests.journeys.objects import Maker
from tests.journeys.people import ANNA, ILZE, JURIS, SERVICE, Person

RIGHTS = ("permits.see", "finance.see", "finance.pay", "requests.submit")


@dataclass
class Guest:
    """Somebody with an account of their own, signed in without a password by the door tests use."""

    person: Person
    secret: str

    def token(self) -> str:
        return cast.bus().call(identity.ResolveSession(secret=self.secret)).token

    def ask(self, request: Request[Any]) -> Any:
        return cast.bus().call(request, token=self.token())

    def code(self, request: Request[Any], token: str | None = None) -> str:
        try:
            cast.bus().call(request, token=token or self.token())
        except PortalError as error:
            return error.code
        return "ok"

    def api(self, base: str) -> Api:
        return Api(base, self.secret, who=self.person.name)


@pytest.fixture
def newcomer(base: str) -> Callable[[], Guest]:
    """Make an active account with a password and the terms accepted, acting for nobody yet."""

    def make() -> Guest:
        email = f"guest-{uuid.uuid4().hex[:12]}@example.com"
        engine = sa.create_engine(stack.database_url("identity"))
        with engine.begin() as connection:
            known = sa.text("SELECT * FROM users WHERE email = :email")
            juris = connection.execute(known, {"email": JURIS.email}).one()
            columns = {**juris._mapping, "id": uuid.uuid4(), "email": email, "email_key": email, "name": "Viesis Ozols"}
            names = ", ".join(columns)
            values = ", ".join(f":{name}" for name in columns)
            connection.execute(sa.text(f"INSERT INTO users ({names}) VALUES ({values})"), columns)
            connection.execute(
                sa.text("INSERT INTO passwords (user_id, hash, changed_at) SELECT :new, hash, now() FROM passwords "
                        "WHERE user_id = :old"), {"new": columns["id"], "old": juris.id},
            )  # fmt: skip
        engine.dispose()
        person = Person("guest", email)
        return Guest(person, str(Api.signed_in(base, person).secret))

    return make


@pytest.fixture(scope="session")
def two_permits(maker: Maker) -> tuple[Any, Any]:
    """Two of Anna's permits with an invoice each: one to be named, one not."""
    found: dict[Any, Any] = {}
    for invoice in maker.unpaid(3):
        lines = maker.ask(ANNA, billing.GetInvoice(invoice_id=invoice.invoice_id)).lines
        ids = {line.permit_id for line in lines}
        if len(ids) == 1 and None not in ids:
            found.setdefault(ids.pop(), invoice.invoice_id)
    if len(found) < 2:
        maker.approved(2 - len(found))
        for row in maker.ask(ANNA, billing.ListInvoices(sort="-issued", limit=100)).items:
            ids = {line.permit_id for line in maker.ask(ANNA, billing.GetInvoice(invoice_id=row.invoice_id)).lines}
            if len(ids) == 1 and None not in ids:
                found.setdefault(ids.pop(), row.invoice_id)
    first, second = list(found.items())[:2]
    return first, second


def _rights(kind: str, object_id: Any, *names: str) -> list[dict[str, Any]]:
    return [{"right": name, "objects": [{"kind": kind, "object_id": str(object_id)}]} for name in names]


def _let_in(api: Api, guest: Guest, rights: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    body = {"email": guest.person.email, "name": "Viesis Ozols", "rights": rights} | more
    made: dict[str, Any] = api.post("/client/users", body, key=fresh_key())
    return made


@pytest.mark.requirement("B-03", "S3-09", "S3-10")
def test_a_right_for_one_permit_reaches_that_permit_and_nothing_else(
    base: str, api: Callable[[Person], Api], newcomer: Callable[[], Guest], two_permits: tuple[Any, Any], maker: Maker
) -> None:
    (mine, my_invoice), (other, other_invoice) = two_permits
    guest = newcomer()
    _let_in(api(ANNA), guest, _rights("permit", mine, *RIGHTS))
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))

    assert [one.permit_id for one in guest.ask(permits.ListPermits(with_total=True)).items] == [mine]
    assert guest.ask(permits.ListPermits(with_total=True)).total == 1
    assert guest.ask(permits.GetPermitCounts()).total == 1
    number = guest.ask(permits.GetPermit(permit_id=mine)).permit_no
    foreign = maker.ask(ANNA, permits.GetPermit(permit_id=other)).permit_no
    for request in (
        permits.GetPermit(permit_id=other), permits.GetPermit(permit_no=foreign), permits.ListStations(permit_id=other),
        permits.ListAssignments(permit_id=other), permits.ExportPermit(permit_id=other),
        billing.GetInvoice(invoice_id=other_invoice), billing.InvoicePdf(invoice_id=other_invoice),
        billing.StartPayment(parts=[billing.PaymentPart(invoice_id=other_invoice)]),
        requests_.StartDraft(form="free_form", permit_id=other),
    ):  # fmt: skip
        assert guest.code(request) == "not_found", request
    for kind in ("csv", "geojson"):
        text = guest.ask(permits.ExportPermits(format=kind)).text
        assert foreign not in text and (kind == "geojson" or number in text)

    listed = guest.ask(billing.ListInvoices(limit=100)).items
    assert my_invoice in {one.invoice_id for one in listed}
    for one in listed:
        assert {line.permit_id for line in guest.ask(billing.GetInvoice(invoice_id=one.invoice_id)).lines} == {mine}
    assert guest.ask(billing.ListInvoices(search=foreign)).items == []
    balance = guest.ask(billing.Balance())
    open_ones = [one for one in listed if one.open]
    assert (balance.owed, balance.open_count) == (sum(one.open for one in open_ones), len(open_ones))
    assert balance.overpaid == 0

    assert guest.code(requests_.StartDraft(form="free_form")) == "requests.about_required"
    draft = guest.ask(requests_.StartDraft(form="free_form", permit_id=mine))
    assert draft.about.number == number
    assert [one.case_id for one in guest.ask(requests_.ListDrafts()).items] == [draft.case_id]
    for case in guest.ask(requests_.ListCases()).items:
        assert mine in (case.permit_id, case.about.object_id if case.about else None)

    # A page, an export and a list over HTTP say the same.
    http = guest.api(base)
    assert http.send("GET", f"/permits/{mine}").status_code == 200
    assert http.send("GET", f"/permits/{other}").status_code == 404
    assert http.send("GET", f"/invoices/{other_invoice}").status_code == 404
    # What was not given at all stays closed.
    assert guest.code(identity.ListClientUsers()) == "forbidden"
    assert guest.code(metering.SubmitReading(meter_id=uuid.uuid4(), value="1")) == "forbidden"


@pytest.mark.requirement("B-03")
def test_messages_about_other_permits_are_not_seen(
    api: Callable[[Person], Api], base: str, newcomer: Callable[[], Guest], maker: Maker
) -> None:
    maker.approved(2)
    permits_ = {one.permit_id: one.permit_no for one in maker.ask(ANNA, permits.ListPermits(limit=100)).items}
    texts = [m.subject + m.body for m in eventually(
        "messages of both permits", lambda: [m for m in maker.ask(ANNA, notifications.ListMessages(limit=50)).items
                                             if m.kind == "case_completed"][:2] or None, seconds=60)]  # fmt: skip
    about = [permit_id for permit_id, number in permits_.items() if any(number in text for text in texts)]
    assert len(about) >= 2, "two messages about two permits"
    guest = newcomer()
    _let_in(api(ANNA), guest, _rights("permit", about[0], *RIGHTS))
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))
    seen = guest.ask(notifications.ListMessages(limit=100)).items
    mine = [one for one in seen if not one.kind.startswith("representation")]
    assert mine, "the message about the named permit"
    others = [number for permit_id, number in permits_.items() if permit_id != about[0]]
    for one in mine:
        assert not any(number in one.subject + one.body for number in others), one.subject


@pytest.mark.requirement("B-03", "S3-10")
def test_a_right_for_one_contract_reaches_its_meters_and_no_other(
    base: str, api: Callable[[Person], Api], newcomer: Callable[[], Guest], maker: Maker
) -> None:
    contracts = maker.ask(ILZE, metering.ListContracts()).items
    assert len(contracts) >= 2, "the demo's water utility has several contracts"
    mine, other = contracts[0].contract_id, contracts[1].contract_id
    foreign = maker.ask(ILZE, metering.GetContract(contract_id=other)).meters[0].meter_id
    guest = newcomer()
    _let_in(api(ILZE), guest, _rights("contract", mine, "readings.submit", "finance.see"))
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))
    assert [one.contract_id for one in guest.ask(metering.ListContracts()).items] == [mine]
    assert guest.ask(metering.GetContract(contract_id=mine)).contract_id == mine
    for request in (
        metering.GetContract(contract_id=other), metering.ListReadings(meter_id=foreign),
        metering.SubmitReading(meter_id=foreign, value="99999", confirmed=True),
    ):  # fmt: skip
        assert guest.code(request) == "not_found", request
    assert guest.ask(billing.ListInvoices()).items == []
    assert guest.code(permits.ListPermits()) == "forbidden"


@pytest.mark.requirement("B-03", "S1-05")
@pytest.mark.parametrize(("first", "last", "holds"), [(-9, -1, False), (1, 9, False), (0, 0, True), (-9, 9, True)])
def test_rights_hold_on_their_days_only(
    base: str, api: Callable[[Person], Api], newcomer: Callable[[], Guest], two_permits: tuple[Any, Any],
    first: int, last: int, holds: bool,
) -> None:  # fmt: skip
    today = riga_today()
    guest = newcomer()
    client = api(ANNA).client_id
    api(SERVICE).post(
        f"/staff/clients/{client}/representations",
        {
            "email": guest.person.email, "name": "Viesis Ozols", "ground": "Pilnvara Nr. 7",
            "rights": [{"right": "finance.see"}, *_rights("permit", two_permits[0][0], "permits.see")],
            "valid_from": (today + timedelta(days=first)).isoformat(),
            "valid_to": (today + timedelta(days=last)).isoformat(),
        },
        key=fresh_key(),
    )  # fmt: skip
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))
    wanted = "ok" if holds else "forbidden"
    for request in (permits.ListPermits(), billing.ListInvoices(), billing.Balance()):
        assert guest.code(request) == wanted, request


@pytest.mark.requirement("S1-21", "S3-36", "B-03")
def test_an_ended_right_is_refused_everywhere_in_an_open_session_even_with_the_old_token(
    base: str, api: Callable[[Person], Api], newcomer: Callable[[], Guest], two_permits: tuple[Any, Any]
) -> None:
    guest = newcomer()
    rights = [{"right": name} for name in RIGHTS]
    held = _let_in(api(ANNA), guest, rights)
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))
    old = guest.token()
    asked = (permits.ListPermits(), billing.Balance(), requests_.CountCases(), notifications.GetPreferences())
    assert {guest.code(request, old) for request in asked} == {"ok"}
    http = guest.api(base)
    assert http.send("GET", "/permits").status_code == 200
    # Narrowed first: the old token, which says more, is worth nothing from now on.
    change = {"version": held["version"], "rights": _rights("permit", two_permits[0][0], "permits.see")}
    held = api(ANNA).put(f"/client/users/{held['representation_id']}", change)
    for request in asked:
        eventually(f"{request} refuses the old token", lambda r=request: guest.code(r, old) == "unauthenticated", 60)
    assert guest.code(permits.ListPermits()) == "ok"
    assert guest.code(billing.Balance()) == "forbidden"
    eventually("the gateway knows", lambda: http.send("GET", "/invoices").status_code == 403, 60)
    narrow = guest.token()
    api(ANNA).post(f"/client/users/{held['representation_id']}/end", {"reason": "client_request"})
    eventually("permits refuses", lambda: guest.code(permits.ListPermits(), narrow) == "unauthenticated", 60)
    assert guest.code(permits.ListPermits()) == "forbidden"
    eventually("the gateway knows", lambda: http.send("GET", "/permits").status_code == 403, 60)


@pytest.mark.requirement("S0-18", "S1-05", "B-03")
def test_a_right_for_one_client_is_worth_nothing_for_another(
    base: str, api: Callable[[Person], Api], newcomer: Callable[[], Guest], two_permits: tuple[Any, Any]
) -> None:
    """One person, a legal and another legal client: what was given by one does not open the other's."""
    guest = newcomer()
    _let_in(api(ANNA), guest, _rights("permit", two_permits[0][0], "permits.see", "finance.see"))
    _let_in(api(ILZE), guest, [{"right": "readings.submit"}])
    guest = Guest(guest.person, str(Api.signed_in(base, guest.person).secret))
    for mine, other in ((ANNA, ILZE), (ILZE, ANNA)):
        chosen = guest.ask(identity.ChooseClient(client_id=uuid.UUID(api(mine).client_id)))
        guest.secret = chosen.secret
        sees = [guest.code(permits.ListPermits()), guest.code(metering.ListContracts())]
        # Anna's client has no contract, whatever rights somebody has for it.
        assert sees == (["ok", "not_entitled"] if mine is ANNA else ["forbidden", "ok"])
        foreign = permits.ListPermits(client_id=uuid.UUID(api(other).client_id))
        assert guest.code(foreign) == ("not_found" if mine is ANNA else "forbidden")
        assert mine is ANNA or guest.ask(metering.ListContracts()).items


@pytest.mark.requirement("S3-09", "S3-11", "B-03")
def test_what_a_main_user_cannot_give(
    api: Callable[[Person], Api], newcomer: Callable[[], Guest], maker: Maker
) -> None:
    guest = newcomer()
    contract = maker.ask(ILZE, metering.ListContracts()).items[0]
    whole = [{"right": "permits.see"}]
    for body, code in (
        ({"rights": [{"right": "users.manage"}]}, "identity.right_main_only"),
        ({"rights": [{"right": "contracts.conclude"}]}, "identity.right_main_only"),
        ({"rights": _rights("contract", contract.contract_id, "permits.see")}, "identity.object_unknown"),
        ({"rights": _rights("permit", uuid.uuid4(), "permits.see")}, "identity.object_unknown"),
        ({"rights": [*whole, *whole]}, "identity.right_twice"),
        ({"rights": whole, "valid_to": (riga_today() - timedelta(days=1)).isoformat()}, None),
        ({"rights": whole, "email": "engineer@portal.example"}, "identity.email_not_usable"),
        ({"rights": whole, "email": "not an address"}, "identity.email_malformed"),
        ({"rights": [{"right": "permits.see", "objects": []}]}, None),
        ({"rights": _many(101)}, "identity.too_many_objects"),
    ):  # fmt: skip
        sent = {"email": guest.person.email, "name": "Viesis Ozols"} | body
        answer = api(ANNA).send("POST", "/client/users", json=sent, headers={"Idempotency-Key": fresh_key()})
        assert answer.status_code == 422, (body, answer.text)
        problem = answer.json()
        codes = {problem["code"], *(one["code"] for one in problem.get("errors", []))}
        assert code is None or code in codes, (body, problem)
    # An additional user gives nothing to anybody.
    sent = {"email": guest.person.email, "name": "Viesis Ozols", "rights": whole}
    answer = api(JURIS).send("POST", "/client/users", json=sent, headers={"Idempotency-Key": fresh_key()})
    assert answer.status_code == 403


def _many(count: int) -> list[dict[str, Any]]:
    objects = [{"kind": "permit", "object_id": str(uuid.uuid4())} for _ in range(count)]
    return [{"right": "permits.see", "objects": objects}]


def test_the_bus_of_these_tests_has_no_identity_of_its_own() -> None:
    assert isinstance(cast.bus(), Bus)
