"""Sessions: the cookie's secret is traded for a signed token that stays in memory (architecture, section 6).

The cache is bounded, refreshes a token before it ends, asks identity once however many requests wait, and forgets a
session the moment identity says it is revoked. More than 99 % of requests need no call for their session.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from flask import Request

from chassis.caller import Caller, Objects
from chassis.errors import PortalError
from chassis.revocations import Revocations
from chassis.trust import trusted
from gateway import bus, machines
from gateway.settings import settings
from gateway.work import Work
from services.identity.messages import (
    ResolveSession,
    Session,
    SessionChanged,
    SessionClaims,
    SessionRevoked,
    SigningKeysChanged,
)

CUSTOMER, STAFF = "customer", "staff"
REFRESH_BEFORE_SECONDS = 60.0
REFUSED_SECONDS = 10.0
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,128}\Z")


class Entry:
    """One session in memory: its secret, the signed token, who it is, and until when the token is good (epoch)."""

    __slots__ = ("caller", "claims", "expires", "refreshing", "secret", "token")

    def __init__(self, secret: str, session: Session) -> None:
        self.secret = secret
        self.token = session.token
        self.claims = session.claims
        self.caller = caller_of(session.claims)
        self.expires = session.expires_at.timestamp()
        self.refreshing = False


def caller_of(claims: SessionClaims) -> Caller:
    """Return who the claims of a session stand for."""
    return Caller(
        kind="pending" if claims.gate else "staff" if claims.kind == "staff" else "user",
        user=claims.user_id,
        client=claims.client_id,
        rights=frozenset(claims.rights),
        roles=frozenset(claims.roles),
        session=claims.session_id,
        assurance=claims.assurance,
        name=claims.name,
        language=claims.language,
        scopes={held.right: Objects(frozenset(held.permits), frozenset(held.contracts)) for held in claims.limited},
        generation=claims.generation,
        second_factor=claims.second_factor,
        stepped_up_at=claims.stepped_up_at,
        areas=None if claims.areas is None else frozenset(claims.areas),
        client_kind=claims.client_kind,
        short=claims.short,
    )


class SessionCache:
    """Secret to entry, least recently used out first; `resolve` is the only call that may reach the bus."""

    def __init__(self, resolve: Callable[[str], Session], capacity: int) -> None:
        self._resolve = resolve
        self._capacity = capacity
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._waiting: dict[str, Future[Entry | None]] = {}
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._overtaken = Revocations()
        self._lock = threading.Lock()

    def find(self, secret: str) -> Entry | None:
        """Return the session of a secret, None when there is none. Raises PortalError when identity cannot be asked."""
        entry = self._entries.get(secret)
        if entry is not None:
            left = entry.expires - time.time()
            if left > REFRESH_BEFORE_SECONDS:
                return entry
            if left > 1:
                return self._refresh(entry)
        return self._ask(secret)

    def _refresh(self, entry: Entry) -> Entry | None:
        # One request renews; the others go on with the token they have, which is still good.
        with self._lock:
            if entry.refreshing:
                return entry
            entry.refreshing = True
        try:
            return self._fetch(entry.secret)
        except PortalError:
            return entry
        finally:
            entry.refreshing = False

    def _ask(self, secret: str) -> Entry | None:
        with self._lock:
            if self._refused.get(secret, 0.0) > time.monotonic():
                return None
            waiting = self._waiting.get(secret)
            if waiting is None:
                mine: Future[Entry | None] = Future()
                self._waiting[secret] = mine
        if waiting is not None:
            return waiting.result(timeout=10)
        try:
            found = self._fetch(secret)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(found)
            return found
        finally:
            with self._lock:
                del self._waiting[secret]

    def _fetch(self, secret: str) -> Entry | None:
        try:
            session = self._resolve(secret)
        except PortalError as error:
            if error.status >= 500:
                raise
            self._refuse(secret)
            return None
        entry = self.put(secret, session)
        if entry is None and not self._overtaken.is_over(session.claims.session_id):
            # The session changed while identity was answering; the second answer knows.
            return self.put(secret, self._resolve(secret))
        return entry

    def _refuse(self, secret: str) -> None:
        with self._lock:
            self._entries.pop(secret, None)
            self._refused[secret] = time.monotonic() + REFUSED_SECONDS
            while len(self._refused) > self._capacity:
                self._refused.popitem(last=False)

    def put(self, secret: str, session: Session) -> Entry | None:
        """Remember a session; None when it was revoked or changed while we asked."""
        entry = Entry(secret, session)
        with self._lock:
            if self._overtaken.refuses(entry.caller):
                return None
            self._entries[secret] = entry
            self._entries.move_to_end(secret)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        return entry

    def forget(self, secret: str) -> None:
        """Drop one secret, so that the next request asks identity anew."""
        with self._lock:
            self._entries.pop(secret, None)

    def drop(self, session_id: UUID, *, ended: bool = True, generation: int = 0) -> None:
        """Drop a session by its id; an ended one is not let in again, even by an answer already on its way.

        One that only changed is asked for anew, and an answer older than `generation` is not taken.
        """
        with self._lock:
            if ended:
                self._overtaken.ended(session_id)
            else:
                self._overtaken.changed(session_id, generation)
            for secret in [s for s, entry in self._entries.items() if entry.claims.session_id == session_id]:
                if ended or generation == 0 or self._entries[secret].claims.generation < generation:
                    del self._entries[secret]

    def drop_all(self) -> None:
        """Drop everything: while the connection was down, a revocation may have been missed."""
        with self._lock:
            self._entries.clear()
            self._refused.clear()

    def __len__(self) -> int:
        return len(self._entries)


def _resolve(secret: str) -> Session:
    return bus.call(ResolveSession(secret=secret))


cache = SessionCache(_resolve, 20_000)


def _on_keys(event: Any) -> None:
    """After a key was withdrawn nothing it signed is kept, so that nobody is refused for a token of ours."""
    if event.withdrawn is not None:
        trusted.forget()
        cache.drop_all()


def _listen(client: Any) -> None:
    """Hear of ended and changed sessions; after a lost connection forget all, for something may have been missed."""
    client.listen(SessionRevoked, lambda event: cache.drop(event.session_id))
    client.listen(SigningKeysChanged, _on_keys)
    client.listen(SessionChanged, lambda event: cache.drop(event.session_id, ended=False, generation=event.generation))
    client.on_reconnect(lambda: cache.drop_all())


bus.on_open(_listen)


def cookie_name(audience: str) -> str:
    """Return the cookie's name: `__Host-` prefixed over TLS; plain names over http, where the prefix cannot be kept."""
    name = "portal-staff" if audience == STAFF else "portal"
    return f"__Host-{name}" if settings().secure else name


