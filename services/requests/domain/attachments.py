"""Which files may be attached: the type is told by the content, never by the name the browser sent."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile

from chassis.errors import PortalError

MAX_BYTES = 10 * 1024 * 1024
MAX_FILES = 10

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ASICE = "application/vnd.etsi.asic-e+zip"
EXTENSIONS = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), DOCX: (".docx",), ASICE: (".asice", ".edoc")}


def media_type(content: bytes) -> str:
    """Return the media type of the content. Raises PortalError requests.attachment_type for any other kind."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"PK\x03\x04"):
        return _container(content)
    raise PortalError("requests.attachment_type")


def _container(content: bytes) -> str:
    # Only the directory and at most 64 bytes of one entry are read, so a zip bomb stays closed.
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            names = set(container.namelist())
            if "mimetype" in names:
                with container.open("mimetype") as entry:
                    declared = entry.read(64).strip()
                if declared == ASICE.encode() and any(n.startswith("META-INF/") and "signature" in n for n in names):
                    return ASICE
            if "[Content_Types].xml" in names and "word/document.xml" in names:
                # A macro in a document is a program, not a data sheet.
                if "word/vbaProject.bin" in names:
                    raise PortalError("requests.attachment_type")
                return DOCX
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise PortalError("requests.attachment_type") from error
    raise PortalError("requests.attachment_type")


def safe_name(name: str) -> str:
    """Return the last part of a file's name without what could harm a header, a disk or a reader; never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc control characters, Cf invisible ones such as the mark that turns the reading direction round.
    plain = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    plain = re.sub(r'[<>:"|?*;]', "_", " ".join(plain.split())).strip(". ")
    if len(plain) > 120:
        stem, dot, extension = plain.rpartition(".")
        plain = f"{stem[: 119 - len(extension)]}{dot}{extension}" if dot and len(extension) <= 8 else plain[:120]
    return plain or "file"


def named_as(name: str, kind: str) -> str:
    """Return the name with an extension that tells the truth about the content."""
    return name if name.lower().endswith(EXTENSIONS[kind]) else name + EXTENSIONS[kind][0]


def check_size(size: int, limit: int = MAX_BYTES) -> None:
    """Raise PortalError attachment_empty (422) or attachment_size (413) for a size outside 1..limit bytes."""
    if size < 1:
        raise PortalError("requests.attachment_empty")
    if size > limit:
        raise PortalError("requests.attachment_size", limit_mb=limit // (1024 * 1024))


def check_count(present: int, limit: int = MAX_FILES) -> None:
    """Raise PortalError attachment_count (409) when no further file fits."""
    if present >= limit:
        raise PortalError("requests.attachment_count", limit=limit)
