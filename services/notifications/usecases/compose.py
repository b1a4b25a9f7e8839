"""Writing a message: templates from files, filled in the addressee's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from services.notifications.domain import rendering
from services.notifications.settings import settings

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LANGUAGES = ("lv", "en")
FOOTER = {
    "lv": "Šo ziņu nosūtīja pašapkalpošanās portāls. Paziņojumu veidus varat izvēlēties portālā.",
    "en": "This message was sent by the self-service portal. You can choose kinds of messages in the portal.",
}

# Texts, not HTML: what is filled in is escaped when the HTML part is made from the finished text. A word nobody
# filled in is an error, not an empty place.
_texts = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
_texts.filters["quote"] = rendering.quote
_pages = Environment(undefined=StrictUndefined, autoescape=True)


@dataclass(frozen=True)
class Composed:
    """A message in one language, ready for every channel."""

    subject: str
    body: str
    html: str
    sms: str
    link: str


@lru_cache(maxsize=256)
def template(kind: str, language: str) -> rendering.Template:
    """Return the template of a kind. Raises OSError or ValueError when it is missing or broken."""
    return rendering.read_template((TEMPLATES / f"{kind}.{language}.txt").read_text("utf-8"))


@lru_cache(maxsize=1)
def _layout() -> Any:
    return _pages.from_string((TEMPLATES / "layout.html").read_text("utf-8"))


def compose(kind: str, language: str, path: str, values: Mapping[str, Any]) -> Composed:
    """Fill a kind's template. Raises jinja2.UndefinedError for a word the values lack."""
    source = template(kind, language)
    words = {
        name: value[language] if isinstance(value, dict) and set(value) == {"lv", "en"} else value
        for name, value in values.items()
    }
    portal = settings().public_url.rstrip("/")
    url = portal + path
    # Line breaks in what is filled in stay inside the body; subject, button and short text are one line each.
    flat = {name: rendering.one_line(v, 200) if isinstance(v, str) else v for name, v in words.items()}
    subject = rendering.one_line(_texts.from_string(source.subject).render(flat), rendering.MOST_SUBJECT)
    short = rendering.one_line(_texts.from_string(source.sms).render(flat), rendering.MOST_SMS)
    body = rendering.plain_body(_texts.from_string(source.body).render(words))
    html = _layout().render(
        language=language, subject=subject, body=Markup(rendering.html_body(body)),  # noqa: S704 - escaped piece by piece
        url=url, button=source.button, footer=FOOTER[language], portal=portal,
    )  # fmt: skip
    return Composed(subject, body, html, f"{short} {url}", path)


def mail_text(composed_body: str, button: str, url: str, language: str) -> str:
    """Return the text part of an e-mail: the body, the link, the footer."""
    return f"{composed_body}\n\n{button}: {url}\n\n-- \n{FOOTER[language]}\n{settings().public_url}\n"
