"""Files are read piece by piece, and anything broken about them is found."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.permits.domain.register_row import REQUIRED_COLUMNS
from services.permits.usecases.work_import import register_file

HEADER = ",".join(REQUIRED_COLUMNS)
ROW = ",".join(["LV-1", *["x"] * (len(REQUIRED_COLUMNS) - 1)])


def read(content: bytes, size: int = 1000) -> list[tuple[int, object]]:
    chunks = (content[i : i + size] for i in range(0, len(content), size))
    return [(number, dict(row)) for number, row in register_file(chunks)]


def file(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda b: gzip.compress(b[:90]) + gzip.compress(b[90:])])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_plain_compressed_and_marked_files_read_the_same(pack, mark: bytes, size: int) -> None:  # type: ignore[no-untyped-def]
    found = read(pack(mark + file(ROW, ROW)), size)
    assert [number for number, _ in found] == [2, 3]
    assert found[0][1]["permit_no"] == "LV-1"  # type: ignore[index]


def test_semicolons_any_order_of_columns_and_more_columns_than_known() -> None:
    header = ";".join(["extra", *reversed(REQUIRED_COLUMNS)])
    content = file(";".join(["e", *["y"] * (len(REQUIRED_COLUMNS) - 1), "LV-9"]), header=header)
    assert read(content)[0][1]["permit_no"] == "LV-9"  # type: ignore[index]


def test_a_row_of_a_wrong_width_keeps_its_permit_number() -> None:
    whole = register_file([file("LV-7,A")])
    number, row = next(iter(whole))
    assert (number, row, whole.found_width, whole.width) == (2, {"permit_no": "LV-7"}, 2, len(REQUIRED_COLUMNS))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (file(), "file_empty"),
        (b"permit_no,status\nA,B\n", "file_header"),
        (b"%PDF-1.7\n%\xe2\xe3", "file_encoding"),
        (b"<html><body>register</body></html>\n", "file_header"),
        (file(ROW) + "Rīga".encode("cp1257") + b"\n", "file_encoding"),
        (file(ROW) + b'"never closed,' + ROW.encode(), "file_not_csv"),
        (file(ROW) + b"a\0b\n", "file_not_csv"),
        (file(ROW) + b"x" * 200_000, "file_not_csv"),
        (gzip.compress(file(*[ROW] * 5000))[:-20], "file_truncated"),
        (gzip.compress(file(*[ROW] * 5000))[:200], "file_truncated"),
        (gzip.compress(file(ROW)) + b"garbage", "file_truncated"),
        (file(ROW) + "ā".encode()[:1], "file_encoding"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(PortalError) as refused:
        read(content)
    assert refused.value.code == f"permits.{code}"


@given(st.binary(max_size=3000), st.integers(1, 500))
def test_no_bytes_break_the_reader(content: bytes, size: int) -> None:
    with pytest.raises(PortalError, match=r"permits\.file_"):
        read(content, size)


def test_a_file_of_a_hundred_thousand_rows_is_never_in_memory() -> None:
    def chunks() -> Iterator[bytes]:
        yield (HEADER + "\n").encode()
        for _ in range(1000):
            yield (f"{ROW}\n" * 100).encode()

    tracemalloc.start()
    try:
        assert sum(1 for _ in register_file(chunks())) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_a_compressed_bomb_is_unpacked_in_small_pieces() -> None:
    bomb = gzip.compress(file(*[ROW] * 200_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in register_file([bomb])) == 200_000
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
