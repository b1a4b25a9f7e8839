"""Making pages: `render` with everything the layout needs, notices that survive a redirect, error pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from flask import Flask, Response, make_response, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup

from chassis.days import riga_today
from chassis.errors import PortalError
from gateway import assets, formats, i18n, logins, portal_state, preferences, routing, session
from gateway.forms import SWITCHES, Form
from gateway.i18n import gettext as _
from gateway.security import CLIENT_FIELD, csrf_token, from_here
from gateway.settings import settings
from gateway.work import current
from services.identity.messages import trail_words

NOTICE_SECONDS = 120
# Never kept over an error or a confirmation: secrets, and what only the old page's session made true.
DROPPED = frozenset({
    "csrf_token", "password", "old_password", "new_password", "new_password_again", "recovery_code",
    "credential", "kept", "token", "code", *SWITCHES,
})
# Not shown again by the page that took it either. The rest of what is dropped above it holds itself, sealed or typed.
SECRET = DROPPED - {"kept", "token", "code"}


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="notice", serializer=Json)


class Json:
    """How what is signed is written."""

    @staticmethod
    def dumps(value: Any) -> str:
        return orjson.dumps(value).decode()

    loads = staticmethod(orjson.loads)


def notice_cookie() -> str:
    """Return the name of the cookie that carries notices over a redirect."""
    return "__Host-notice" if settings().secure else "notice"


def tell(message: str, tone: str = "success") -> None:
    """Show `message` on the next page this person sees. Tones: success, info, warning, danger."""
    work = current()
    if work.notices is None:
        work.notices = _read_notices()
    work.notices.append((tone, message))


def _read_notices() -> list[tuple[str, str]]:
    raw = request.cookies.get(notice_cookie())
    if not raw:
        return []
    try:
        return [(str(tone), str(text)) for tone, text in _signer().loads(raw, max_age=NOTICE_SECONDS)]
    except (BadSignature, ValueError):
        return []


def notices() -> list[tuple[str, str]]:
    """Return the notices to show now and forget them; called by the layout."""
    work = current()
    found = work.notices if work.notices is not None else _read_notices()
    work.notices = []
    return found


def keep_notices(response: Response) -> None:
    """Carry notices that were not shown over to the next page; drop the cookie once they were."""
    work = current()
    if work.notices is None:
        return
    options: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": settings().secure, "path": "/"}
    if work.notices:
        value = str(_signer().dumps(work.notices[-5:]))
        response.set_cookie(notice_cookie(), value, max_age=NOTICE_SECONDS, **options)
    elif request.cookies.get(notice_cookie()):
        response.set_cookie(notice_cookie(), "", max_age=0, **options)


def render(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page from a template."""
    return make_response(render_template(template, **values), status)


def go(target: str, message: str | None = None, tone: str = "success") -> Response:
    """Lead to another page (303), telling `message` there."""
    if message is not None:
        tell(message, tone)
    return cast(Response, redirect(target, 303))


