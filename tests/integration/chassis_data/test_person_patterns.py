"""The words of a person are found however they are written, and nobody else's."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from chassis.person_patterns import Form, forms_of, stands_in

NAME, OBRIEN = "Žanete Šķēle-Kalna", "Māra O'Brīna"
MAIL, CODE = "zanete+abo@bērzs.example.lv", "320000-07919"


@pytest.fixture(scope="module")
def server(new_database: Callable[..., str]) -> Iterator[sa.Connection]:
    engine = sa.create_engine(new_database(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def found(server: sa.Connection, text: str, *forms: Form) -> bool:
    asked = sa.select(sa.or_(*(stands_in(sa.cast(sa.literal(text), sa.Text), form) for form in forms)))
    return bool(server.execute(asked).scalar_one())


def replaced(server: sa.Connection, text: str, *forms: Form) -> str:
    for form in forms:
        text = server.execute(sa.select(sa.func.regexp_replace(text, form.regular, "X", "g"))).scalar_one()
    return text


NAMES = [
    NAME, NAME.upper(), NAME.lower(), "zanete skele-kalna", "Zanete Šķēle-Kalna", unicodedata.normalize("NFD", NAME),
    unicodedata.normalize("NFD", NAME).upper(), NAME.replace(" ", "  "), NAME.replace(" ", "\n"),
    NAME.replace(" ", "\u00a0"), NAME.replace(" ", " \r\n\t"), NAME.replace(" ", "_"), NAME.replace(" ", "&nbsp;"),
    json.dumps(NAME)[1:-1], json.dumps(NAME.upper())[1:-1], json.dumps(unicodedata.normalize("NFD", NAME))[1:-1],
    json.dumps(NAME.replace(" ", "\n"), ensure_ascii=False)[1:-1], json.dumps(NAME.replace(" ", "\u00a0"))[1:-1],
    NAME.replace("-", "\u2011"),
]  # fmt: skip


@pytest.mark.parametrize("written", NAMES)
@pytest.mark.parametrize("around", ["{}", "pase-{}.pdf", "1{}", "({}),", "vārds\\n{}\\nun", '{{"a": "{}"}}', "_{}_"])
def test_a_name_is_found_and_taken_in_every_writing(server: sa.Connection, written: str, around: str) -> None:
    forms = forms_of([NAME], [])
    text = around.format(written)
    assert found(server, text, *forms)
    assert replaced(server, text, *forms) == around.format("X")


@pytest.mark.parametrize("written", [OBRIEN, html.escape(OBRIEN), OBRIEN.replace("'", "&#39;"), "Mara O’Brina"])
def test_signs_of_a_name_are_found_as_html_writes_them(server: sa.Connection, written: str) -> None:
    forms = forms_of([OBRIEN], [])
    assert found(server, f"<p>{written} var</p>", *forms)
    assert replaced(server, f"<p>{written} var</p>", *forms) == "<p>X var</p>"


@pytest.mark.parametrize(
    "text",
    ["Žanna Kalna", unicodedata.normalize("NFD", "Žanna Kalna"), json.dumps("Šanna Kalna"), "Anna Kalnaša",
     unicodedata.normalize("NFD", "Anna Kalnaā"), json.dumps("Anna Kalnaā"), "Anna\nKalnaite", "AnnaKalna"],
)  # fmt: skip
def test_a_longer_name_is_somebody_elses(server: sa.Connection, text: str) -> None:
    assert not found(server, text, *forms_of(["Anna Kalna"], []))


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "{}.",
        "{}.Paldies!",
        "{}.Ā",
        "...{}",
        "_{}_",
        "__{}__",
        "<{}>",
        "mailto:{}",
        "raksti: {},",
        "-{}-",
        "a\\n{}\\n",
    ],
)
@pytest.mark.parametrize("written", [MAIL, MAIL.upper(), unicodedata.normalize("NFD", MAIL), json.dumps(MAIL)[1:-1]])
def test_an_address_ends_where_a_sentence_begins(server: sa.Connection, around: str, written: str) -> None:
    forms = forms_of([], [MAIL])
    text = around.format(written)
    assert found(server, text, *forms)
    assert replaced(server, text, *forms) == around.format("X")


@pytest.mark.parametrize(
    "text",
    [
        "peteris.{}",
        "jan_{}",
        "jan-{}",
        "x{}",
        "ķ{}",
        "a+{}",
        "{}.com",
        "{}-veikals.lv",
        "{}s",
        "{}.COM",
        "{}.lv.Paldies",
    ],
)
def test_a_longer_address_is_somebody_elses(server: sa.Connection, text: str) -> None:
    assert not found(server, text.format("x@y.lv"), *forms_of([], ["x@y.lv"]))
    assert not found(server, text.format("X@Y.LV"), *forms_of([], ["x@y.lv"]))


@pytest.mark.parametrize("written", ["32000007919", CODE, "320000 07919", "320000 - 07919", "320000\u00a007919"])
@pytest.mark.parametrize("given", [CODE, "32000007919"])
def test_a_personal_code_is_found_with_any_dash(server: sa.Connection, given: str, written: str) -> None:
    (form,) = forms_of([], [given, CODE])
    assert replaced(server, f"kods {written}.", form) == "kods X."
    assert not found(server, f"1{written}", form) and not found(server, f"{written}0", form)


@pytest.mark.parametrize(("text", "there"), [("Jūsu konts", True), ("Jūsu konts-2", False), ("e-Jūsu konts", False)])
def test_a_name_of_many_has_no_hyphen_beside_it(server: sa.Connection, text: str, there: bool) -> None:
    assert found(server, text, *forms_of([], [], ["Jūsu konts"])) is there


def test_the_underscore_of_an_address_is_no_space(server: sa.Connection) -> None:
    forms = forms_of([], ["anna_k@a.example"])
    assert found(server, "anna_k@a.example", *forms) and not found(server, "anna k@a.example", *forms)
