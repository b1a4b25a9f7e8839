"""A person signs in by a provider outside: the start, and the answer the browser brings back (S0-12, S1-08, S1-64)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.telemetry import get_logger
from services.identity.domain.external import ExternalIdentity
from services.identity.messages import (
    FinishLogin,
    ListLoginProviders,
    LoginFinished,
    LoginProvider,
    LoginProviders,
    LoginStarted,
    ProviderName,
    StartLogin,
)
from services.identity.providers.base import Answer, Provider, Refused, Secrets
from services.identity.store import login_attempts as attempts
from services.identity.store.external_tables import LoginAttempt
from services.identity.tools import Tools
from services.identity.usecases import external_confirm as confirming
from services.identity.usecases import external_people as people
from services.identity.usecases.sessions_common import network_address

log = get_logger(__name__)

# What somebody who is signed in begins for their own account.
OWN = ("link", "confirm")


def providers(tools: Tools, request: ListLoginProviders) -> LoginProviders:
    """Return the providers people may choose from."""
    return LoginProviders(
        items=[
            LoginProvider(
                provider=one.id,
                kind=one.config.kind,  # type: ignore[arg-type]
                name=ProviderName(lv=one.config.name.lv, en=one.config.name.en),
                bank=one.config.bank,
                idp_initiated=one.config.idp_initiated,
                required_assurance=one.config.required_assurance,
                needs_contract=one.config.needs_contract,
            )
            for one in tools.providers
        ]
    )


def return_address(tools: Tools, provider: Provider) -> str:
    """Return where a provider sends the browser back to: an address of its own, so that answers cannot be mixed up."""
    return f"{tools.settings.public_url.rstrip('/')}/sign-in/callback/{provider.id}"


def start(db: Database, tools: Tools, request: StartLogin, caller: Caller) -> LoginStarted:
    """Begin a login for one browser. Raises PortalError not_found, provider_unavailable, login_unsolicited."""
    provider = tools.providers.get(request.provider)
    if request.purpose in OWN and (caller.user is None or caller.kind != "user" or caller.session is None):
        raise PortalError("unauthenticated")
    if request.purpose == "register" and not request.contract_no:
        raise PortalError("required", field="contract_no")
    if request.issuer is not None and not (provider.config.idp_initiated and provider.issuer_is(request.issuer)):
        raise PortalError("identity.login_unsolicited")
    moment = now()
    both = Secrets(state=secrets.token_urlsafe(32), browser=request.browser)
    try:
        # Asked before anything is kept: a provider that is away leaves no attempt behind.
        anew = request.purpose == "confirm"
        url = provider.start(both, return_address(tools, provider), caller.language, anew=anew)
    except Refused as error:
        log.warning("login not started", provider=provider.id, why=error.why)
        raise PortalError("identity.provider_unavailable") from error
    with db.unit_of_work(caller) as unit:
        unit.session.add(
            LoginAttempt(
                id=new_id(),
                provider=provider.id,
                purpose=request.purpose,
                state_hash=attempts.hash_of(both.state),
                browser_hash=attempts.hash_of(both.browser),
                target=request.target,
                user_id=caller.user if request.purpose in OWN else None,
                session_id=caller.session if anew else None,
                kept=request.kept if anew else None,
                contract_no=request.contract_no if request.purpose == "register" else None,
                started_at=moment,
                expires_at=moment + timedelta(minutes=tools.settings.login_minutes),
                tries=0,
            )
        )
    return LoginStarted(url=url)


def finish(db: Database, tools: Tools, bus: Bus, request: FinishLogin, caller: Caller) -> LoginFinished:
    """Take an answer: once, for the browser and the provider it was begun with."""
    moment = now()
    address = network_address(request.address)
    caller = replace(caller, address=address)
    provider = tools.providers.get(request.provider)
    attempt = None
    try:
        state = provider.state_of(request.parameters)
        attempt = _claimed(db, caller, provider, state, request.browser, moment)
        both = Secrets(state, request.browser) if attempt and state else None
        answer = provider.finish(both, return_address(tools, provider), request.parameters)
        _check_unused(db, caller, answer)
        if attempt is not None and attempt.purpose == "confirm":
            return confirming.run(db, tools, provider, attempt, answer.identity, moment, caller)
        found = people.recognise(db, tools, bus, provider, attempt, answer.identity)
    except PortalError as error:
        _refuse(db, caller, provider, error)
    if found.user_id is not None and attempt is not None and found.waits_for is None:
        signed_in = people.sign_in(
            db, tools, found.user_id, answer.identity, provider, address, request.user_agent, moment, attempt.id
        )
        return LoginFinished(outcome="signed_in", target=attempt.target, signed_in=signed_in)
    waits_for = found.waits_for or "entry"
    ticket = _wait(db, tools, caller, provider, attempt, request, waits_for, answer.identity, found.client_id, moment)
    return LoginFinished(outcome=waits_for, target=attempt.target if attempt else "/", ticket=ticket)


def _claimed(
    db: Database, caller: Caller, provider: Provider, state: str | None, browser: str, moment: datetime
) -> Any:
    """Return the attempt an answer belongs to, None for one nobody asked for. Raises PortalError login_expired."""
    if state is None:
        return None
    with db.unit_of_work(caller) as unit:
        attempt = attempts.claim(unit.session, provider.id, state, browser, moment)
        # A state of ours that this browser may not use is refused, whatever the provider allows.
        if attempt is None and (attempts.is_known(unit.session, state) or not provider.config.idp_initiated):
            raise PortalError("identity.login_expired")
    return attempt


def _check_unused(db: Database, caller: Caller, answer: Answer) -> None:
    if answer.token_id is None or answer.token_ends is None:
        return
    with db.unit_of_work(caller) as unit:
        fresh = attempts.first_seen(unit.session, answer.identity.provider, answer.token_id, answer.token_ends)
    if not fresh:
        raise Refused("the token was used before")


def _refuse(db: Database, caller: Caller, provider: Provider, error: PortalError) -> NoReturn:
    """Put a refusal on record; the browser learns the sentence only. What came in is kept nowhere (S1-31)."""
    why = error.why if isinstance(error, Refused) else error.code
    with db.unit_of_work(caller) as unit:
        unit.audit(
            "identity.session.start",
            on=("provider", provider.id),
            outcome="refused",
            detail={"method": f"{provider.config.kind}:{provider.id}", "reason": why[:200]},
        )
    log.info("login refused", provider=provider.id, code=error.code, why=why)
    raise PortalError(error.code, field=error.field) from error


def _wait(
    db: Database,
    tools: Tools,
    caller: Caller,
    provider: Provider,
    attempt: Any,
    request: FinishLogin,
    waits_for: str,
    identity: ExternalIdentity,
    client_id: UUID | None,
    moment: datetime,
) -> UUID:
    with db.unit_of_work(caller) as unit:
        attempt_id = attempt.id if attempt else new_id()
        if attempt is None:
            unit.session.add(
                LoginAttempt(
                    id=attempt_id,
                    provider=provider.id,
                    purpose="sign_in",
                    state_hash=attempts.hash_of(secrets.token_urlsafe(32)),
                    browser_hash=attempts.hash_of(request.browser),
                    target="/",
                    started_at=moment,
                    expires_at=moment + timedelta(minutes=tools.settings.login_minutes),
                    answered_at=moment,
                    tries=0,
                )
            )
            unit.session.flush()
        attempts.wait(unit.session, attempt_id, waits_for, people.to_json(identity), client_id)
    return attempt_id
