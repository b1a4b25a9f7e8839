"""Which files a signed original may be, told by their content and never by their name."""

from __future__ import annotations

from chassis.errors import PortalError

# the first bytes -> media type, ending
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
)
ASICE = "application/vnd.etsi.asic-e+zip"
_ZIP, _NAME_AT = b"PK\x03\x04", 30
_NAME = b"mimetype"


def kind_of(start: bytes) -> tuple[str, str]:
    """Return (media type, ending) of a file from its first 100 bytes or more. Raises PortalError original_type.

    A signed container (ASiC-E, eDoc) is a ZIP whose first entry is an unpacked `mimetype` that says so (ETSI EN
    319 162-1); any other archive could hold anything.
    """
    for sign, media_type, ending in _SIGNS:
        if start.startswith(sign):
            return media_type, ending
    if start.startswith(_ZIP) and start[_NAME_AT : _NAME_AT + len(_NAME)] == _NAME and b"asic-e" in start[:120]:
        return ASICE, ".asice"
    raise PortalError("identity.original_type", field="file")


def safe_name(name: str, ending: str) -> str:
    """Return a file name without folders and control characters that ends as its content says."""
    plain = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip(" .") or "original"
    alike = {".jpg": (".jpg", ".jpeg"), ".asice": (".asice", ".edoc", ".sce")}.get(ending, (ending,))
    return plain[-150:] if plain.lower().endswith(alike) else f"{plain[-140:]}{ending}"