def confirm_page(
    title: str,
    lines: Sequence[str],
    *,
    button: str,
    cancel: str,
    form: Form | None = None,
    tone: str = "primary",
    action: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Response:
    """Return a page that asks before something is done; posts to `action` (here when empty) with hidden `fields`."""
    shown = form or Form.of_request()
    return render(
        "components/confirm.html", shown.status, title=title, lines=lines, button=button, cancel=cancel, form=shown,
        tone=tone, action=action, fields=fields or {},
    )


def error_page(error: PortalError) -> Response:
    """Return the page for an error: what happened, the reference number, and what one can do now."""
    typed = _typed(error)
    if error.status == 401 and not typed:
        return routing.to_sign_in()
    if isinstance(error, routing.TermsFirst):
        return go("/staff/terms/accept" if _staff() else "/terms/accept")
    if isinstance(error, routing.SecondFactorFirst):
        return routing.to_second_factor()
    if error.code in ("step_up_needed", "assurance_needed"):
        from gateway.proofs import step_up_page

        return step_up_page(str(error.params.get("level", "")))
    if isinstance(error, routing.PasswordFirst):
        return go("/staff/password" if _staff() else "/profile/password")
    if current().route is None:
        _who_is_lost()
    elif error.field == "after" and request.method == "GET" and "after" in request.args:
        # A place in a list that is none (an address cut off or edited): only the service could tell, so it is met here.
        return go(query_with(after=None, trail=None), _("The place in the list was not found; this is its beginning."),
                  "warning")
    response = render("pages/error.html", error.status, error=error, typed=typed, kind=_kind(error.status))
    if error.status in (429, 503):
        response.headers["Retry-After"] = str(error.params.get("retry_after", 10))
    return response


def _typed(error: PortalError) -> list[tuple[str, str]]:
    """Return what was typed into a form that came too late, so that it can be sent again."""
    vouched = request.headers.get("Origin") or request.headers.get("Sec-Fetch-Site")
    if request.method != "POST" or not (error.code in ("form_expired", "client_changed") or error.status == 401):
        return []
    if not vouched or not from_here():
        return []  # only what our own page sent is offered again; the rest could be somebody's trap
    found = [(name, value) for name, value in request.form.items(multi=True) if name not in DROPPED]
    return [] if all(name == "next" for name, _ in found) else found


def _who_is_lost() -> None:
    """An address nobody serves has not been through the frame: find language and session for the page's sake."""
    work = current()
    try:
        session.attach(work, api=False)
    except PortalError:
        work.entry = None  # identity is away; the page does without a name
    routing.choose_language(work)


def _kind(status: int) -> str:
    known = {401: "expired", 403: "forbidden", 404: "missing", 410: "missing", 429: "busy", 503: "away", 504: "away"}
    return known.get(status, "broken" if status >= 500 else "refused")


def _staff() -> bool:
    return session.audience_of(request.path) == session.STAFF


class _Layout:
    """What the layout asks about the request, only when it asks."""

    @property
    def work(self) -> Any:
        return current()

    @property
    def claims(self) -> Any:
        entry = current().entry
        return entry.claims if entry is not None else None

    @property
    def staff(self) -> bool:
        return _staff()

    @property
    def theme(self) -> str:
        theme = preferences.chosen(current(), "theme")
        return theme if theme in ("light", "dark") else "auto"

    @property
    def navigation(self) -> Any:
        return routing.navigation(current(), session.STAFF if _staff() else session.CUSTOMER)

    @property
    def here(self) -> str:
        return request.path

    @property
    def back_here(self) -> str:
        """Where a switch of language or appearance leads back to: a door that only takes forms shows nothing."""
        shown = request.method == "GET" or self._shows_forms
        return request.full_path.rstrip("?") if shown else "/staff" if _staff() else "/"

    @property
    def _shows_forms(self) -> bool:
        route = current().route
        # What others post to us (the answer of a provider) is no form somebody typed, and opens nothing by its address.
        return route is not None and route.csrf and "GET" in route.methods

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was sent to this page: a switch of language or appearance sends it once more, to be shown again."""
        if request.method != "POST" or not current().vouched or not self._shows_forms:
            return []
        return [(name, value) for name, value in request.form.items(multi=True) if name not in SECRET]

    @property
    def notice(self) -> str:
        return settings().notice_en if current().language == "en" else settings().notice_lv

    @property
    def notices(self) -> list[str]:
        """The notices of staff that hold now, in the language of the page."""
        english = current().language == "en"
        return [one.text_en if english else one.text_lv for one in portal_state.notices()]

    @property
    def upcoming_terms(self) -> Any:
        """The version of the terms that is not in force yet, for everybody but staff (S1-45, S1-61)."""
        return None if _staff() else portal_state.upcoming_terms()

    @property
    def portal_name(self) -> str:
        return settings().portal_name_en if current().language == "en" else settings().portal_name_lv

    @property
    def working_hours(self) -> str:
        return settings().working_hours_en if current().language == "en" else settings().working_hours_lv

    def inside(self, path: str) -> bool:
        """Tell whether the page shown lies at or below `path`; the start page is only itself."""
        here = request.path
        return here == path or (path not in ("/", "/staff") and here.startswith(path + "/"))

    def may(self, endpoint: str) -> bool:
        """Tell whether the caller may open the page of this endpoint, so that a link to it makes sense."""
        work = current()
        return any(
            route.rule.allows(work.caller) and not portal_state.is_off(route.path)
            for route in routing.ROUTES
            if route.endpoint == endpoint
        )

    def has(self, right: str) -> bool:
        """Tell whether the caller holds a right for the client or for some permit or contract of it.

        One that needs a stronger way of signing in counts: its page says so.
        """
        return current().caller.holds(right) or right in current().caller.short

    def has_whole(self, right: str) -> bool:
        """Tell whether the caller holds a right for the whole client."""
        return current().caller.has(right) or right in current().caller.short

    def entitled(self, area: str) -> bool:
        """Tell whether the client acted for is entitled to an area (S1-22)."""
        return current().caller.entitled(area)

    @property
    def settlement(self) -> str:
        """How the client acted for settles (S1-16); empty without one."""
        return (self.claims.settlement if self.claims is not None else None) or ""

    def is_staff(self, *roles: str) -> bool:
        return current().caller.is_staff(*roles)


def query_with(**changes: Any) -> str:
    """Return this page's address with some query parameters changed; None takes one away."""
    arguments = request.args.copy()
    for name, value in changes.items():
        arguments.pop(name, None)
        if value not in (None, ""):
            arguments[name] = str(value)
    encoded = urlencode(list(arguments.items(multi=True)))
    return f"{request.path}?{encoded}" if encoded else request.path


def same_query(path: str) -> str:
    """Return `path` with this page's query: a link to another form of the same list."""
    encoded = urlencode(list(request.args.items(multi=True)))
    return f"{path}?{encoded}" if encoded else path


def register(app: Flask) -> None:
    """Give templates the filters and functions of the frame."""
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.add_extension("jinja2.ext.do")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, lambda s, p, n: i18n.translations(i18n.language()).ngettext(s, p, n), newstyle=True
    )
    environment.filters.update(
        formats.FILTERS,
        login_method=logins.method_name,
        action=lambda action: trail_words.action_words(action, i18n.language()),
        object_kind=lambda kind: trail_words.object_words(kind, i18n.language()),
    )
    environment.globals.update(
        layout=_Layout(), settings=settings(), icon=assets.icon, asset_url=assets.asset_url, csrf_token=csrf_token,
        notices=notices, today=riga_today, query_with=query_with, same_query=same_query,
        csrf_field=csrf_field, Markup=Markup,
    )


def csrf_field(*, again: bool = False) -> Markup:
    """Return the hidden fields every form that changes something holds: its token, and the client it is made for.

    `again`: what was typed is offered once more, with the client of the first time among it.
    """
    token = Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())
    entry = current().entry
    if again or entry is None or entry.claims.client_id is None:
        return token
    made_for = Markup('<input type="hidden" name="{}" value="{}">').format(CLIENT_FIELD, entry.claims.client_id)
    return token + made_for
