"""Becoming a user, on a database of its own: counted attempts, races, what lapses, what the table itself refuses."""

from __future__ import annotations

import base64
import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.identity.messages import (
    AppendOriginal,
    ApplicationData,
    ApplicationReceipt,
    ApproveApplication,
    FindApplication,
    GetApplication,
    GetJoining,
    RefuseApplication,
    Register,
    StartOriginal,
    SubmitApplication,
)
from services.identity.store import clients, tables
from services.identity.tools import Tools
from services.identity.usecases import (
    application_originals,
    application_review,
    applications,
    joining,
    lapsing,
    registering,
)
from services.metering.messages import FindContracts, FoundContract, FoundContracts
from tests.integration.identity.conftest import NOBODY, People, code_of, events

CLERK = Caller(kind="staff", user=uuid.UUID(int=5), roles=frozenset({"customer_service"}), name="Laura")
DECLARED = ["terms", "data_true", "legal_basis", "processing"]


class Contracts:
    """Metering as far as identity asks it: contracts by number."""

    def __init__(self) -> None:
        self.of: dict[str, uuid.UUID] = {}
        self.asked = 0

    def call(self, request: FindContracts, **_: Any) -> FoundContracts:
        self.asked += 1
        client = self.of.get(str(request.contract_no))
        if client is None:
            return FoundContracts(items=[])
        one = FoundContract(
            contract_id=uuid.uuid4(), contract_no=str(request.contract_no), client_id=client, in_force=True
        )
        return FoundContracts(items=[one])


@pytest.fixture
def contracts() -> Contracts:
    return Contracts()


@pytest.fixture
def terms(db: Database) -> uuid.UUID:
    with db.unit_of_work(NOBODY) as unit:
        found = unit.session.scalar(sa.select(tables.Terms.id).where(tables.Terms.audience == "customer"))
        if found is None:
            found = uuid.uuid4()
            unit.session.add(
                tables.Terms(id=found, audience="customer", title="Noteikumi", text="...", text_sha256="0" * 64,
                             approved_on=riga_today(), valid_from=riga_today() - timedelta(days=9))
            )  # fmt: skip
    return found


def open_to(tools: Tools, **changed: Any) -> Tools:
    known = {"registration": "all", "registration_answer_ms": 0} | changed
    return dataclasses.replace(tools, settings=tools.settings.model_copy(update=known))


def person(people: People, contracts: Contracts, name: str = "Līga Ābele") -> tuple[uuid.UUID, str, str]:
    """A client in the register with a contract; return id, personal code and contract number."""
    code, number = f"32{uuid.uuid4().int % 10**9:09d}", f"L-{uuid.uuid4().hex[:8]}"
    client = people.client(name, kind="natural", person_code=code)
    with people.db.unit_of_work(NOBODY) as unit:
        clients.add_codes(unit.session, {("person_code", code): client})
    contracts.of[number] = client
    return client, code, number


def register(db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, **said: Any) -> str:
    asked = {"kind": "natural", "user_name": "Līga Ābele", "email": f"{uuid.uuid4().hex}@x.example",
             "terms_id": terms, "declared": DECLARED, "address": f"10.1.{uuid.uuid4().int % 250}.9"} | said  # fmt: skip
    return registering.run(db, contracts, tools, Register.model_validate(asked), NOBODY).email  # type: ignore[arg-type]


def test_nobody_registers_where_it_is_switched_off(
    db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, people: People
) -> None:
    assert joining.get(db, tools).registration == "off", "off unless the operator says otherwise (C5)"
    _, code, number = person(people, contracts)
    said = {"person_code": code, "contract_no": number}
    assert code_of(lambda: register(db, tools, contracts, terms, **said)) == "identity.registration_off"
    natural = open_to(tools, registration="natural")
    legal = {"kind": "legal", "client_name": "x", "reg_no": "40003032949", "contract_no": number}
    assert code_of(lambda: register(db, natural, contracts, terms, **legal)) == "identity.registration_off"
    assert register(db, natural, contracts, terms, **said)


def test_attempts_from_one_address_are_counted_good_or_bad(
    db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, people: People
) -> None:
    few, address = open_to(tools, registrations_per_address=3), f"192.0.2.{uuid.uuid4().int % 250}-{uuid.uuid4()}"
    _, code, number = person(people, contracts)
    right = {"person_code": code, "contract_no": number, "address": address}
    assert register(db, few, contracts, terms, **right)
    wrong = {"person_code": "32000000001", "contract_no": "none", "address": address}
    for _ in range(2):
        assert code_of(lambda: register(db, few, contracts, terms, **wrong)) == "identity.registration_refused"
    with pytest.raises(PortalError) as closed:
        register(db, few, contracts, terms, **wrong)
    assert closed.value.code == "too_many" and int(closed.value.params["retry_after"]) > 3000
    assert register(db, few, contracts, terms, **right | {"address": "192.0.2.250"}), "others are not shut out"


