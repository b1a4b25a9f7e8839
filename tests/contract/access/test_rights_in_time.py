"""Rights before, on and after their days, over every service; and how soon one that is taken away is gone everywhere.

One client has something in each of the six services. People are let in for other days, and one loses everything while
signed in: with the token they had, with a new one, and in every process of the gateway.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

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
from tests.journeys.api_client import Api, eventually
from tests.journeys.lives import Life, living
from tests.journeys.newcomers import Newcomers
from tests.journeys.newcomers import newcomers as make_newcomers
from tests.journeys.people import SERVICE, Person

SUBJECT = "Par to, kas ir klientam"
SERVICES = ("identity", "permits", "billing", "metering", "requests", "notifications")
PATHS = ("/permits", "/invoices", "/contracts", "/requests", "/client/users")  # below /api/v1


@pytest.fixture(scope="module")
def newcomers() -> Iterator[Newcomers]:
    with make_newcomers() as made:
        yield made


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    """A client with a permit, an invoice, a contract with readings, and a message, whom nobody else uses."""
    with living() as made:
        engine = sa.create_engine(stack.database_url("notifications"))
        with engine.begin() as connection:
            connection.execute(
                sa.text("""
                    INSERT INTO messages (id, kind, client_id, "right", language, subject, body, html, sms, created_at)
                    VALUES (:id, 'invoice_issued', :client, 'finance.see', 'lv', :subject, 'Teksts', '', '', now())
                """),
                {"id": uuid.uuid4(), "client": made.client_id, "subject": SUBJECT},
            )
        engine.dispose()
        yield made


def _looks(life: Life) -> dict[str, tuple[Request[Any], Callable[[Any], bool]]]:
    """For each service: what is asked, and whether the answer shows what is the client's."""
    return {
        "identity": (identity.GetClient(), lambda found: found.client_id == life.client_id),
        "permits": (permits.ListPermits(), lambda found: life.permit_no in {one.permit_no for one in found.items}),
        "billing": (billing.ListInvoices(), lambda found: life.invoice_no in {one.number for one in found.items}),
        "metering": (
            metering.ListContracts(), lambda found: life.contract_no in {one.contract_no for one in found.items}
        ),
        "requests": (requests_.ListCases(), lambda found: found.items == []),
        "notifications": (
            notifications.ListMessages(), lambda found: SUBJECT in {one.subject for one in found.items}
        ),
    }  # fmt: skip


def _sees(life: Life, token: str) -> set[str]:
    """The services in which a token shows anything of the client's."""

    def look(name: str) -> bool:
        asked, shows = _looks(life)[name]
        try:
            return shows(cast.bus().call(asked, token=token))
        except PortalError as error:
            assert error.status in (401, 403, 404), (name, error)
            return False

    return {name for name in SERVICES if look(name)}


def _token(secret: str) -> str:
    return str(cast.bus().call(identity.ResolveSession(secret=secret)).token)


@pytest.mark.requirement("S1-05", "B-03")
@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [(-9, -1, False), (1, 9, False), (0, 0, True), (-9, None, True), (1, None, False)],
    ids=["over", "to come", "today", "since some days", "to come without end"],
)
def test_every_service_keeps_to_the_days_of_a_right(
    life: Life, newcomers: Newcomers, base: str, first: int, last: int | None, holds: bool
) -> None:
    def day(number: int | None) -> date | None:
        return None if number is None else riga_today() + timedelta(days=number)

    person = newcomers.user("Dienu Skaitītāja")
    newcomers.represents(person, life.client_id, valid_from=day(first), valid_to=day(last))
    http = Api.signed_in(base, person)
    token = _token(str(http.secret))
    assert _sees(life, token) == (set(SERVICES) if holds else set())
    for path in PATHS:
        assert http.send("GET", path).status_code == (200 if holds else 403), path
    # Money and papers, too: what changes something is refused before it looks at what is asked.
    unknown = uuid.uuid4()
    for asked in (
        billing.StartPayment(parts=[billing.PaymentPart(invoice_id=unknown)]),
        metering.SubmitReading(meter_id=unknown, value="1"), requests_.StartDraft(form="free_form", permit_id=unknown),
        identity.EndRepresentation(representation_id=unknown, reason="client_request"),
    ):  # fmt: skip
        with pytest.raises(PortalError) as refused:
            cast.bus().call(asked, token=token)
        assert refused.value.status == (404 if holds else 403), asked


@pytest.mark.requirement("S1-05", "S3-10", "S3-11")
@pytest.mark.parametrize(
    ("right", "opens"),
    [
        ("permits.see", {"permits"}), ("finance.see", {"billing", "metering", "notifications"}),
        ("finance.pay", set()), ("requests.submit", {"requests"}), ("readings.submit", {"metering"}),
    ],
)  # fmt: skip
def test_one_right_opens_its_own_service_and_no_other(
    life: Life, newcomers: Newcomers, base: str, right: str, opens: set[str]
) -> None:
    person = newcomers.user("Vienas Tiesības")
    newcomers.represents(person, life.client_id, role="additional", rights=(right,))
    assert _sees(life, _token(str(Api.signed_in(base, person).secret))) == opens | {"identity"}


@pytest.mark.requirement("S1-21", "S3-36", "B-03")
def test_a_right_taken_away_in_mid_session_is_gone_everywhere_within_a_second(
    life: Life, newcomers: Newcomers, base: str, api: Callable[[Person], Api], record_property: Callable[..., None]
) -> None:
    """The seconds are written down and printed; what is demanded here is that it happens, however busy the machine."""
    person = newcomers.user("Uz Laiku")
    held = newcomers.represents(person, life.client_id)
    http = Api.signed_in(base, person)
    old = _token(str(http.secret))
    assert _sees(life, old) == set(SERVICES)
    for path in PATHS:
        assert {http.send("GET", path).status_code for _ in range(8)} == {200}, "known to every worker"

    clerk = api(SERVICE)
    since: list[float] = []

    def until_refused(name: str) -> float:
        asked = _looks(life)[name][0]

        def refused() -> bool:
            try:
                cast.bus().call(asked, token=old)
            except PortalError as error:
                return error.code == "unauthenticated"
            return False

        eventually(f"{name} refuses the token", refused, 60)
        return time.monotonic() - since[0]

    def until_closed(path: str) -> float:
        mine = Api(base, str(http.secret))

        def closed() -> bool:
            return {mine.send("GET", path).status_code for _ in range(8)} == {403}

        eventually(f"{path} is closed in every worker", closed, 60)
        return time.monotonic() - since[0]

    with ThreadPoolExecutor(len(SERVICES) + len(PATHS)) as pool:
        clerk.post(f"/staff/representations/{held}/end", {"reason": "client_request"})
        since.append(time.monotonic())
        works = {f"{name} on the bus": pool.submit(until_refused, name) for name in SERVICES}
        works |= {f"{path} in the gateway": pool.submit(until_closed, path) for path in PATHS}
        seconds = {name: round(work.result(), 3) for name, work in works.items()}
    print(f"a right is gone after: {seconds}")
    record_property("seconds until a right is gone", seconds)
    assert _sees(life, _token(str(http.secret))) == set(), "nor does a new token show anything"
