"""Links, passwords and the user name in the running suite: mails are read in the catcher, people are nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from chassis.days import now
from services.identity.messages import RequestLink
from tests import stack
from tests.contract.access import cast
from tests.journeys.api_client import Api, Refused, eventually, is_over
from tests.journeys.browser import PHONE, Visitor
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.peers import Mail, code_in, token_in
from tests.journeys.people import PASSWORD, SERVICE, Person

FRESH = "trīs jauni āboli 7"


@pytest.fixture(scope="module")
def people() -> Iterator[Newcomers]:
    with newcomers() as made:
        yield made


@pytest.fixture
def nobody(base: str) -> Api:
    return Api(base)


def mailed(mail: Mail, person: Person, subject: str, *, after: int = 0) -> dict[str, Any]:
    """The newest mail to a person whose subject holds some words, with its text."""

    def look() -> dict[str, Any] | None:
        rows = [row for row in mail.to(person.email, after=after) if subject in row["subject"]]
        newest = max(rows, key=lambda row: int(row["id"]), default=None)
        return newest and requests.get(f"{mail.url}/api/messages/{newest['id']}", timeout=10).json()

    return eventually(f"a mail “{subject}” to {person.email}", look, 60)


def refused(api: Api, path: str, body: dict[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        api.post(path, body)
    errors = caught.value.problem.get("errors") or []
    return str(errors[0]["code"] if errors else caught.value.code).removeprefix("identity.")


def forgot(api: Api, person: Person, about: str = "access") -> None:
    answer = api.send("POST", "/links", json={"email": person.email, "audience": person.audience, "about": about})
    assert answer.status_code == 204, answer.text


@pytest.mark.requirement("S3-19", "S3-13", "S3-28", "S3-30", "S1-06", "S1-07", "S1-29", "B-02")
@pytest.mark.parametrize("javascript", [True, False])
def test_an_account_is_activated_in_the_browser(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail, javascript: bool
) -> None:
    person = people.user("Jana Aktivizētāja", status="pending")
    sign_in = {"email": person.email, "password": PASSWORD}
    assert Api(nobody.base).send("POST", "/session", json=sign_in).status_code == 403
    forgot(nobody, person)
    message = mailed(mail, person, "Aktivizējiet")
    assert person.email in message["text"] and PASSWORD not in message["text"]
    path = f"/link?t={token_in(message)}"
    for _ in range(3):  # a mail scanner opens the link
        assert requests.get(f"{nobody.base}{path}", timeout=30).status_code == 200
    visitor = visit(javascript=javascript, size=PHONE)
    visitor.go(path)
    visitor.sees("Konta aktivizēšana", person.email, "Vismaz 8 rakstzīmes")
    visitor.fill(new_password="aktivizētāja-1", new_password_again="aktivizētāja-1")
    if javascript:
        visitor.main.locator("progress").wait_for(timeout=60_000)
    visitor.submit()
    visitor.sees("Parole nedrīkst saturēt Jūsu vārdu", "Paroles drošums")
    visitor.fill(new_password=FRESH, new_password_again=FRESH)
    visitor.submit()
    visitor.page.wait_for_url(lambda url: "/link" not in url, timeout=60_000)
    assert Api(nobody.base).post("/session", {"email": person.email, "password": FRESH})["secret"]
    visitor.go(path, status=410)
    visitor.sees("Saite jau ir izmantota", "Nosūtīt jaunu saiti")


@pytest.mark.requirement("B-02", "S3-34")
def test_a_code_is_typed_instead_and_five_wrong_ones_are_enough(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Kodu Rakstītājs")
    forgot(nobody, person)
    message = mailed(mail, person, "Jaunas paroles")
    visitor = visit()
    visitor.go("/link")
    visitor.fill(email=person.email, code="00000-00000")
    visitor.submit()
    visitor.sees("E-pasts un kods nesader")
    visitor.fill(email=person.email.upper(), code=code_in(message).lower().replace("-", " "))
    visitor.submit()
    visitor.sees("Jaunas paroles izveide", person.email)
    for number in range(4):
        body = {"email": person.email, "code": f"11111-{number:05d}"}
        assert refused(nobody, "/links/code", body) == "code_wrong"
    right = {"email": person.email, "code": code_in(message)}
    assert refused(nobody, "/links/code", right) == "code_wrong"
    assert nobody.post("/links/look", {"token": token_in(message)})["state"] == "open"


@pytest.mark.requirement("S1-34", "S3-32", "B-01", "S1-32")
def test_a_forgotten_password_is_replaced_from_the_sign_in_page_also_while_locked(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Aivis Aizmāršīgais")
    for _ in range(5):
        assert refused(nobody, "/session", {"email": person.email, "password": "wrong-1"}) == "sign_in_refused"
    assert refused(nobody, "/session", {"email": person.email, "password": PASSWORD}) == "sign_in_refused"
    visitor = visit()
    visitor.go("/sign-in")
    visitor.follow("Aizmirsta parole")
    visitor.fill(email=person.email)
    visitor.submit()
    visitor.sees("Pārbaudiet e-pastu", person.email)
    visitor.go(f"/link?t={token_in(mailed(mail, person, 'Jaunas paroles'))}")
    visitor.fill(new_password=FRESH, new_password_again=FRESH)
    visitor.submit()
    visitor.page.wait_for_url(lambda url: "/link" not in url, timeout=60_000)
    assert visitor.context.cookies()
    assert Api(nobody.base).post("/session", {"email": person.email, "password": FRESH})
    assert "parole ir nomainīta" in mailed(mail, person, "Drošības ziņa")["subject"]


@pytest.mark.requirement("S1-37", "S3-31")
def test_somebody_changes_the_password_from_the_profile(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Maina Parole")
    elsewhere, visitor = Api.signed_in(nobody.base, person), visit()
    visitor.sign_in(person)
    visitor.go("/profile")
    visitor.sees("vismaz reizi trijos mēnešos")
    visitor.main.get_by_role("link", name="Mainīt paroli").click()
    visitor.fill(old_password=PASSWORD, new_password=FRESH, new_password_again=FRESH)
    visitor.submit()
    visitor.sees("Parole ir nomainīta")
    is_over(elsewhere)
    assert refused(nobody, "/session", {"email": person.email, "password": PASSWORD}) == "sign_in_refused"
    assert Api(nobody.base).post("/session", {"email": person.email, "password": FRESH})
    assert "parole ir nomainīta" in mailed(mail, person, "Drošības ziņa")["subject"]


@pytest.mark.requirement("S1-31", "S3-32")
def test_the_answer_is_the_same_for_people_who_do_not_exist(nobody: Api, people: Newcomers) -> None:
    known = people.user("Zināmā Persona")
    pages = []
    for email in (known.email, f"x{known.email}"):
        http = requests.Session()
        form = http.get(f"{nobody.base}/sign-in/forgotten", timeout=30).text
        fields = dict(re.findall(r'name="(csrf_token|idempotency_key)" value="([^"]+)"', form))
        sent = http.post(f"{nobody.base}/sign-in/forgotten", data={**fields, "email": email}, timeout=30)
        assert sent.status_code == 200
        pages.append(re.sub(r'value="[^"]+"', "", sent.text.replace(email, "@")))
        assert nobody.send("POST", "/links", json={"email": email}).status_code == 204
    assert pages[0] == pages[1]


@pytest.mark.requirement("S3-33", "S3-34")
def test_a_link_that_expired_says_so_and_offers_a_new_one_that_works(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Vēlā Aktivizētāja", status="pending")
    forgot(nobody, person)
    late = token_in(mailed(mail, person, "Aktivizējiet"))
    engine = sa.create_engine(stack.database_url("identity"))
    with engine.begin() as connection:  # a day has passed
        connection.execute(
            sa.text("UPDATE one_time_links SET expires_at = :past WHERE user_id = :user"),
            {"past": now() - timedelta(seconds=1), "user": people.id_of(person)},
        )
    engine.dispose()
    assert refused(nobody, "/links/use", {"token": late, "new_password": FRESH}) == "link_dead"
    api = Api.signed_in(nobody.base, SERVICE)

    def blocked() -> bool:
        return bool(api.get(f"/staff/users/{people.id_of(person)}")["status"] == "blocked")

    eventually("the account is blocked", blocked, 90)
    visitor, before = visit(), mail.latest()
    visitor.go(f"/link?t={late}", status=410)
    visitor.sees("Saites termiņš ir beidzies")
    visitor.submit()
    visitor.sees("Pārbaudiet e-pastu")
    fresh = token_in(mailed(mail, person, "Aktivizējiet", after=before))
    assert fresh != late
    made = Api(nobody.base).post("/links/use", {"token": fresh, "new_password": FRESH})
    assert made["person"]["email"] == person.email


@pytest.mark.requirement("S1-41")
def test_a_compromised_access_is_closed_at_once_and_staff_are_told(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Rita Apzagtā")
    before = mail.latest()
    other = Api.signed_in(nobody.base, person)
    visitor = visit()
    visitor.sign_in(person)
    visitor.go("/profile")
    visitor.follow("Manus piekļuves datus zina kāds cits")
    visitor.fill(note="Nozagts telefons")
    visitor.submit()
    visitor.sees("Jūsu piekļuve ir slēgta")
    is_over(other)
    assert refused(nobody, "/session", {"email": person.email, "password": PASSWORD}) == "sign_in_refused"
    told = mailed(mail, Person("security", "security@portal.example"), "svešās rokās", after=before)
    assert person.email in told["text"] and "Nozagts telefons" in told["text"]
    token = token_in(mailed(mail, person, "Jaunas paroles"))
    assert refused(nobody, "/links/use", {"token": token, "new_password": PASSWORD}) == "password_same"
    assert nobody.post("/links/use", {"token": token, "new_password": FRESH})["secret"]


@pytest.mark.requirement("S1-41")
def test_a_compromised_access_is_closed_without_signing_in(people: Newcomers, nobody: Api, mail: Mail) -> None:
    person = people.user("Roberts Apzagtais")
    theirs = Api.signed_in(nobody.base, person)
    forgot(nobody, person, "compromise")
    token = token_in(mailed(mail, person, "Piekļuves slēgšana"))
    assert refused(nobody, "/access/close", {"note": "x"}) == "unauthenticated"
    assert nobody.post("/access/close", {"token": token})["count"] == 1
    is_over(theirs)
    assert refused(nobody, "/session", {"email": person.email, "password": PASSWORD}) == "sign_in_refused"


@pytest.mark.requirement("S1-39", "S1-38", "S3-31")
def test_a_demanded_change_of_password_comes_before_everything_else(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api
) -> None:
    person = people.user("Dace Mainītāja")
    people.represents(person, people.client())
    theirs = Api.signed_in(nobody.base, person)
    assert theirs.send("GET", "/client").status_code == 200
    staff = Api.signed_in(nobody.base, SERVICE)
    answer = staff.send("POST", f"/staff/users/{people.id_of(person)}/password-change", json={"note": "rīkojums"})
    assert answer.status_code == 204
    eventually("the change is demanded", lambda: theirs.send("GET", "/client").status_code == 403, 60)
    assert theirs.send("GET", "/client").json()["code"] == "password_first"
    visitor = visit()
    visitor.sign_in(person)
    visitor.go("/client")
    visitor.sees("Pirms turpināt, parole ir jānomaina")
    visitor.fill(old_password=PASSWORD, new_password=FRESH, new_password_again=FRESH)
    visitor.submit()
    visitor.go("/client")
    visitor.sees("SIA Jauns Klients")


@pytest.mark.requirement("S1-34")
def test_staff_send_a_link_on_a_written_request(people: Newcomers, nobody: Api, mail: Mail) -> None:
    person = people.user("Rakstveida Lūdzējs")
    staff = Api.signed_in(nobody.base, SERVICE)
    answer = staff.send("POST", f"/staff/users/{people.id_of(person)}/link", json={"note": "iesniegums 17"})
    assert answer.status_code == 204
    assert nobody.post("/links/look", {"token": token_in(mailed(mail, person, "Jaunas paroles"))})["state"] == "open"
    theirs = Api.signed_in(nobody.base, person)
    assert theirs.send("POST", f"/staff/users/{people.id_of(person)}/link", json={}).status_code == 403


@pytest.mark.requirement("S1-43", "S1-06", "S3-28")
def test_the_user_name_changes_once_the_new_address_has_proven_itself(
    visit: Callable[..., Visitor], people: Newcomers, nobody: Api, mail: Mail
) -> None:
    person = people.user("Maiņa Adrese")
    fresh = Person("fresh", f"jauns.{person.email}")
    visitor = visit()
    visitor.sign_in(person)
    visitor.go("/profile/email")
    visitor.fill(email=fresh.email, password="wrong-1")
    visitor.submit()
    visitor.sees("Pašreizējā parole nav pareiza")
    visitor.fill(email=fresh.email, password=PASSWORD)
    visitor.submit()
    visitor.page.wait_for_url(lambda url: url.endswith("/profile"), timeout=60_000)
    assert "jauna e-pasta adrese" in mailed(mail, person, "Drošības ziņa")["subject"]
    assert Api(nobody.base).post("/session", {"email": person.email, "password": PASSWORD})  # nothing changed yet
    visitor.go(f"/link?t={token_in(mailed(mail, fresh, 'Apstipriniet'))}")
    visitor.submit()
    visitor.page.wait_for_url(lambda url: "/link" not in url, timeout=60_000)
    assert refused(nobody, "/session", {"email": person.email, "password": PASSWORD}) == "sign_in_refused"
    assert Api(nobody.base).post("/session", {"email": fresh.email.upper(), "password": PASSWORD})
    # It was a thief: the notice to the old address is the way back, whatever the thief does with the account meanwhile.
    undo = token_in(mailed(mail, person, "adrese ir nomainīta"))
    thief = Api.signed_in(nobody.base, fresh)
    thief.ask("PATCH", "/profile", json={"name": "Zaglis"})
    visitor = visit()
    visitor.go(f"/link?t={undo}")
    visitor.sees("Vai atgūt savu adresi?", person.email)
    visitor.submit()
    visitor.sees("Jūsu piekļuve ir slēgta")
    is_over(thief)
    assert refused(nobody, "/session", {"email": fresh.email, "password": PASSWORD}) == "sign_in_refused"
    assert token_in(mailed(mail, person, "parol"))


@pytest.mark.requirement("S1-37", "S3-29", "S3-30")
def test_the_rules_of_a_password_hold_wherever_one_is_chosen(people: Newcomers, nobody: Api, mail: Mail) -> None:
    person = people.user("Kunigunde Vējdzirnava")
    theirs = Api.signed_in(nobody.base, person)
    forgot(nobody, person)
    token = token_in(mailed(mail, person, "Jaunas paroles"))
    for bad, code in (
        ("abc1", "password_too_short"), ("tikaiburti", "password_needs_digit"), ("93847561", "password_needs_letter"),
        ("password1", "password_common"), ("vējdzirnava-77", "password_personal"), ("a1" * 70, "password_too_long"),
    ):  # fmt: skip
        assert refused(theirs, "/profile/password", {"old_password": PASSWORD, "new_password": bad}) == code
        assert refused(nobody, "/links/use", {"token": token, "new_password": bad}) == code
        judged = theirs.post("/password/strength", {"password": bad})
        assert judged["score"] == 0 and f"identity.{code}" in judged["faults"]
    assert theirs.post("/password/strength", {"password": "trīs sarkani āboli un 7 bites"})["score"] == 4
    assert nobody.get("/password/rules")["shortest"] == 8
    assert nobody.post("/links/use", {"token": token, "new_password": "kvjzmpx7"})["secret"], "eight are enough"
    assert nobody.post("/session", {"email": person.email, "password": "kvjzmpx7"})["secret"]


@pytest.mark.requirement("S1-31")
def test_no_password_and_no_secret_of_a_link_is_kept_or_told(people: Newcomers, nobody: Api, mail: Mail) -> None:
    person = people.user("Slepenā Persona")
    cast.bus().call(RequestLink(email=person.email), token="")
    message = mailed(mail, person, "Jaunas paroles")
    secrets = [token_in(message), code_in(message), "tris-Vabolu-sakas-41", "Aplama-Vabole-42"]
    nobody.post("/links/use", {"token": secrets[0], "new_password": secrets[2]})
    assert refused(nobody, "/session", {"email": person.email, "password": secrets[3]}) == "sign_in_refused"
    assert nobody.post("/session", {"email": person.email, "password": secrets[2]})["secret"]
    for service in ("identity", "notifications"):
        engine = sa.create_engine(stack.database_url(service))
        with engine.connect() as connection:
            tables = sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for table in connection.execute(tables).scalars().all():
                found = connection.execute(
                    sa.text(f'SELECT count(*) FROM "{table}" t WHERE t::text ~ :any'), {"any": "|".join(secrets)}
                ).scalar_one()
                assert found == 0, f"{service}.{table}"
        engine.dispose()
    for file in (stack.run_dir() / "logs").glob("*.log"):
        written = file.read_text("utf-8", "replace")
        assert not [secret for secret in secrets if secret in written], file.name
