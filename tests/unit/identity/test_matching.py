"""Whose data are these: numbers old and new, names as people write them, and everything that must not match."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.matching import Claim, Known, Needs, Verdict, judge, words

LIGA, RADIO, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NEW, OLD = "32867300679", "16117519997"
PERSON = Known(LIGA, "natural", "Līga Ābele-Kalniņa", frozenset({("person_code", NEW), ("person_code", OLD),
                                                                 ("external_ref", "K-7")}))  # fmt: skip
COMPANY = Known(RADIO, "legal", 'SIA "Ērgļu Radio"', frozenset({("reg_no", "40203100010"), ("external_ref", "K-9")}))


def person(candidates: tuple[Known, ...] = (PERSON,), needs: Needs = Needs(), **said: object) -> Verdict:
    claim = Claim(**({"name": "Līga Ābele-Kalniņa", "kind": "natural", "person_codes": (NEW,)} | said))  # type: ignore[arg-type]
    return judge(claim, candidates, needs)


def company(candidates: tuple[Known, ...] = (COMPANY,), needs: Needs = Needs(), **said: object) -> Verdict:
    claim = Claim(**({"name": "Ērgļu Radio", "kind": "legal", "reg_no": "40203100010"} | said))  # type: ignore[arg-type]
    return judge(claim, candidates, needs)


@pytest.mark.parametrize("codes", [(NEW,), (OLD,), (NEW, OLD), ("01018010018", OLD)])
def test_a_person_is_known_by_any_code_they_ever_had(codes: tuple[str, ...]) -> None:
    verdict = person(person_codes=codes)
    assert (verdict.reason, verdict.client_id) == ("matched", LIGA)


@pytest.mark.parametrize("name", ["LIGA ABELE KALNINA", "Kalniņa-Ābele Līga", "  līga  ābele–kalniņa "])
def test_a_name_fits_however_it_is_written(name: str) -> None:
    assert person(name=name).client_id == LIGA


@pytest.mark.parametrize("name", ["Līga Ābele", "Līga", "", "Zane Ābele-Kalniņa", "Līga Ābele-Kalniņa Kalniņa"])
def test_another_name_does_not_fit(name: str) -> None:
    assert person(name=name).reason == "name_differs"


@pytest.mark.parametrize(
    "name", ["ergļu radio", "Sabiedrība ar ierobežotu atbildību “Ērgļu Radio”", "Ērgļu Radio, SIA"]
)
def test_the_legal_form_and_quotes_of_a_company_do_not_matter(name: str) -> None:
    assert company(name=name).client_id == RADIO


def test_the_order_of_a_companys_words_matters_and_a_form_alone_is_a_name() -> None:
    assert company(name="Radio Ērgļu").reason == "name_differs"
    assert words("SIA", "legal") == ("sia",)


def test_every_number_that_was_given_must_lead_to_the_same_client() -> None:
    assert person(external_ref="K-7", contracts=frozenset({LIGA})).reason == "matched"
    assert person(external_ref="K-8").reason == "number_differs"
    assert person(contracts=frozenset()).reason == "number_differs"
    stranger = Known(OTHER, "natural", "Līga Ābele-Kalniņa", frozenset({("person_code", OLD)}))
    verdict = person((PERSON, stranger), person_codes=(NEW, OLD))
    assert (verdict.reason, verdict.client_id, verdict.nearest) == ("several", None, None)


def test_nobody_a_wrong_kind_and_too_little() -> None:
    assert person(()).reason == "unknown"
    assert person(kind="legal").reason == "kind_differs"
    # A client number is printed on every invoice: without the personal code it proves nothing.
    assert person(person_codes=(), external_ref="K-7").reason == "too_little"
    assert company(reg_no=None, external_ref="K-9").reason == "too_little"


@pytest.mark.parametrize(
    ("needs", "said", "reason"),
    [
        (Needs(contract=True), {}, "too_little"),
        (Needs(contract=True), {"external_ref": "K-9"}, "too_little"),
        (Needs(contract=True), {"contracts": frozenset({RADIO})}, "matched"),
        (Needs(contract=True), {"contracts": frozenset({OTHER})}, "number_differs"),
        (Needs(own_number=True), {}, "too_little"),
        (Needs(own_number=True), {"external_ref": "K-9"}, "matched"),
        (Needs(own_number=True), {"contracts": frozenset({RADIO})}, "matched"),
        (Needs(contract=True, own_number=True), {"external_ref": "K-9"}, "too_little"),
    ],
)
def test_a_setting_asks_for_a_contract_or_a_number_only_the_client_knows(
    needs: Needs, said: dict[str, object], reason: str
) -> None:
    verdict = company(needs=needs, **said)
    assert verdict.reason == reason and (verdict.client_id == RADIO) == (reason == "matched")


CODES = [("person_code", NEW), ("person_code", OLD), ("reg_no", "40203100010"), ("external_ref", "K-7")]


@given(
    held=st.frozensets(st.sampled_from(CODES)),
    said=st.frozensets(st.sampled_from(CODES)),
    names=st.sampled_from([("Līga", "Līga"), ("Līga", "Zane")]),
    kind=st.sampled_from(["natural", "legal"]),
    contracts=st.sampled_from([None, frozenset(), frozenset({LIGA}), frozenset({OTHER})]),
    contract=st.booleans(),
    own=st.booleans(),
)
def test_a_match_always_rests_on_name_and_code_and_on_nothing_that_contradicts(
    held: frozenset[tuple[str, str]], said: frozenset[tuple[str, str]], names: tuple[str, str], kind: str,
    contracts: frozenset[UUID] | None, contract: bool, own: bool,
) -> None:  # fmt: skip
    by_kind = {k: tuple(v for kind_, v in said if kind_ == k) for k in ("person_code", "reg_no", "external_ref")}
    claim = Claim(
        name=names[0], person_codes=by_kind["person_code"], reg_no=next(iter(by_kind["reg_no"]), None),
        external_ref=next(iter(by_kind["external_ref"]), None), contracts=contracts,
    )  # fmt: skip
    verdict = judge(claim, [Known(LIGA, kind, names[1], held)], Needs(contract, own))
    if verdict.client_id is None:
        return
    main = "person_code" if kind == "natural" else "reg_no"
    assert any(k == main for k, _ in said & held) and names[0] == names[1]
    assert all(pair in held for pair in said if pair[0] != "person_code")
    assert contracts is None or LIGA in contracts
    assert not contract or contracts
    assert not own or contracts or by_kind["external_ref"]


def test_the_order_in_which_candidates_are_found_does_not_matter() -> None:
    for order in itertools.permutations((PERSON, COMPANY)):
        assert judge(Claim("Līga Ābele-Kalniņa", person_codes=(NEW,), reg_no="40203100010"), order).reason == "several"
