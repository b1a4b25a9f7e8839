"""Forms to be signed as PDF/A-3a and PDF/UA-1 in one file, rendered by typst: filled in, or empty to write on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import typst

from chassis.days import format_day, riga_day
from services.identity.documents.words import WORDS
from services.identity.domain.joining import DECLARATIONS, FOR_APPLICATION
from services.identity.messages import ApplicationView
from services.identity.settings import IdentitySettings

TEMPLATE = Path(__file__).with_name("form.typ")
STANDARDS: Any = ["a-3a", "ua-1"]


def render(content: dict[str, Any]) -> bytes:
    """Return the PDF. Pure CPU work of some milliseconds: call it off the event loop."""
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            None,
            format="pdf",
            sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
        )
    )


def _frame(title: str, language: str, day: date, settings: IdentitySettings) -> dict[str, Any]:
    w: Any = WORDS[language]
    operator = {"operator": settings.operator_name, "reg_no": settings.operator_reg_no,
                "address": settings.operator_address}  # fmt: skip
    return {
        "language": language,
        "title": w[title],
        "operator": settings.operator_name,
        "to": w["to"].format(**operator),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "number": "",
        "number_line": "",
        "page_word": w["page"],
        "statements_title": w["statements"],
        "signature": [[w["signature"], ""], [w["date"], ""]],
        "notes": [line.format(email=settings.operator_official_email) for line in w["notes"]],
    }


def application(view: ApplicationView, language: str, settings: IdentitySettings) -> dict[str, Any]:
    """Return what stands on a filled-in application."""
    w: Any = WORDS[language]
    data = view.data
    legal = data.client_kind == "legal"
    ways = [w[name] for name, yes in (("unified", data.user_person_code), ("password", data.password_wanted)) if yes]
    code = [w["reg_no"], data.reg_no or ""] if legal else [w["person_code"], shown(data.person_code)]
    client = [
        [w["kind"], w[data.client_kind]], [w["client_name"], data.client_name], code,
        [w["client_no"], data.client_no or "–"], [w["address"], data.client_address], [w["email"], data.client_email],
        [w["phone"], data.client_phone],
    ]  # fmt: skip
    user = [
        [w["user_name"], data.user_name], [w["person_code"], shown(data.user_person_code) or "–"],
        [w["user_email"], data.user_email], [w["phone"], data.user_phone or "–"], [w["sign_in"], w["and"].join(ways)],
        [w["role"], w[data.role]], [w["rights"], ", ".join(w["rights_names"][right] for right in data.rights)],
        [w["valid_to"], format_day(data.valid_to) or w["open_ended"]],
    ]  # fmt: skip
    sections = [{"title": w["client"], "rows": client}]
    if legal:
        signatory = [[w["signatory_name"], data.signatory_name or ""],
                     [w["signatory_position"], data.signatory_position or ""]]  # fmt: skip
        sections.append({"title": w["signatory"], "rows": signatory})
    sections.append({"title": w["user"], "rows": user})
    day = riga_day(view.submitted_at)
    return _frame("application", language, day, settings) | {
        "number": view.number,
        "number_line": w["number_line"].format(number=view.number, day=format_day(day)),
        "blank": False,
        "sections": sections,
        "statements": [DECLARATIONS[kind][language] for kind in FOR_APPLICATION],
    }


def blank_application(language: str, day: date, settings: IdentitySettings) -> dict[str, Any]:
    """Return what stands on an application to be filled in by hand (S0-23)."""
    w: Any = WORDS[language]

    def empty(*names: str) -> list[list[str]]:
        return [[w[name], ""] for name in names]

    return _frame("application", language, day, settings) | {
        "blank": True,
        "sections": [
            {"title": w["client"], "rows": empty("client_name", "code", "client_no", "address", "email", "phone")},
            {"title": w["signatory"], "rows": empty("signatory_name", "signatory_position")},
            {
                "title": w["user"],
                "rows": [
                    *empty("user_name", "person_code", "user_email", "phone"),
                    [w["sign_in"], f"☐ {w['unified']}   ☐ {w['password']}"],
                    [w["role"], f"☐ {w['main']}   ☐ {w['additional']}"],
                    [w["rights"], "   ".join(f"☐ {name}" for name in w["rights_names"].values())],
                    *empty("valid_to"),
                ],
            },
        ],
        "statements": [DECLARATIONS[kind][language] for kind in FOR_APPLICATION],
    }


def withdrawal(
    language: str, day: date, settings: IdentitySettings, *, user: tuple[str, str] = ("", ""), clients: str = ""
) -> dict[str, Any]:
    """Return what stands on a withdrawal (S0-24); `user` is the name and e-mail of whoever is signed in."""
    w: Any = WORDS[language]
    return _frame("withdrawal", language, day, settings) | {
        "blank": True,
        "sections": [
            {"title": w["client"], "rows": [[w["client_name"], clients], [w["code"], ""]]},
            {"title": w["user"], "rows": [[w["user_name"], user[0]], [w["user_email"], user[1]]]},
            {"title": w["who_withdraws"], "rows": [[w["withdrawal"], w["by_user"]], [w["reason"], ""]]},
        ],
        "statements": list(w["withdrawal_statements"]),
    }


def shown(code: str | None) -> str:
    """Return a personal code as people write it; the document is for whoever gave it."""
    return f"{code[:6]}-{code[6:]}" if code and len(code) == 11 and code.isdigit() else code or ""
