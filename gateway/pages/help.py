"""Help: contacts, user manual, browsers, what each error means."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response

from chassis.access import public
from chassis.errors import PortalError, known_codes, sentence
from gateway.routing import page
from gateway.settings import settings
from gateway.views import render

bp = Blueprint("help", __name__)


@page(bp, "/help", allow=public, pending=True)
def contacts() -> Response:
    return render("pages/help/contacts.html")


@page(bp, "/help/manual", allow=public, pending=True)
def manual() -> Response:
    return render("pages/help/manual.html")


@page(bp, "/help/safety", allow=public, pending=True)
def safety() -> Response:
    """How to verify the address and the certificate, and how to protect a computer (S3-38, S3-39)."""
    return render("pages/help/safety.html", host=urlsplit(settings().public_url).netloc)


@page(bp, "/help/application", allow=public, pending=True)
def application() -> Response:
    return render("pages/help/application.html")


@page(bp, "/problems", allow=public, pending=True)
def problems() -> Response:
    return render("pages/help/problems.html", codes=known_codes(), sentence=sentence)


@page(bp, "/problems/<code>", allow=public, pending=True)
def problem(code: str) -> Response:
    """What an error code of the API means; the `type` of problem details leads here."""
    if code not in dict(known_codes()):
        raise PortalError("not_found")
    return render("pages/help/problem.html", code=code, error=PortalError(code))
