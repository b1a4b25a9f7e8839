"""Forms and lists: CSRF, typed values kept, Latvian numbers and days, errors beside the fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from markupsafe import Markup
from pydantic import Field
from werkzeug.datastructures import MultiDict

from chassis.days import now
from chassis.errors import FieldError, PortalError
from chassis.messages import Done, Message, Request
from gateway import session
from gateway.forms import Form
from gateway.lists import Listing
from gateway.work import begin
from services.identity.messages import (
    ChangePassword,
    DeclarationText,
    DisclosurePage,
    FindSimilarClients,
    GetJoining,
    GetProfile,
    GetTerms,
    Joining,
    ListClients,
    ListDisclosures,
    Profile,
    SessionsEnded,
    SignIn,
    TermsVersion,
    UpdateProfile,
)
from tests.unit.gateway.conftest import SECRET, FakeBus, token_of
from tests.unit.gateway.test_late_form import OURS


class Typed(Message):
    name: str = Field(max_length=10)
    amount: Decimal | None = None
    on: date | None = None
    agreed: bool = False
    ids: list[int] = []
    idempotency_key: str | None = None


def form(**values: Any) -> Form:
    return Form(MultiDict(values), submitted=True)


def test_latvian_numbers_and_days_are_understood() -> None:
    found = form(name="x", amount="1 234,50", on="5.3.2026.", agreed="on", ids=["1", "2", ""]).read(Typed)
    assert found.amount == Decimal("1234.50") and found.on == date(2026, 3, 5) and found.agreed and found.ids == [1, 2]
    assert form(name="x", on="2026-03-05").read(Typed).on == date(2026, 3, 5)


def test_empty_fields_are_not_given_unless_they_may_be_cleared() -> None:
    assert form(name="x", amount=" ", on="").read(Typed).amount is None
    assert form(name="").read(Typed, clearable=("name",)).name == ""


def test_every_field_at_fault_is_named() -> None:
    with pytest.raises(PortalError) as refused:
        form(name="much too long a name", amount="abc", on="31.02.2026").read(Typed)
    assert {(e.field, e.code) for e in refused.value.errors} == {
        ("name", "too_long"), ("amount", "not_a_number"), ("on", "not_a_day"),
    }


def test_control_characters_are_left_out() -> None:
    assert form(name="a\x00b\x1f\x85c").read(Typed).name == "abc"


def test_our_own_values_cannot_be_typed_over() -> None:
    assert form(name="typed").read(Typed, name="fixed").name == "fixed"


def test_a_form_has_one_key_for_all_its_attempts() -> None:
    assert form(name="x", idempotency_key="k" * 12).read(Typed).idempotency_key == "k" * 12


def test_refusals_stand_beside_their_fields(app: Flask) -> None:
    with app.test_request_context():
        begin()
        found = form(name="x")
        with found.catch():
            raise PortalError.many([FieldError("name", "too_long", {"limit": 10}), FieldError("amount", "required")])
        assert found.status == 422 and found.errors["name"] == ["Vērtība ir par garu (ne vairāk kā 10)."]
        with pytest.raises(PortalError), found.catch():
            raise PortalError("unavailable")


def test_the_summary_names_the_field_and_a_box_is_ticked_not_filled_in(app: Flask) -> None:
    with app.test_request_context():
        begin()
        found = form(name="x")
        with found.catch():
            raise PortalError.many([FieldError("amount", "required"), FieldError("agreed", "required")])
        macros = app.jinja_env.get_template("components/forms.html").module
        macros.field(found, "amount", "Summa:")
        box = macros.checkbox(found, "agreed", Markup("<b>Piekrītu</b>"))
        summary = macros.error_summary(found)
    assert "Summa: Aizpildiet šo lauku." in summary
    assert "Piekrītu: Atzīmējiet šo izvēles rūtiņu." in summary and "Atzīmējiet" in box


def test_a_form_without_its_token_is_400_and_keeps_what_was_typed(client: Any) -> None:
    answer = client.post(
        "/sign-in", data={"email": "anna@radiolinks.example", "password": "Parole-2026"},
        headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "anna@radiolinks.example" in text and "Parole-2026" not in text
    assert 'name="csrf_token"' in text


def test_another_sites_form_is_refused_and_not_offered_again(client: Any, fake: Any) -> None:
    token = token_of(client.get("/sign-in"))
    answer = client.post(
        "/sign-in", data={"csrf_token": token, "email": "a@b.example", "password": "x"},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 400 and "a@b.example" not in answer.get_data(as_text=True)
    assert fake.asked(SignIn) == []


def test_one_persons_token_is_no_good_for_another(client: Any, sign_in: Any, fake: Any) -> None:
    anonymous = token_of(client.get("/sign-in"))
    sign_in()
    answer = client.post("/profile/password", data={"csrf_token": anonymous})
    assert answer.status_code == 400


def test_the_api_needs_a_token_with_a_cookie_and_none_with_a_bearer(client: Any, sign_in: Any) -> None:
    sign_in()
    assert client.delete("/api/v1/session").status_code == 400
    token = token_of(client.get("/help"))
    assert client.delete("/api/v1/session", headers={"X-CSRF-Token": token}).status_code == 204


def profile() -> Profile:
    from chassis.days import now

    return Profile(
        user_id="00000000-0000-7000-8000-000000000001", version=3, kind="customer", name="Anna", email="a@b.example",
        phone=None, language="lv", roles=[], created_at=now(), password_changed_at=None, last_sign_in_at=None,
        acts_for=[],
    )


def test_a_saved_form_tells_it_on_the_next_page(client: Any, sign_in: Any, fake: Any) -> None:
    sign_in()
    fake.on(GetProfile, profile())
    fake.on(UpdateProfile, profile())
    token = token_of(client.get("/profile/edit"))
    answer = client.post("/profile/edit", data={
        "csrf_token": token, "name": "Anna", "phone": "", "language": "lv", "version": "3",
    })
    assert answer.status_code == 303
    assert fake.asked(UpdateProfile)[0].version == 3 and fake.asked(UpdateProfile)[0].phone == ""
    shown = client.get("/profile/edit").get_data(as_text=True)
    assert "Jūsu dati ir saglabāti." in shown
    assert "Jūsu dati ir saglabāti." not in client.get("/profile/edit").get_data(as_text=True)


def test_passwords_must_be_the_same_and_are_never_shown(client: Any, sign_in: Any, fake: Any) -> None:
    sign_in()
    fake.on(ChangePassword, SessionsEnded(count=2))
    token = token_of(client.get("/profile/password"))
    data = {"csrf_token": token, "old_password": "old-1", "new_password": "new-11111", "new_password_again": "other-1"}
    answer = client.post("/profile/password", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Abām parolēm jābūt vienādām." in text and "new-11111" not in text
    assert 'aria-describedby="new_password_again-error"' in text and 'href="#new_password_again"' in text
    assert fake.asked(ChangePassword) == []


def test_a_preference_is_kept_for_a_year_and_leads_back(client: Any) -> None:
    token = token_of(client.get("/help"))
    answer = client.post("/preferences", data={"csrf_token": token, "theme": "dark", "next": "/help"})
    assert answer.location == "/help" and any("theme=dark" in v for n, v in answer.headers if n == "Set-Cookie")
    assert 'data-bs-theme="dark"' in client.get("/help").get_data(as_text=True)


def test_a_list_reads_its_address_and_forgives_nonsense(app: Flask) -> None:
    with app.test_request_context("/staff/clients?query=Rīga&kind=legal&sort=-name&after=abc&trail=0~x"):
        listing = Listing.of_request(ListClients, sorts=("name", "-name"), filters=("kind",))
        asked = listing.request
        assert (asked.query, asked.kind, asked.sort, asked.after) == ("Rīga", "legal", "-name", "abc")
        assert listing.direction("name") == "descending" and "sort=name" in listing.sort_url("name")
        assert "after=x" in (listing.previous_url or "") and "trail=0~x~abc" in listing.next_url("def")
    with app.test_request_context("/staff/clients?kind=nonsense&sort=drop+table&query=x"):
        listing = Listing.of_request(ListClients, sorts=("name", "-name"), filters=("kind",))
        assert listing.request.kind is None and listing.request.sort == "name" and listing.wrong is not None
    with app.test_request_context("/client/disclosures?from_day=12.03.2026.&to_day=2026-03-11&who=Anna"):
        listing = Listing.of_request(ListDisclosures, filters=("who", "from_day", "to_day"))
        assert listing.errors == {"to_day": "Beigu diena ir pirms sākuma dienas."}
        assert (listing.request.from_day, listing.request.to_day) == (date(2026, 3, 12), None)
        assert (listing.chosen("from_day"), listing.chosen("to_day")) == ("2026-03-12", "2026-03-11")


def test_a_list_says_beside_the_field_what_is_wrong(client: Any, fake: Any, sign_in: Any) -> None:
    sign_in()
    fake.on(ListDisclosures, DisclosurePage(items=[]))
    text = client.get("/client/disclosures?from_day=2026-03-12&to_day=2026-03-11").get_data(as_text=True)
    assert 'id="filter-to_day-error"' in text and "Beigu diena ir pirms sākuma dienas." in text
    assert 'value="2026-03-11" aria-invalid="true" aria-describedby="filter-to_day-error"' in text
    file = client.get("/client/disclosures.csv?from_day=2026-03-12&to_day=2026-03-11")
    assert file.location.startswith("/confirm?"), "a file of personal data asks for a fresh proof, the list does not"
    for path in ("/client/disclosures.csv", "/profile/disclosures.csv"):
        assert client.get(f"/api/v1{path}").get_json()["code"] == "step_up_needed"
    sign_in(stepped_up_at=now())
    session.cache.forget(SECRET)
    file = client.get("/client/disclosures.csv?from_day=2026-03-12&to_day=2026-03-11")
    assert file.location == "/client/disclosures?from_day=2026-03-12&to_day=2026-03-11", "not a file of other days"
    assert client.get("/permits/export.csv?state=palace").location == "/permits?state=palace"
    sign_in("staff", roles=["auditor"], stepped_up_at=now())
    session.cache.forget(SECRET)
    period = "from_day=2026-03-12&to_day=2026-03-11"
    assert client.get(f"/staff/audit/exports/new?{period}").location == f"/staff/audit?{period}"


def test_a_place_that_is_none_leads_to_the_beginning_of_the_list(client: Any, fake: Any, sign_in: Any) -> None:
    sign_in()
    fake.on(ListDisclosures, PortalError("malformed", field="after"))
    answer = client.get("/client/disclosures?after=x&trail=0~x&from_day=2026-03-12")
    assert (answer.status_code, answer.location) == (303, "/client/disclosures?from_day=2026-03-12")


def test_done_is_a_reply() -> None:
    assert isinstance(Done(), Message) and issubclass(ListClients, Request)


def test_everything_left_out_is_named_at_once(client: Any, fake: FakeBus, sign_in: Any) -> None:
    """What only one kind of client has to give, declarations and days that are wrong do not wait for a second try."""
    terms_id = uuid4()
    joining = Joining(
        registration="all", contract_needed=False, terms_id=terms_id, terms_title="N", terms_approved_on=None,
        registration_declarations=[DeclarationText(kind="data_true", lv="Apliecinu", en="I declare")],
        application_declarations=[], application_days=90, help_phone="67000000",
    )
    fake.on(GetJoining, joining)
    fake.on(GetTerms, TermsVersion(
        terms_id=terms_id, audience="customer", title="N", approved_on=date(2026, 1, 1), valid_from=date(2026, 1, 1),
        current=True, text_sha256="0" * 64,
    ))  # fmt: skip
    token = token_of(client.get("/help"))
    client.post("/register/terms", data={"csrf_token": token, "agree": "1", "terms_id": str(terms_id)}, headers=OURS)
    page = client.post("/register/account", data={"csrf_token": token, "kind": "legal"}, headers=OURS).get_data(True)
    for field in ("client_name", "reg_no", "client_no", "user_name", "email", "data_true"):
        assert f'id="{field}-error"' in page, field
    page = client.post("/applications/new", data={"csrf_token": token, "client_kind": "natural"}, headers=OURS)
    for field in ("person_code", "client_name", "client_phone", "user_name"):
        assert f'id="{field}-error"' in page.get_data(True), field
    sign_in(stepped_up_at=now())
    typed = {"csrf_token": token_of(client.get("/help")), "right.permits.see": "named", "valid_to": "kad?"}
    page = client.post("/client/users/new", data=typed, headers=OURS).get_data(True)
    for field in ("name", "email", "permits", "valid_to"):
        assert f'id="{field}-error"' in page, field
    sign_in("staff", roles=["customer_service"])
    session.cache.forget(SECRET)
    fake.on(FindSimilarClients, PortalError.many([FieldError("email", "identity.email_malformed")]))
    typed = {"csrf_token": token_of(client.get("/staff")), "kind": "legal", "name": "SIA X", "email": "nav"}
    page = client.post("/staff/clients/new", data=typed, headers=OURS).get_data(True)
    assert 'id="ground-error"' in page and 'id="email-error"' in page
