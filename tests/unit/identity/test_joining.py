"""Becoming a user: the way of an application, its code, what may be granted, which files an original may be."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.identity.domain import joining, originals
from services.identity.domain.representation import MAIN_ONLY, RIGHTS

KEY = "a key of at least sixteen"
STATES = ("submitted", "signed", "approved", "refused", "lapsed")


def outcome(step: str, state: str) -> str:
    try:
        return joining.after(step, state)
    except PortalError as error:
        return error.code


def test_no_way_leads_to_approval_but_through_the_signed_original() -> None:
    leads = {(step, state): outcome(step, state) for step in joining.STEPS for state in STATES}
    assert {place for place, to in leads.items() if to == "approved"} == {("approve", "signed")}
    assert {state for (step, state), to in leads.items() if to == "signed"} == {"submitted", "signed"}
    assert leads["approve", "submitted"] == "identity.original_missing"
    for step in joining.STEPS:
        for state in ("approved", "refused", "lapsed"):
            assert leads[step, state] == "identity.application_decided"
    assert leads["lapse", "signed"] == "identity.original_missing"  # what has come is decided on, never forgotten


@given(st.uuids(), st.uuids())
def test_a_code_belongs_to_one_application_however_it_is_typed(one: UUID, other: UUID) -> None:
    code = joining.code(KEY, one)
    assert len(code) == joining.CODE_LENGTH + 1
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ", code.replace("0", "o")):
        assert joining.is_code(KEY, one, typed), typed
    assert not joining.is_code("another key of sixteen", one, code)
    assert one == other or not joining.is_code(KEY, other, code)
    assert not joining.is_code(KEY, one, "") and not joining.is_code(KEY, one, code[:-1])


@given(st.sampled_from(["main", "additional"]), st.frozensets(st.sampled_from(RIGHTS)))
def test_an_additional_user_is_never_granted_what_only_a_main_user_may(role: str, ticked: frozenset[str]) -> None:
    granted = joining.Authority(role, ticked, None, password=True, person_code=False).granted()
    assert granted == (frozenset(RIGHTS) if role == "main" else ticked - MAIN_ONLY)


def test_what_is_wrong_with_an_authority_is_named() -> None:
    today = date(2026, 11, 25)
    none = joining.Authority("additional", frozenset({"users.manage"}), today - timedelta(days=1), False, False)
    wrong = {(e.field, e.code) for e in none.faults(today, password_field="password", code_field="code")}
    assert wrong == {("password", "identity.no_means"), ("code", "identity.no_means"),
                     ("rights", "identity.rights_missing"), ("valid_to", "identity.ends_in_past")}  # fmt: skip
    unknown = joining.Authority("additional", frozenset({"anything"}), today, True, False)
    assert [e.code for e in unknown.faults(today, password_field="p", code_field="c")] == ["not_a_choice"]
    assert (
        joining.Authority("main", frozenset(), today, True, True).faults(today, password_field="p", code_field="c")
        == []
    )


def test_the_last_day_is_counted_in_riga() -> None:
    assert joining.wait_until(datetime(2026, 11, 25, 22, 30, tzinfo=UTC), 1) == date(2026, 11, 27)


def test_every_declaration_has_both_languages_and_a_hash_of_its_own() -> None:
    hashes = {joining.text_hash(kind, language) for kind in joining.DECLARATIONS for language in ("lv", "en")}
    assert len(hashes) == 2 * len(joining.DECLARATIONS)
    assert set(joining.FOR_REGISTRATION) | set(joining.FOR_APPLICATION) == set(joining.DECLARATIONS)
    assert [e.field for e in joining.missing_declarations(("terms", "data_true"), ["terms"])] == ["data_true"]


def container(first: str = "mimetype", kind: str = "application/vnd.etsi.asic-e+zip") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(first, kind)
        archive.writestr("document.pdf", b"%PDF-1.7")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"%PDF-1.7 ...", "application/pdf"), (b"\x89PNG\r\n\x1a\n...", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
     (container(), originals.ASICE)],
)  # fmt: skip
def test_an_original_is_known_by_its_content(content: bytes, media_type: str) -> None:
    assert originals.kind_of(content)[0] == media_type


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"MZ", container("word/document.xml"), container(kind="application/epub+zip")]
)
def test_anything_else_is_no_original(content: bytes) -> None:
    with pytest.raises(PortalError, match="original_type"):
        originals.kind_of(content)


@pytest.mark.parametrize(
    ("given", "ending", "kept"),
    [
        ("../../etc/passwd", ".pdf", "passwd.pdf"),
        ("C:\\docs\\pieteikums.PDF", ".pdf", "pieteikums.PDF"),
        ("paraksts.edoc", ".asice", "paraksts.edoc"),
        ("skats.exe", ".jpg", "skats.exe.jpg"),
        ("\x00\n", ".png", "original.png"),
    ],
)
def test_a_file_name_leads_nowhere_and_says_what_is_inside(given: str, ending: str, kept: str) -> None:
    assert originals.safe_name(given, ending) == kept


def test_ids_are_not_guessed_from_codes() -> None:
    assert len({joining.code(KEY, uuid4()) for _ in range(500)}) == 500
