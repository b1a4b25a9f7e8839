"""Second factors over the API: set up, owed at sign-in, used once, counted, lost and reset."""

from __future__ import annotations

import pytest

from tests.journeys.api_client import Api, Refused, eventually, is_over
from tests.journeys.factor_tools import Authenticator, half_open, newcomer, renewed, user_id_of, with_application
from tests.journeys.peers import Mail
from tests.journeys.people import ADMIN, PASSWORD


def refused(call: object, *args: object) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        call(*args)  # type: ignore[operator]
    return caught.value.status, caught.value.code


@pytest.mark.requirement("S1-50", "S1-51", "S1-59")
def test_with_an_application_the_password_alone_opens_nothing(base: str) -> None:
    person = newcomer()
    api, authenticator, _ = with_application(base, person)
    assert (api.person["second_factor"], api.person["assurance"]) == ("totp", "substantial")
    assert api.get("/profile")["email"] == person.email

    pending = half_open(base, person)
    assert pending.person["gate"] == "give"
    assert (pending.person["client_id"], pending.person["rights"]) == (None, [])
    for path in ("/profile", "/permits", "/client", "/profile/sessions", "/profile/factors"):
        assert refused(pending.get, path) == (403, "second_factor_needed"), path
    change = {"old_password": PASSWORD, "new_password": "cita-parole-99"}
    assert refused(pending.post, "/profile/password", change) == (403, "second_factor_needed")
    assert refused(pending.post, "/session/confirm", {"password": PASSWORD}) == (403, "second_factor_needed")
    for path in ("/profile/factors/totp", "/profile/factors/keys/challenge"):
        assert refused(pending.post, path) == (403, "second_factor_needed"), f"enrolling anew by {path}"

    done = pending.post("/session/second-factor", {"code": authenticator.code()})
    assert done["secret"] != pending.secret
    is_over(pending)  # the half-open secret is dead
    whole = renewed(pending, done)
    assert whole.get("/profile")["email"] == person.email and whole.person["client_id"]
    (here,) = [row for row in whole.get("/profile/sessions")["items"] if row["current"]]
    assert (here["method"], here["second_factor"], here["assurance"]) == ("password", "totp", "substantial")


@pytest.mark.requirement("S1-51", "S1-59")
def test_a_code_is_good_once_and_wrong_ones_are_counted(base: str) -> None:
    person = newcomer()
    _, authenticator, recovery = with_application(base, person)
    code = authenticator.code()
    pending = half_open(base, person)
    pending.post("/session/second-factor", {"code": code})
    again = half_open(base, person)
    assert refused(again.post, "/session/second-factor", {"code": code}) == (422, "identity.second_factor_wrong")
    for _ in range(4):
        wrong = {"code": "000000"}
        assert refused(again.post, "/session/second-factor", wrong) == (422, "identity.second_factor_wrong")
    right = {"code": authenticator.code()}
    assert refused(again.post, "/session/second-factor", right)[1] == "identity.second_factor_wrong", "closed by now"
    closed = {"recovery_code": recovery[0]}
    assert refused(again.post, "/session/second-factor", closed)[1] == "identity.second_factor_wrong"
    eventually(
        "an e-mail about the lock",
        lambda: [row for row in Mail().to(person.email) if "slēgta" in row["headers"]["Subject"]],
        60,
    )


@pytest.mark.requirement("S1-59")
def test_recovery_codes_are_ten_good_once_and_can_be_renewed(base: str) -> None:
    person = newcomer()
    api, _, recovery = with_application(base, person)
    assert len(set(recovery)) == 10
    pending = half_open(base, person)
    done = pending.post("/session/second-factor", {"recovery_code": recovery[3].lower().replace("-", " ")})
    assert done["person"]["second_factor"] == "recovery"
    again = half_open(base, person)
    used = {"recovery_code": recovery[3]}
    assert refused(again.post, "/session/second-factor", used) == (422, "identity.second_factor_wrong")
    assert api.get("/profile/factors")["recovery_left"] == 9
    fresh = api.post("/profile/factors/recovery-codes")["codes"]
    assert not set(fresh) & set(recovery) and api.get("/profile/factors")["recovery_left"] == 10
    old = {"recovery_code": recovery[0]}
    assert refused(again.post, "/session/second-factor", old) == (422, "identity.second_factor_wrong")
    assert again.post("/session/second-factor", {"recovery_code": fresh[0]})["person"]["assurance"] == "substantial"


