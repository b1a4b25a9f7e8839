"""From an event to what a message says: its kind, whose it is, the words that fill the template, where it leads.

Each event class has one function; days and amounts come as people read them. Over 350 lines because they are many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.days import RIGA, format_day, riga_day
from chassis.messages import Event
from chassis.money import format_eur
from services.billing import messages as billing
from services.identity import messages as identity
from services.notifications.domain import factor_texts, one_time, reasons
from services.notifications.settings import settings
from services.permits import messages as permits
from services.requests import messages as requests

ROLES = {
    "main": {"lv": "galvenais lietotājs", "en": "main user"},
    "additional": {"lv": "papildu lietotājs", "en": "additional user"},
}


@dataclass(frozen=True)
class Facts:
    """What a message is made from. `values` may hold `{"lv": ..., "en": ...}`, from which the language picks.

    `email`, `name`, `phone`, `language` are what the event itself knows of the addressee.
    """

    kind: str
    path: str
    values: Mapping[str, Any]
    client_id: UUID | None = None
    user_id: UUID | None = None
    email: str = ""
    phone: str = ""
    language: str | None = None
    to_invoices: bool = field(default=False)
    link_id: UUID | None = None
    permits: frozenset[UUID] = frozenset()
    contracts: frozenset[UUID] = frozenset()


def _case(kind: str, event: Any, path: str | None = None, **values: Any) -> Facts:
    title = {"lv": event.title.lv, "en": event.title.en}
    about = {event.about.kind: frozenset({event.about.object_id})} if event.about else {}
    permit_id, contract_id = getattr(event, "permit_id", None), getattr(event, "contract_id", None)
    return Facts(
        kind=kind, path=path or f"/requests/{event.case_id}", client_id=event.client_id, email=event.contact.email,
        phone=event.contact.phone, values={"case_no": event.case_no, "title": title, **values},
        permits=about.get("permit", frozenset()) | ({permit_id} if permit_id else set()),
        contracts=about.get("contract", frozenset()) | ({contract_id} if contract_id else set()),
    )  # fmt: skip


def case_submitted(event: requests.CaseSubmitted) -> Facts:
    received = format_day(riga_day(event.submitted_at))
    return _case("case_submitted", event, submitted_on=received, due_on=format_day(event.due_date))


def information_requested(event: requests.CaseInformationRequested) -> Facts:
    return _case("case_information_requested", event, text=event.text)


def case_approved(event: requests.CaseApproved) -> Facts:
    return _case("case_approved", event, conditions=event.conditions, outcome=event.outcome)


def case_refused(event: requests.CaseRefused) -> Facts:
    return _case("case_refused", event, reason=event.reason)


def case_completed(event: requests.CaseCompleted) -> Facts:
    if event.contract_id is not None:
        path = f"/contracts/{event.contract_id}"
        return _case("contract_concluded", event, path, contract_no=event.contract_no or "")
    if event.permit_id is None:
        return _case("case_answered", event, answer=event.answer)
    return _case("case_completed", event, f"/permits/{event.permit_id}", permit_no=event.permit_no or "")


def case_withdrawn(event: requests.CaseWithdrawn) -> Facts:
    return _case("case_withdrawn", event)


def permit_issued(event: permits.PermitIssued) -> Facts | None:
    # A permit that ends a case is told by case_completed, which also names the case: one e-mail, not two.
    if event.case_id is not None:
        return None
    return Facts(
        "permit_issued", f"/permits/{event.permit_id}", client_id=event.client_id,
        values={"permit_no": event.permit_no, "valid_to": format_day(event.valid_to)},
        permits=frozenset({event.permit_id}),
    )  # fmt: skip


def permit_expiring(event: permits.PermitExpiring) -> Facts:
    return Facts(
        "permit_expiring", f"/permits/{event.permit_id}", client_id=event.client_id,
        values={"permit_no": event.permit_no, "valid_to": format_day(event.valid_to)},
        permits=frozenset({event.permit_id}),
    )  # fmt: skip


def invoice_issued(event: billing.InvoiceIssued) -> Facts:
    values = {"number": event.number, "total": format_eur(event.total), "due_on": format_day(event.due_date)}
    path = f"/invoices/{event.invoice_id}"
    return Facts(
        "invoice_issued", path, client_id=event.client_id, values=values, to_invoices=True,
        permits=frozenset(event.of_permits),
    )  # fmt: skip


def invoice_overdue(event: billing.InvoiceOverdue) -> Facts:
    values = {"number": event.number, "open": format_eur(event.open), "due_on": format_day(event.due_date)}
    path = f"/invoices/{event.invoice_id}"
    return Facts(
        "invoice_overdue", path, client_id=event.client_id, values=values, to_invoices=True,
        permits=frozenset(event.of_permits),
    )  # fmt: skip


def payment_settled(event: billing.PaymentSettled) -> Facts:
    invoices = [{"number": i.number, "amount": format_eur(i.amount)} for i in event.invoices]
    values = {"amount": format_eur(event.amount), "invoices": invoices}
    path = f"/payments/{event.payment_id}"
    return Facts(
        "payment_settled", path, client_id=event.client_id, values=values, to_invoices=True,
        permits=frozenset(event.of_permits),
    )  # fmt: skip


def _user(kind: str, event: Any, path: str, **values: Any) -> Facts:
    return Facts(
        kind, path, user_id=event.user_id, email=event.email, language=event.language,
        values={"name": event.name, **values},
    )  # fmt: skip


def _in_words(moment: datetime) -> dict[str, str]:
    local = moment.astimezone(RIGA)
    return {"lv": f"{local:%d.%m.%Y. plkst. %H:%M}", "en": f"{local:%H:%M on %d.%m.%Y.}"}


def user_locked(event: identity.UserLocked) -> Facts:
    until = _in_words(event.locked_until)
    address = event.address or ""
    return _user("security_locked", event, "/sign-in", locked_until=until, address=address, what=event.what)


def user_blocked(event: identity.UserBlocked) -> Facts:
    return _user(
        "security_blocked", event, "/", reason=reasons.in_words(event.reason), until=format_day(event.until)
    )


def user_discontinued(event: identity.UserDiscontinued) -> Facts | None:
    if not event.email:  # the letter of an erasure tells it
        return None
    return _user("security_discontinued", event, "/", reason=reasons.in_words(event.reason))


def access_ending(event: identity.AccessEnding) -> Facts:
    return _user(
        "access_ending", event, "/", client=event.client_name or "",
        reason=reasons.in_words(event.reason), ends_on=format_day(event.ends_on),
    )  # fmt: skip


def user_unblocked(event: identity.UserUnblocked) -> Facts:
    return _user("security_unblocked", event, "/sign-in")


def unusual_sign_in(event: identity.UnusualSignIn) -> Facts:
    at, address = _in_words(event.at), event.address or ""
    return _user("security_unusual", event, "/access-compromised", at=at, device=event.device, address=address)


def user_held(event: identity.UserHeld) -> Facts:
    until = _in_words(event.until)
    return _user("security_held", event, "/sign-in/forgotten", until=until, networks=event.networks)


def address_held(event: identity.AddressHeld) -> Facts | None:
    if not settings().security_address:
        return None
    return Facts(
        "staff_address_held", "/staff/blocks/suspicion", email=settings().security_address, language="lv",
        values={"address": event.address, "until": _in_words(event.until), "accounts": event.accounts},
    )  # fmt: skip


def password_old(event: identity.PasswordOld) -> Facts:
    return _user(
        "security_password_old", event, "/profile/password", changed_on=format_day(event.changed_on), days=event.days,
        enforced=event.enforced,
    )  # fmt: skip


# What changed, and what it means for the reader.
CHANGED: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    "password": (
        {"lv": "Jūsu portāla konta parole ir nomainīta", "en": "The password of your portal account was changed"},
        {"lv": "Pārējās sesijas ir pārtrauktas.", "en": "Other sessions have ended."},
    ),
    "password_allowed": (
        {
            "lv": "Jūsu portāla kontam turpmāk var piekļūt arī ar paroli",
            "en": "Your portal account can be opened by a password, too, from now on",
        },
        {
            "lv": "Paroli izvēlaties Jūs pats ar saiti, ko nosūtām uz šo adresi, ja to lūdzat.",
            "en": "You choose it yourself by a link that we send to this address when you ask for it.",
        },
    ),
    "email_asked": (
        {
            "lv": "Jūsu portāla kontam norādīta jauna e-pasta adrese",
            "en": "A new e-mail was given for your portal account",
        },
        {
            "lv": "Tā stāsies šīs adreses vietā, tiklīdz būs apstiprināta.",
            "en": "It takes the place of this one once it is confirmed.",
        },
    ),
    "login_linked": (
        {
            "lv": "Jūsu portāla kontam pievienots pieteikšanās veids",
            "en": "A way to sign in was added to your portal account",
        },
        {"lv": "Turpmāk kontam var piekļūt arī tā.", "en": "From now on it opens your account, too."},
    ),
    "login_unlinked": (
        {
            "lv": "No Jūsu portāla konta noņemts pieteikšanās veids",
            "en": "A way to sign in was taken away from your portal account",
        },
        {"lv": "Tas kontu vairs neatver.", "en": "It no longer opens your account."},
    ),
}


def terms_announced(event: identity.TermsAnnounced) -> Facts:
    return _user(
        "terms_new", event, f"/terms/{event.terms_id}", title=event.title, valid_from=format_day(event.valid_from)
    )


def credentials_changed(event: identity.UserCredentialsChanged) -> Facts:
    if event.what in factor_texts.HEADLINES:
        headline = factor_texts.HEADLINES[event.what]
        said = {language: factor_texts.sentence(event.what, event.device, language) for language in ("lv", "en")}
        address = event.address or ""
        return _user("security_factor", event, "/access-compromised", address=address, headline=headline, said=said)
    what, more = CHANGED[event.what]
    if event.provider:
        what = {language: f"{text}: {event.provider}" for language, text in what.items()}
    return _user(
        "security_credentials", event, "/access-compromised", what=what, more=more, address=event.address or ""
    )


def access_closed(event: identity.UserAccessClosed) -> Facts:
    return _user("security_access_closed", event, "/sign-in/forgotten", address=event.address or "")


def access_closed_for_staff(event: identity.UserAccessClosed) -> Facts:
    return Facts(
        "staff_access_closed", f"/staff/users/{event.user_id}", email=settings().security_address, language="lv",
        values={"name": event.name, "email": event.email, "address": event.address or "", "note": event.note},
    )  # fmt: skip


def link_issued(event: identity.LinkIssued) -> Facts:
    values = {
        "email": event.email, "code": one_time.HIDDEN_CODE, "expires_at": _in_words(event.expires_at),
        "revoked": event.password_revoked,
    }  # fmt: skip
    return replace(_user(f"link_{event.purpose}", event, one_time.PAGE, **values), link_id=event.link_id)
def _application(kind: str, event: Any, path: str, **values: Any) -> Facts:
    words = {"number": event.number, "client": event.client_name, "user": event.user_name, **values}
    return Facts(kind, path, email=event.email, language=event.language, values=words)


def application_submitted(event: identity.ApplicationSubmitted) -> Facts:
    day = format_day(event.wait_until)
    return _application("application_submitted", event, "/applications/find", wait_until=day)


def application_approved(event: identity.ApplicationApproved) -> Facts:
    return _application("application_approved", event, "/sign-in")


def application_refused(event: identity.ApplicationRefused) -> Facts:
    return _application("application_refused", event, "/register", reason=event.reason)


def application_lapsed(event: identity.ApplicationLapsed) -> Facts:
    return _application("application_lapsed", event, "/register")


def representation_granted(event: identity.RepresentationGranted) -> Facts:
    # The client's own address, not the new user's: whoever did not wish it must learn of it.
    values = {"user": event.user_name, "role": ROLES[event.role]}
    return Facts("representation_granted", "/client", client_id=event.client_id, values=values)


def representation_given(event: identity.RepresentationGiven) -> Facts:
    return _representation("representation_given", event, pending=event.pending)


def representation_changed(event: identity.RepresentationChanged) -> Facts:
    return _representation("representation_changed", event)


def representation_ended(event: identity.RepresentationEnded) -> Facts | None:
    if not event.email:  # told by a release that did not know whom to tell
        return None
    return _user("representation_ended", event, "/", client_name=event.client_name)


def _representation(kind: str, event: Any, **values: Any) -> Facts:
    valid_to = format_day(event.valid_to) if event.valid_to else ""
    days = {"valid_from": format_day(event.valid_from), "valid_to": valid_to}
    return _user(kind, event, "/profile/clients", client_name=event.client_name, **days, **values)


FACTS: Mapping[type[Event], Callable[[Any], Facts | None]] = {
    requests.CaseSubmitted: case_submitted,
    requests.CaseInformationRequested: information_requested,
    requests.CaseApproved: case_approved,
    requests.CaseRefused: case_refused,
    requests.CaseCompleted: case_completed,
    requests.CaseWithdrawn: case_withdrawn,
    permits.PermitIssued: permit_issued,
    permits.PermitExpiring: permit_expiring,
    billing.InvoiceIssued: invoice_issued,
    billing.InvoiceOverdue: invoice_overdue,
    billing.PaymentSettled: payment_settled,
    identity.UserLocked: user_locked,
    identity.TermsAnnounced: terms_announced,
    identity.UserBlocked: user_blocked,
    identity.UserDiscontinued: user_discontinued,
    identity.AccessEnding: access_ending,
    identity.UserUnblocked: user_unblocked,
    identity.UnusualSignIn: unusual_sign_in,
    identity.UserHeld: user_held,
    identity.AddressHeld: address_held,
    identity.PasswordOld: password_old,
    identity.ApplicationSubmitted: application_submitted,
    identity.ApplicationApproved: application_approved,
    identity.ApplicationRefused: application_refused,
    identity.ApplicationLapsed: application_lapsed,
    identity.RepresentationGranted: representation_granted,
    identity.UserCredentialsChanged: credentials_changed,
    identity.LinkIssued: link_issued,
    identity.RepresentationGiven: representation_given,
    identity.RepresentationChanged: representation_changed,
    identity.RepresentationEnded: representation_ended,
    identity.UserAccessClosed: access_closed,
}

# What staff are told beside the person concerned; nobody is, while no address is set for it.
FOR_STAFF: Mapping[type[Event], Callable[[Any], Facts]] = {
    identity.UserAccessClosed: access_closed_for_staff,
}
