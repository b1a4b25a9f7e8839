"""From rows to messages."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.identity.domain.representation import RIGHTS
from services.identity.messages import Grant, NamedObject, Profile, ProviderName, Representation, SessionRow
from services.identity.providers.registry import Registry
from services.identity.store.representations import mandate


def provider_name(providers: Registry, provider_id: str | None) -> ProviderName | None:
    """Return what people call a provider, in both languages; None without one."""
    if not provider_id:
        return None
    return ProviderName(lv=providers.name(provider_id, "lv"), en=providers.name(provider_id, "en"))


def session_row(row: Any, current: UUID | None, providers: Registry) -> SessionRow:
    """Return a session as its owner and staff see it, with the means the person came in by (S1-08)."""
    return SessionRow(
        session_id=row.id,
        device=row.device,
        address=row.address,
        started_at=row.started_at,
        last_used_at=row.last_used_at,
        ends_at=row.ends_at,
        current=row.id == current,
        method=row.method,
        provider_name=provider_name(providers, row.method.partition(":")[2]),
        assurance=row.assurance,
        second_factor=row.second_factor,
    )


def representation(row: Any, day: date) -> Representation:
    """Return a representation with the rights it gives while it is in force."""
    held = mandate(row)
    shown = held.rights_on(day) if held.in_force(day) else held.rights
    return Representation(
        representation_id=row.id,
        client_id=row.client_id,
        client_name=row.client_name,
        client_kind=row.client_kind,
        user_id=row.user_id,
        user_name=row.user_name,
        user_email=row.user_email,
        user_status=row.user_status,
        role=row.role,
        rights=sorted(shown),
        grants=_grants(row, held.rights_on(day) if held.in_force(day) else held.rights),
        version=row.version,
        ground=row.ground,
        granted_by=row.granted_by_name,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        in_force=held.in_force(day),
    )


def _grants(row: Any, whole: frozenset[str]) -> list[Grant]:
    found = {right: Grant(right=right) for right in whole}
    for text, number in zip(row.named, row.named_nos, strict=True):
        right, kind, object_id = text.split("|")
        if right not in whole:
            one = NamedObject(kind=kind, object_id=UUID(object_id), number=number or "")
            found.setdefault(right, Grant(right=right)).objects.append(one)
    return [found[right] for right in RIGHTS if right in found]


def profile(row: Any, acts_for: list[Any], day: date) -> Profile:
    """Return a person with the clients they may act for."""
    return Profile(
        user_id=row.id,
        version=row.version,
        kind=row.kind,
        name=row.name,
        email=row.email,
        email_unproven=row.email_unproven,
        phone=row.phone,
        language=row.language,
        roles=list(row.roles),
        created_at=row.created_at,
        password_changed_at=row.changed_at,
        last_sign_in_at=row.last_sign_in_at,
        acts_for=[representation(r, day) for r in acts_for],
    )