def audience_of(path: str) -> str:
    """Return whose area a path belongs to."""
    return STAFF if path == "/staff" or path.startswith(("/staff/", "/api/v1/staff/")) else CUSTOMER


def bearer(request: Request) -> str | None:
    """Return the secret of `Authorization: Bearer`, None without one."""
    header = request.headers.get("Authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else None


def attach(work: Work, *, api: bool) -> None:
    """Find out who sent this request and write it into `work`.

    Pages look at the cookie of their area. The API takes a bearer secret first, then the cookie of the area, then the
    other one, so that a page's script and a tool both work.
    """
    request = work.request
    secret = bearer(request) if api else None
    if secret is not None and "." in secret:
        machines.attach(work, secret)
        return
    if secret is None:
        area = audience_of(request.path)
        cookies = request.cookies
        secret = cookies.get(cookie_name(area))
        if secret is None and api:
            secret = cookies.get(cookie_name(STAFF if area == CUSTOMER else CUSTOMER))
    if not secret or not _SECRET.match(secret):
        return
    entry = cache.find(secret)
    if entry is not None:
        work.entry, work.caller, work.token = entry, entry.caller, entry.token


def again(work: Work) -> bool:
    """Ask identity anew who sent this request: what was known of the session is no longer right.

    Tells whether the session goes on, with another token.
    """
    if work.entry is None:
        return False
    # Asked without a token: the one at hand may be overtaken, and then no door takes it, identity's neither.
    before, work.token = work.token, None
    cache.forget(work.entry.secret)
    try:
        entry = cache.find(work.entry.secret)
    finally:
        work.token = before
    if entry is None:
        return False
    work.entry, work.caller, work.token = entry, entry.caller, entry.token
    return entry.token != before


bus.on_overtaken(again)


def keep(work: Work, secret: str, session: Session, audience: str) -> None:
    """Begin or rotate a session: remember it and send its cookie (a session cookie; identity knows when it ends)."""
    if work.entry is not None:
        cache.forget(work.entry.secret)
    entry = cache.put(secret, session)
    if entry is not None:
        work.entry, work.caller, work.token = entry, entry.caller, entry.token
    work.cookies.append({
        "key": cookie_name(audience), "value": secret, "secure": settings().secure, "httponly": True, "samesite": "Lax",
        "path": "/",
    })


def end(work: Work, audience: str) -> None:
    """Forget the session of this request and delete its cookie."""
    if work.entry is not None:
        cache.drop(work.entry.claims.session_id)
    work.cookies.append({
        "key": cookie_name(audience), "value": "", "max_age": 0, "secure": settings().secure, "httponly": True,
        "samesite": "Lax", "path": "/",
    })
