"""Static files: hashed names that never change their content, so browsers keep them for a year.

Bootstrap's style sheet and icons come from the Bootstrap-Flask wheel at start. The one style sheet pages load is
Bootstrap, Bootstrap's dark colours once more for people whose system is dark, and our theme.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from flask import Response, request
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ".png": "image/png", ".ico": "image/x-icon", ".pdf": "application/pdf",
}
_DARK = re.compile(r"([^{}]*\[data-bs-theme=dark\][^{}]*)(\{[^{}]*\})")


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: its hashed name, body, the same compressed, and its media type."""

    name: str
    body: bytes
    packed: bytes | None
    media_type: str


def _asset(name: str, body: bytes) -> Asset:
    stem, dot, extension = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{extension}"
    packed = gzip.compress(body, 9, mtime=0) if dot and extension in ("css", "js", "svg") else None
    return Asset(hashed, body, packed, TYPES[f".{extension}"])


def _bootstrap() -> Path:
    return Path(str(files("flask_bootstrap"))) / "static" / "bootstrap5"


def dark_by_system(css: str) -> str:
    """Return the dark rules of Bootstrap's style sheet, made to apply where the page follows the system."""
    rules = [
        selector.strip().replace("[data-bs-theme=dark]", "[data-bs-theme=auto]") + body
        for selector, body in _DARK.findall(css)
    ]
    return "@media (prefers-color-scheme:dark){" + "".join(rules) + "}"


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Return every static file by its plain name, e.g. `portal.css`."""
    found: dict[str, Asset] = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.suffix in TYPES and path.suffix != ".css":
            found[path.name] = _asset(path.name, path.read_bytes())
    bootstrap = (_bootstrap() / "css" / "bootstrap.min.css").read_text()
    bootstrap = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", bootstrap)
    theme = "\n".join(path.read_text() for path in sorted((FOLDER / "css").glob("*.css")))
    whole = bootstrap + dark_by_system(bootstrap) + theme + dark_by_system(theme)
    found["portal.css"] = _asset("portal.css", whole.encode())
    return found


@lru_cache(maxsize=1)
def _by_hashed_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in assets().values()}


def asset_url(name: str) -> str:
    """Return the address of a static file. Raises KeyError for one that does not exist."""
    return f"/static/{assets()[name].name}"


def serve(name: str) -> Response:
    """Answer a static file; an unknown or outdated name is 404."""
    asset = _by_hashed_name().get(name)
    if asset is None:
        return Response("Not found\n", 404, content_type="text/plain")
    packed = asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(asset.packed if packed else asset.body, content_type=asset.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=1)
def _symbols() -> dict[str, str]:
    text = (_bootstrap() / "icons" / "bootstrap-icons.svg").read_text()
    return dict(re.findall(r'<symbol[^>]* id="([^"]+)">(.*?)</symbol>', text))


@lru_cache(maxsize=256)
def icon(name: str, label: str = "", css: str = "") -> Markup:
    """Return a Bootstrap icon as inline SVG: decoration, or an image with `label` as its text alternative.

    Raises KeyError for a name the set does not have.
    """
    meaning = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(  # noqa: S704 - the drawing comes from the installed wheel, the label is escaped
        f'<svg class="icon {escape(css)}" {meaning} focusable="false" viewBox="0 0 16 16" fill="currentColor">'
        f"{_symbols()[name]}</svg>"
    )