def test_guesses_about_one_client_run_out_and_forgive_nothing(
    db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, people: People
) -> None:
    free = open_to(tools)
    client, code, number = person(people, contracts)

    def guess(n: int) -> str:
        return code_of(lambda: register(db, free, contracts, terms, person_code=code, contract_no=f"guess-{n}"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(12))) == {"identity.registration_refused"}
    right = {"person_code": code, "contract_no": number}
    assert code_of(lambda: register(db, free, contracts, terms, **right)) == "identity.registration_refused"
    assert events(db, "identity.representation.granted", client) == []


@pytest.mark.requirement("S3-20", "B-01")
def test_every_refusal_takes_the_same_steps(
    db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, people: People
) -> None:
    """So that nothing shows even where they take longer than the moment all are answered at."""
    tools = open_to(tools)
    _, code, number = person(people, contracts)
    _, other, foreign = person(people, contracts, "Ilze Ozola")
    nobodys = f"32{uuid.uuid4().int % 10**9:09d}"
    attempts: dict[str, dict[str, Any]] = {
        "nobody at all": {"person_code": nobodys, "contract_no": "L-none"},
        "another name": {"person_code": code, "contract_no": number, "user_name": "Cita Persona"},
        "no such contract": {"person_code": code, "contract_no": "L-none"},
        "another's contract": {"person_code": code, "contract_no": foreign},
        "another's code": {"person_code": other, "contract_no": number},
    }
    steps: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        steps.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    taken: dict[str, tuple[int, list[str]]] = {}
    for what, said in attempts.items():
        steps.clear()
        contracts.asked = 0
        assert code_of(lambda said=said: register(db, tools, contracts, terms, **said)) == (
            "identity.registration_refused"
        ), what
        taken[what] = contracts.asked, list(steps)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    first = taken["nobody at all"]
    assert first[0] == 1 and len(first[1]) > 5
    assert {what: (asked, [one for one in done if one not in first[1]], len(done) - len(first[1]))
            for what, (asked, done) in taken.items()} == dict.fromkeys(taken, (1, [], 0))  # fmt: skip


def test_two_who_register_at_once_leave_one_main_user(
    db: Database, tools: Tools, contracts: Contracts, terms: uuid.UUID, people: People
) -> None:
    free = open_to(tools)
    client, code, number = person(people, contracts)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(register, db, free, contracts, terms, person_code=code, contract_no=number)
                for _ in range(4)]  # fmt: skip
    for job in jobs:
        job.exception()
    held = sa.select(sa.func.count()).where(
        tables.Representation.client_id == client, tables.Representation.ended_at.is_(None)
    )
    with db.reading() as connection:
        assert connection.scalar(held) == 1


def application(db: Database, tools: Tools, terms: uuid.UUID, **said: Any) -> ApplicationReceipt:
    data = {"client_kind": "natural", "resident": False, "client_name": "John Doe", "client_address": "Oslo",
            "client_email": "john@x.example", "client_phone": "+4722000000", "user_name": "John Doe",
            "user_email": f"{uuid.uuid4().hex}@x.example", "password_wanted": True, "role": "main"} | said  # fmt: skip
    request = SubmitApplication(data=ApplicationData.model_validate(data), terms_id=terms, declared=DECLARED)
    return applications.submit(db, tools, request, NOBODY)


def receive(db: Database, tools: Tools, application_id: uuid.UUID) -> None:
    started = application_originals.start(
        db, tools,
        StartOriginal(application_id=application_id, channel="paper", received_on=riga_today(), name="a.pdf", size=8),
        CLERK,
    )  # fmt: skip
    data = base64.b64encode(b"%PDF-1.7").decode()
    application_originals.append(db, AppendOriginal(original_id=started.original_id, offset=0, data=data), CLERK)


