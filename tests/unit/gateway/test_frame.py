"""The frame: every route has a rule, headers are strict, errors speak the person's language."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from chassis import context
from chassis.access import Rule
from gateway import errors, routing
from gateway.security import safe_next
from services.identity.messages import ListTerms, TermsList


def test_every_route_has_a_rule(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    assert endpoints == {route.endpoint for route in routing.ROUTES}
    assert all(isinstance(route.rule, Rule) for route in routing.ROUTES)


def test_a_route_without_a_rule_stops_the_start(app: Flask) -> None:
    other = Flask("other")
    other.add_url_rule("/forgotten", endpoint="forgotten", view_func=lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        routing.check_routes(other, free=("static",))


def test_the_decorator_cannot_be_used_without_a_rule() -> None:
    with pytest.raises(TypeError):
        routing.page(Blueprint("x", "x"), "/x")  # type: ignore[call-arg]


def test_staff_pages_are_for_staff_only(app: Flask) -> None:
    open_to_customers = [
        route.path for route in routing.ROUTES
        if route.path.startswith(("/staff", "/api/v1/staff"))
        and not route.rule.open and "user" in (route.rule.kinds or ()) and not route.pending
    ]
    assert open_to_customers == []


def test_pages_forbid_inline_script_and_framing(client: Any) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data(as_text=True)
    assert "<script>" not in text and "style=" not in text and "onclick" not in text


def test_https_adds_strict_transport_security_and_host_cookies(app: Flask, monkeypatch: Any) -> None:
    from gateway import security, session, settings

    monkeypatch.setenv("PUBLIC_URL", "https://portal.example")
    settings.settings.cache_clear()
    try:
        names = dict(security.page_headers(True))
        assert "max-age=63072000" in names["Strict-Transport-Security"]
        assert session.cookie_name("customer") == "__Host-portal"
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()


def test_static_files_are_kept_for_ever_and_old_names_are_gone(client: Any) -> None:
    page = client.get("/").get_data(as_text=True)
    address = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert client.get("/static/portal.000000000000.css").status_code == 404
    assert client.get("/static/../settings.py").status_code == 404


def test_unknown_addresses_answer_a_page_or_a_problem(client: Any) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404 and "Lapa nav atrasta" in page.get_data(as_text=True)
    assert page.headers["X-Request-ID"] in page.get_data(as_text=True)
    problem = client.get("/api/v1/nowhere")
    assert problem.status_code == 404 and problem.content_type == "application/problem+json"
    assert problem.json["code"] == "not_found" and problem.json["reference"] == problem.headers["X-Request-ID"]


def test_a_wrong_method_names_the_right_ones(client: Any) -> None:
    answer = client.put("/api/v1/session", json={})
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]


def test_a_service_that_is_away_is_a_page_with_a_retry(client: Any) -> None:
    answer = client.get("/terms")
    assert answer.status_code == 503 and answer.headers["Retry-After"]


def test_an_unexpected_error_tells_nothing_but_the_reference(client: Any, fake: Any, monkeypatch: Any) -> None:
    logged: list[tuple[str, dict[str, Any]]] = []

    class Log:
        def error(self, event: str, **values: Any) -> None:
            logged.append((context.current().correlation_id, values))

    monkeypatch.setattr(errors, "log", Log())
    fake.on(ListTerms, ZeroDivisionError("secret detail"))
    answer = client.get("/terms")
    assert answer.status_code == 500 and "secret detail" not in answer.get_data(as_text=True)
    assert answer.headers["X-Request-ID"] in answer.get_data(as_text=True)
    assert logged[0][0] == answer.headers["X-Request-ID"] and "secret detail" in logged[0][1]["error"]


def test_latvian_by_default_english_by_choice(client: Any, fake: Any) -> None:
    fake.on(ListTerms, TermsList(items=[]))
    page = client.get("/terms").get_data(as_text=True)
    assert '<html lang="lv"' in page and "Lietošanas noteikumi" in page
    client.set_cookie("language", "en")
    page = client.get("/terms").get_data(as_text=True)
    assert '<html lang="en"' in page and "Terms of use" in page


def test_problems_speak_the_language_asked_for(client: Any) -> None:
    assert client.get("/api/v1/session").json["title"] == "Lūdzu, piesakieties portālā."
    english = client.get("/api/v1/session", headers={"Accept-Language": "en-GB"})
    assert english.json["title"] == "Please sign in."


@pytest.mark.parametrize("target", [
    "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "", None, "\\/x",
    "/ x",
])
def test_nothing_leads_off_the_portal(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


def test_own_addresses_are_kept() -> None:
    assert safe_next("/permits?query=a%20b&after=x") == "/permits?query=a%20b&after=x"


def test_a_body_that_is_too_large_is_refused(client: Any) -> None:
    answer = client.post("/api/v1/session", data=b"x" * 2_000_000, content_type="application/json")
    assert answer.status_code == 413 and answer.json["code"] == "too_large"
