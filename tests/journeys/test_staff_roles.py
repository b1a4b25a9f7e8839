"""Roles of staff in the running suite: given, taken at once, and administrators made by two people only."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chassis.caller import Caller
from tests.contract.access import tables
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import ADMIN, AUDITOR, SERVICE, Person


@pytest.fixture
def admin(api: Callable[[Person], Api]) -> Api:
    return api(ADMIN)


@pytest.fixture
def second(base: str, newcomers: Newcomers) -> Api:
    """Another administrator."""
    return Api.signed_in(base, newcomers.user("Otrs Administrators", kind="staff", roles=("administrator",)))


# A permission, and a door nobody passes without it.
STANDS_FOR = {
    "clients.see": "identity.list_clients", "clients.keep": "identity.register_client",
    "users.see": "identity.get_user", "users.keep": "identity.block_user",
    "roles.see": "identity.list_roles", "roles.keep": "identity.grant_role",
    "cases.see": "requests.get_case", "cases.decide": "requests.approve",
    "permits.see": "permits.list_permits", "permits.keep": "permits.start_import",
    "contracts.see": "metering.list_contracts",
    "finance.see": "billing.list_invoices", "finance.keep": "billing.start_fee_run",
    "messages.see": "notifications.list_deliveries", "messages.keep": "notifications.resend",
    "system.see": "identity.dead_letters", "system.keep": "identity.redrive", "audit.see": "identity.list_audit",
}  # fmt: skip


def code_of(work: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.status, refused.value.code


def step(role: str) -> dict[str, str]:
    return {"role": role, "ground": "rīkojums 5"}


@pytest.mark.requirement("S1-50")
def test_a_role_is_given_and_taken_in_open_sessions(base: str, newcomers: Newcomers, admin: Api) -> None:
    colleague = newcomers.user("Jauna Kolēģe", kind="staff", roles=("accountant",))
    path = f"/staff/users/{newcomers.id_of(colleague)}/roles"
    session = Api.signed_in(base, colleague)
    assert session.send("GET", "/staff/blocks").status_code == 403
    key = fresh_key()
    assert admin.post(path, step("customer_service"), key=key) == {"done": True, "approval": None}
    assert admin.post(path, step("customer_service"), key=key)["done"], "sent twice, given once"
    assert code_of(lambda: admin.post(path, step("customer_service"))) == (409, "identity.role_held")
    eventually("the new role", lambda: session.send("GET", "/staff/blocks").status_code == 200, 30)
    assert code_of(lambda: admin.post(path, step("auditor"))) == (409, "identity.role_conflict")

    admin.post(f"{path}/revoke", step("customer_service"))
    eventually("the end of the role", lambda: session.send("GET", "/staff/blocks").status_code == 403, 30)
    assert code_of(lambda: admin.post(f"{path}/revoke", step("customer_service"))) == (409, "identity.role_not_held")
    history = [(one["what"], one["role"], one["ground"], one["by_name"]) for one in admin.get(path)["items"]]
    me = admin.person["name"]
    assert history == [
        ("revoked", "customer_service", "rīkojums 5", me),
        ("granted", "customer_service", "rīkojums 5", me),
    ]


@pytest.mark.requirement("S1-50")
def test_administrators_are_made_by_two(base: str, newcomers: Newcomers, admin: Api, second: Api) -> None:
    colleague = newcomers.user("Topošais Administrators", kind="staff")
    user = newcomers.id_of(colleague)
    path = f"/staff/users/{user}/roles"
    asked = admin.post(path, step("administrator"))
    assert not asked["done"]
    decision = f"/staff/approvals/{asked['approval']['approval_id']}/decision"
    assert admin.get(f"/staff/users/{user}")["profile"]["roles"] == []
    assert code_of(lambda: admin.post(decision, {"approve": True})) == (403, "identity.approval_own")
    clerk = Api.signed_in(base, newcomers.user("Klientu Apkalpotāja", kind="staff", roles=("customer_service",)))
    assert code_of(lambda: clerk.post(decision, {"approve": True})) == (403, "forbidden")
    second.post(decision, {"approve": True})
    assert admin.get(f"/staff/users/{user}")["profile"]["roles"] == ["administrator"]
    assert Api.signed_in(base, colleague).get("/staff/roles")["items"]
    mine = f"/staff/users/{admin.get('/profile')['user_id']}/roles"
    assert code_of(lambda: admin.post(mine, step("accountant"))) == (409, "identity.not_yourself")
    assert code_of(lambda: admin.post(f"{mine}/revoke", step("administrator"))) == (409, "identity.not_yourself")


def test_what_is_said_of_roles_is_what_the_doors_do(admin: Api) -> None:
    rules = {door.rpc: door.allow for door in tables.doors()}
    for role in admin.get("/staff/roles")["items"]:
        holder = Caller(kind="staff", roles=frozenset({role["role"]}))
        may = {name for name, door in STANDS_FOR.items() if rules[door].allows(holder)}
        # Whoever keeps or decides something sees it as well; the list says the larger one.
        wanted = {name for name in may if not name.endswith(".see")} | {
            name for name in may
            if name.endswith(".see") and not {name[:-4] + ".keep", name[:-4] + ".decide"} & may
        }  # fmt: skip
        assert set(role["permissions"]) == wanted, role["role"]


def test_a_colleague_is_invited_by_a_link(newcomers: Newcomers, admin: Api, mail: Mail) -> None:
    email = f"{uuid.uuid4().hex[:10]}@staff.example"
    body = {"name": "Uzaicinātā", "email": email, "roles": ["permit_engineer"], "ground": "darba līgums"}
    key = fresh_key()
    made = admin.post("/staff/users", body, key=key)
    assert admin.post("/staff/users", body, key=key)["user_id"] == made["user_id"]
    assert code_of(lambda: admin.post("/staff/users", body)) == (409, "identity.email_taken")
    shown = admin.get(f"/staff/users/{made['user_id']}")
    assert (shown["status"], shown["profile"]["roles"]) == ("pending", ["permit_engineer"])
    eventually("the activation link", lambda: mail.to(email), 60)
    both = {**body, "email": f"x{email}", "roles": ["auditor", "administrator"]}
    assert code_of(lambda: admin.post("/staff/users", both)) == (409, "identity.role_conflict")


def test_who_may_see_and_change(api: Callable[[Person], Api], newcomers: Newcomers, admin: Api) -> None:
    customer = newcomers.id_of(newcomers.user("Klients"))
    assert code_of(lambda: admin.post(f"/staff/users/{customer}/roles", step("auditor"))) == (409, "identity.not_staff")
    auditor, clerk = api(AUDITOR), api(SERVICE)
    assert {one["role"] for one in auditor.get("/staff/roles")["items"]} == {
        "customer_service", "permit_engineer", "accountant", "administrator", "auditor",
    }  # fmt: skip
    assert code_of(lambda: auditor.post(f"/staff/users/{customer}/roles", step("accountant"))) == (403, "forbidden")
    assert code_of(lambda: clerk.get("/staff/roles")) == (403, "forbidden")
    assert code_of(lambda: admin.post(f"/staff/users/{uuid.uuid4()}/roles", step("auditor"))) == (404, "not_found")
