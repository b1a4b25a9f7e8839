"""The type of a file is told by its content; names are made harmless."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.requests.domain import attachments as rule
from services.requests.domain.confirmation import case_number, content_hash


def container(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


DOCX = container(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"})
ASICE = container(
    **{"mimetype": b"application/vnd.etsi.asic-e+zip", "a.pdf": b"%PDF-", "META-INF__signatures001.xml": b"<x/>"}
)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", rule.PDF),
        (b"\x89PNG\r\n\x1a\n....", rule.PNG),
        (b"\xff\xd8\xff\xe0....", rule.JPEG),
        (DOCX, rule.DOCX),
        (ASICE, rule.ASICE),
    ],
)
def test_the_five_kinds_are_told_by_their_content(content: bytes, kind: str) -> None:
    assert rule.media_type(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00", b"<html><script>", b"GIF89a", b"", b"PK\x03\x04 broken", DOCX[:60],
        container(**{"evil.exe": b"MZ"}),
        container(**{"[Content_Types].xml": b"", "word__document.xml": b"", "word__vbaProject.bin": b"macro"}),
        container(mimetype=b"application/vnd.etsi.asic-e+zip"),
        b"  %PDF-1.7",
    ],
)  # fmt: skip
def test_everything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PortalError, match="attachment_type"):
        rule.media_type(content)


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", DOCX[:40], ASICE[:80]]))
def test_no_content_breaks_the_check(content: bytes, start: bytes) -> None:
    try:
        assert rule.media_type(start + content) in rule.EXTENSIONS
    except PortalError as refused:
        assert refused.code == "requests.attachment_type"


@given(st.text(max_size=300))
def test_a_name_is_always_one_harmless_word(name: str) -> None:
    safe = rule.safe_name(name)
    assert 1 <= len(safe) <= 120
    assert not set(safe) & set('/\\<>:"|?*;\r\n\x00\u202e')
    assert rule.safe_name(safe) == safe


def test_names_keep_latvian_letters_and_tell_the_truth_about_the_content() -> None:
    assert rule.safe_name("C:\\Dati\\Antenas datu lapa – Ķegums.pdf") == "Antenas datu lapa – Ķegums.pdf"
    assert rule.named_as("lapa.exe", rule.PDF) == "lapa.exe.pdf"
    assert rule.named_as("Foto.JPG", rule.JPEG) == "Foto.JPG"


def test_sizes_and_counts_have_limits() -> None:
    rule.check_size(rule.MAX_BYTES)
    for size, code in ((0, "attachment_empty"), (rule.MAX_BYTES + 1, "attachment_size")):
        with pytest.raises(PortalError, match=code):
            rule.check_size(size)
    rule.check_count(9)
    with pytest.raises(PortalError, match="attachment_count"):
        rule.check_count(10)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1), st.lists(st.tuples(st.text(), st.text())))
def test_the_hash_depends_on_the_content_only(data: dict[str, str], files: list[tuple[str, str]]) -> None:
    turned = dict(reversed(list(data.items())))
    first = content_hash("f", 1, data, files, "I agree")
    assert first == content_hash("f", 1, turned, list(reversed(files)), "I agree")
    name = next(iter(data))
    assert first != content_hash("f", 1, {**data, name: data[name] + "x"}, files, "I agree")
    assert first != content_hash("f", 2, data, files, "I agree")
    assert first != content_hash("f", 1, data, [*files, ("n", "h")], "I agree")
    assert first != content_hash("f", 1, data, files, "I agree too")


def test_case_numbers_are_readable() -> None:
    assert case_number(2026, 17) == "P-2026-000017"
    with pytest.raises(ValueError, match="begin at 1"):
        case_number(2026, 0)
