"""User names, telephone numbers, codes, and devices in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.identity.domain.devices import device
from services.identity.domain.emails import email_key, phone
from services.identity.usecases import codes


def test_letter_case_and_the_form_of_the_domain_do_not_make_another_user() -> None:
    assert email_key(" Anna@RadioLinks.Example ") == email_key("anna@radiolinks.example")
    assert email_key("anna@rīga.lv") == email_key("Anna@XN--RGA-UTA.lv") == "anna@xn--rga-uta.lv"


@pytest.mark.parametrize(
    "text",
    ["", "anna", "anna@", "@x.lv", "a b@x.lv", "anna@x", "a@-x.lv", "a@x..lv", "a@b@", ".a@x.lv", "a" * 65 + "@x.lv"],
)
def test_what_is_no_address_is_no_user_name(text: str) -> None:
    assert email_key(text) is None


@given(st.text(max_size=300))
def test_any_text_at_all_is_an_address_or_is_not(text: str) -> None:
    key = email_key(text)
    assert key is None or email_key(key) == key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("67 332 179", "+37167332179"),
        ("+371 2612-3456", "+37126123456"),
        ("0049 30 1234567", "+49301234567"),
        ("12", None),
        ("zvanīt vakarā", None),
    ],
)
def test_telephone_numbers_are_kept_in_one_form(text: str, expected: str | None) -> None:
    assert phone(text) == expected


def test_registration_numbers_and_personal_codes_are_checked() -> None:
    assert codes.reg_no("LV 40003032949") == "40003032949"
    assert codes.person_code("010180-10018") == "01018010018"
    assert codes.person_code("320000-00001") == "32000000001"  # the check digit of new codes is not held against them
    for wrong in ("40003032948", "123", "01018010018"):
        with pytest.raises(PortalError, match="reg_no_invalid"):
            codes.reg_no(wrong)
    with pytest.raises(PortalError, match="person_code_invalid"):
        codes.person_code("010180-10019")


def test_who_need_not_know_sees_the_beginning_of_a_personal_code() -> None:
    assert codes.shown_person_code("01018010018", full=True) == "010180-10018"
    assert "10018" not in (codes.shown_person_code("01018010018", full=False) or "")


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("something new", ""),
    ],
)
def test_devices_are_named_as_people_name_them(agent: str, expected: str) -> None:
    assert device(agent) == expected