def test_the_code_of_an_application_is_kept_nowhere(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    key = uuid.uuid4().hex
    request = SubmitApplication(
        data=ApplicationData.model_validate(
            {"client_kind": "natural", "resident": False, "client_name": "J", "client_address": "O",
             "client_email": "j@x.example", "client_phone": "+4722000000", "user_name": "J",
             "user_email": "j@x.example", "password_wanted": True, "role": "main"}
        ),
        terms_id=terms, declared=DECLARED, idempotency_key=key,
    )  # fmt: skip
    first, again = (applications.submit(db, tools, request, NOBODY) for _ in range(2))
    assert first == again and len(first.code) == 11
    assert applications.find(db, tools, FindApplication(number=first.number, code=first.code), NOBODY)
    with db.reading() as connection:
        for table in ("access_applications", "idempotency", "outbox"):
            rows = connection.execute(sa.text(f"SELECT t::text FROM {table} t")).scalars().all()
            whole = " ".join(rows) + " ".join(
                bytes.fromhex(part[2:]).decode("utf-8", "replace")
                for row in rows for part in row.replace('"', " ").replace(",", " ").split() if part.startswith("\\x")
            )  # fmt: skip
            assert first.code not in whole, table


def test_wrong_codes_run_out_for_the_guesser_alone(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    made = application(db, tools, terms)
    wrong = FindApplication(number=made.number, code="AAAAA-AAAAA", address=str(uuid.uuid4()))
    codes = [code_of(lambda: applications.find(db, tools, wrong, NOBODY)) for _ in range(11)]
    assert codes == ["identity.application_unknown"] * 10 + ["too_many"]
    right = FindApplication(number=made.number, code=made.code, address="198.51.100.7")
    assert applications.find(db, tools, right, NOBODY).number == made.number


def test_two_clerks_approve_once_and_the_table_knows_the_rule(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    made = application(db, tools, terms)
    receive(db, tools, made.application_id)
    seen = application_review.get(db, tools, GetApplication(application_id=made.application_id), CLERK)
    asked = ApproveApplication(application_id=made.application_id, version=seen.version, checked=True)

    def approve(_: int) -> str:
        try:
            return application_review.approve(db, tools, asked, CLERK).state
        except PortalError as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, range(2))) == ["approved", "stale"]
    unsigned = application(db, tools, terms)
    with pytest.raises(sa.exc.IntegrityError), db.unit_of_work(CLERK) as unit:
        unit.session.execute(
            sa.text("UPDATE access_applications SET state = 'approved' WHERE id = :id"), {"id": unsigned.application_id}
        )


def test_what_was_never_signed_lapses_and_the_applicant_is_told(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    old, young, signed = (application(db, tools, terms) for _ in range(3))
    receive(db, tools, signed.application_id)
    long_ago = now() - timedelta(days=tools.settings.application_days + 2)
    with db.unit_of_work(CLERK) as unit:
        unit.session.execute(
            sa.text("UPDATE access_applications SET submitted_at = :at WHERE id = ANY(:ids)"),
            {"at": long_ago, "ids": [old.application_id, signed.application_id]},
        )
    assert lapsing.run(db, tools, CLERK) == 1 and lapsing.run(db, tools, CLERK) == 0
    states = [
        application_review.get(db, tools, GetApplication(application_id=one.application_id), CLERK).state
        for one in (old, young, signed)
    ]
    assert states == ["lapsed", "submitted", "signed"]
    (told,) = events(db, "identity.application.lapsed", old.application_id)
    assert told["email"] == "john@x.example"


def test_what_led_to_nothing_is_forgotten_in_time_with_its_files(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    gone, kept = application(db, tools, terms), application(db, tools, terms)
    receive(db, tools, gone.application_id)
    for one, version in ((gone, 2), (kept, 1)):
        refusal = RefuseApplication(application_id=one.application_id, version=version, reason="Nav paraksta.")
        application_review.refuse(db, tools, refusal, CLERK)
    with db.unit_of_work(CLERK) as unit:
        unit.session.execute(
            sa.text("UPDATE access_applications SET decided_at = :at WHERE id = :id"),
            {"at": now() - timedelta(days=tools.settings.application_keep_days + 1), "id": gone.application_id},
        )
        of_it = sa.text("SELECT blob_id FROM application_originals WHERE application_id = :id")
        blob = unit.session.scalar(of_it, {"id": gone.application_id})
    lapsing.run(db, tools, CLERK)
    asked = GetApplication(application_id=gone.application_id)
    assert code_of(lambda: application_review.get(db, tools, asked, CLERK)) == "not_found"
    assert application_review.get(db, tools, GetApplication(application_id=kept.application_id), CLERK)
    with db.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM blobs WHERE id = :id"), {"id": blob}) == 0
        left = sa.text("SELECT count(*) FROM declarations WHERE application_id = :id")
        assert connection.scalar(left, {"id": gone.application_id}) == 0


def test_the_ways_to_an_account_name_terms_and_declarations(db: Database, tools: Tools, terms: uuid.UUID) -> None:
    shown = joining.get(db, open_to(tools))
    assert GetJoining() and shown.registration == "all" and shown.terms_id == terms
    assert {one.kind for one in shown.registration_declarations} == set(DECLARED)
