"""What is said about a register file as a whole; a service puts these among its own errors: `{**SENTENCES, ...}`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[int, str, str]] = {
    "row_width": (
        422,
        "Rindā ir {found} kolonnas, vajag {expected}.",
        "The row has {found} columns, needs {expected}.",
    ),
    "file_empty": (422, "Datne ir tukša.", "The file is empty."),
    "file_header": (
        422,
        "Datnes galvenē trūkst kolonnu: {missing}.",
        "The header of the file lacks columns: {missing}.",
    ),
    "file_encoding": (
        422,
        "Datne nav UTF-8 tekstā (baits {position}).",
        "The file is not UTF-8 text (byte {position}).",
    ),
    "file_truncated": (
        422,
        "Saspiestā datne ir bojāta vai nav pilna.",
        "The compressed file is damaged or incomplete.",
    ),
    "file_not_csv": (422, "Datne nav CSV tabula (rinda {row}).", "The file is not a CSV table (row {row})."),
    "file_too_large": (413, "Datne ir lielāka par {limit}.", "The file is larger than {limit}."),
    "import_not_open": (409, "Šī datne jau ir nodota apstrādei.", "This file has already been handed over."),
    "import_incomplete": (422, "Datne nav saņemta pilnībā.", "The file has not arrived completely."),
}
