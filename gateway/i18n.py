"""Languages: Latvian by default, English by choice. The English text is the key (msgid) of its Latvian translation.

Plain `.po` files, one per area, are read at start and merged, so nothing has to be compiled. Latvian has three plural
forms, in CLDR's order: zero (0, 10..20, 30), one (1, 21), other (2..9).
"""

from __future__ import annotations

import gettext as gettext_module
import io
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import g, has_request_context

LANGUAGES = ("lv", "en")
FOLDER = Path(__file__).parent / "translations"
PLURAL_LV = (
    "nplurals=3; plural=((n%10==0 || (n%100>=11 && n%100<=19)) ? 0 : (n%10==1 && n%100!=11) ? 1 : 2);"
)


def read_catalogs(language: str) -> dict[str, Catalog]:
    """Return the catalogues of a language by area (file name). Raises ValueError for a file that cannot be read."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale=language, abort_invalid=True)
    return found


@lru_cache(maxsize=4)
def translations(language: str) -> gettext_module.NullTranslations:
    """Return the merged translations of a language; English needs none."""
    if language != "lv":
        return gettext_module.NullTranslations()
    merged = Catalog(locale="lv", fuzzy=False)
    merged.mime_headers = [("Plural-Forms", PLURAL_LV), ("Content-Type", "text/plain; charset=utf-8")]
    for catalog in read_catalogs(language).values():
        for message in catalog:
            if message.id and message.string and not message.fuzzy:
                merged.add(message.id, message.string, context=message.context)
    # Babel writes the header of its own Latvian rule (one, other, zero); ours must win or plurals come out shifted.
    merged.__dict__.update(_num_plurals=3, _plural_expr=PLURAL_LV.split("plural=", 1)[1].rstrip(";"))
    file = io.BytesIO()
    write_mo(file, merged)
    file.seek(0)
    return gettext_module.GNUTranslations(file)


def language() -> str:
    """Return the language of the page being made, Latvian outside a request."""
    if has_request_context():
        work = g.get("work")
        if work is not None:
            return work.language
    return "lv"


def gettext(text: str, **values: Any) -> str:
    """Return `text` in the language of the page, with `%(name)s` filled in."""
    translated = translations(language()).gettext(text) if text else ""
    return translated % values if values else translated


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """Return the form of the text for `num` things, `%(num)s` filled in."""
    return translations(language()).ngettext(singular, plural, num) % {"num": num, **values}


def N_(text: str) -> str:
    """Mark a text for translation that is translated later, where it is shown."""
    return text


def texts_in_use() -> dict[str, set[str]]:
    """Return every text marked for translation in the gateway's sources, with the files that use it."""
    from babel.messages.extract import extract_from_dir

    root = Path(__file__).parent
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found: dict[str, set[str]] = {}
    for file, _line, message, _comments, _context in extract_from_dir(
        root, [("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {
            "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false", "extensions": "jinja2.ext.do",
        }},
        keywords=keywords,
    ):
        texts = message if isinstance(message, tuple) else (message,)
        found.setdefault(texts[0], set()).add(file)
    return found


def problems() -> list[str]:
    """Return what is wrong with the Latvian texts: missing, fuzzy, unused, contradictory, or other placeholders."""
    used = texts_in_use()
    wrong: list[str] = []
    seen: dict[str, tuple[str, object]] = {}
    for area, catalog in read_catalogs("lv").items():
        for message in catalog:
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (str(message.id),)
            text, plural = ids[0], len(ids) > 1
            forms = message.string if isinstance(message.string, tuple) else (str(message.string or ""),)
            if text in seen and seen[text][1] != message.string:
                wrong.append(f"{area}.po: translated otherwise in {seen[text][0]}.po: {text!r}")
            seen[text] = (area, message.string)
            if message.fuzzy:
                wrong.append(f"{area}.po: fuzzy: {text!r}")
            if text not in used:
                wrong.append(f"{area}.po: unused: {text!r}")
            if not all(forms) or (plural and len(forms) != 3):
                wrong.append(f"{area}.po: empty: {text!r}")
            elif any(_placeholders(form) != _placeholders(ids[-1]) for form in forms):
                wrong.append(f"{area}.po: other placeholders: {text!r}")
    wrong += [f"missing: {text!r} ({', '.join(sorted(used[text]))})" for text in sorted(used.keys() - seen.keys())]
    return wrong


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or "all texts are translated")
    raise SystemExit(bool(found))