@pytest.mark.requirement("S1-50")
def test_every_change_of_a_factor_is_told_and_the_last_one_takes_the_codes_along(base: str) -> None:
    person = newcomer()
    other = Api.signed_in(base, person)
    api, _, _ = with_application(base, person)
    is_over(other)  # opened by the password alone
    api.delete("/profile/factors/totp")
    assert api.get("/profile/factors") | {"key_origin": ""} == {
        "totp_since": None, "keys": [], "recovery_left": 0, "required": False, "key_origin": "",
    }  # fmt: skip
    assert refused(api.delete, "/profile/factors/totp") == (404, "not_found")
    assert Api.signed_in(base, person).person["gate"] is None

    def told(word: str) -> bool:
        return any(word in row["headers"]["Subject"] for row in Mail().to(person.email))

    eventually("e-mails about both", lambda: told("pievienots") and told("noņemts"), 60)


@pytest.mark.requirement("S1-59", "S3-26")
def test_an_administrator_resets_what_somebody_lost(base: str) -> None:
    person = newcomer("customer_service")
    api, _, _ = with_application(base, person)
    admin = Api.signed_in(base, ADMIN)
    path = f"/staff/users/{user_id_of(person)}/second-factor"
    reset = {"reason": "lost", "note": "Uzrādīta pase klientu centrā"}
    assert refused(api.post, f"{path}/reset", reset) == (403, "forbidden"), "not for everybody among staff"
    assert admin.post(f"{path}/reset", reset)["count"] >= 1
    is_over(api)
    assert Api.signed_in(base, person).person["gate"] is None
    assert refused(admin.post, f"{path}/reset", reset) == (409, "identity.no_second_factor")
    mine = f"/staff/users/{admin.person['user_id']}/second-factor/reset"
    assert refused(admin.post, mine, reset) == (409, "identity.not_yourself")
    eventually(
        "an e-mail about the reset",
        lambda: [row for row in Mail().to(person.email) if "atiestatīt" in row["headers"]["Subject"]],
        60,
    )
    page = admin.get("/staff/audit", object_id=user_id_of(person), action="identity.second_factor.reset", limit=5)
    (record,) = page["items"]
    assert record["detail"]["note"] == reset["note"] and record["actor_name"] == admin.person["name"]


@pytest.mark.requirement("S1-59")
def test_who_must_have_a_factor_sets_it_up_before_anything_else(base: str) -> None:
    person = newcomer("customer_service")
    before = Api.signed_in(base, person)
    admin = Api.signed_in(base, ADMIN)
    path = f"/staff/users/{user_id_of(person)}/second-factor"
    admin.put(path, {"required": True})
    is_over(before)
    pending = half_open(base, person)
    assert pending.person["gate"] == "enrol" and pending.person["roles"] == []
    assert refused(pending.get, "/staff/clients") == (403, "second_factor_needed")
    assert refused(pending.post, "/session/second-factor", {"code": "123456"})[0] == 409
    authenticator = Authenticator(pending.post("/profile/factors/totp")["secret"])
    wrong = {"code": "000000"}
    assert refused(pending.post, "/profile/factors/totp/confirm", wrong) == (422, "identity.second_factor_wrong")
    added = pending.post("/profile/factors/totp/confirm", {"code": authenticator.code()})
    whole = renewed(pending, added["session"])
    assert whole.person["roles"] == ["customer_service"] and whole.get("/staff/clients")["items"]
    assert refused(whole.delete, "/profile/factors/totp") == (409, "identity.second_factor_required")
    admin.put(path, {"required": False})
    whole.delete("/profile/factors/totp")
