"""Permits and contracts named for a right: the services that own them say whether they are the client's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.bus import Bus
from chassis.errors import PortalError
from services.identity.domain.representation import MOST_NAMED
from services.identity.messages import GiveRight, NameObject
from services.metering.messages import NameContracts
from services.permits.messages import FindPermits


@dataclass(frozen=True)
class Named:
    """An object as it is kept: its kind, id and the number people know."""

    kind: str
    object_id: UUID
    number: str
    place: str | None = None


def named(bus: Bus, client_id: UUID, rights: Sequence[GiveRight]) -> dict[str, list[Named]]:
    """Return rights with their objects, none for the whole client.

    Raises object_unknown for what is not the client's, objects_needed for an empty list (it must not come to mean the
    whole client), right_twice, too_many_objects.
    """
    asked = {_key(one) for given in rights for one in given.objects or ()}
    if len(asked) > MOST_NAMED:
        raise PortalError("identity.too_many_objects", field="permits", limit=MOST_NAMED)
    known = _look_up(bus, client_id, asked)
    found: dict[str, list[Named]] = {}
    for given in rights:
        if given.right in found:
            raise PortalError("identity.right_twice", field="rights")
        if given.objects is not None and not given.objects:
            raise PortalError("identity.objects_needed", field="permits")
        objects = {}
        for one in given.objects or ():
            hit = known.get(_key(one))
            if hit is None:
                label = one.number or str(one.object_id or "")
                raise PortalError("identity.object_unknown", field=f"{one.kind}s", number=label)
            objects[(hit.kind, hit.object_id)] = hit
        found[given.right] = list(objects.values())
    return found


def _key(one: NameObject) -> tuple[str, UUID | str]:
    """Return what an object is asked for by; letters of a number count the same, small or capital."""
    return one.kind, one.object_id or (one.number or "").lower()


def _look_up(bus: Bus, client_id: UUID, asked: set[tuple[str, UUID | str]]) -> dict[tuple[str, UUID | str], Named]:
    known: dict[tuple[str, UUID | str], Named] = {}

    def ids(kind: str) -> list[UUID]:
        return [key for what, key in asked if what == kind and isinstance(key, UUID)]

    def numbers(kind: str) -> list[str]:
        return [key for what, key in asked if what == kind and isinstance(key, str) and key]

    def keep(one: Named) -> None:
        known[(one.kind, one.object_id)] = known[(one.kind, one.number.lower())] = one

    if any(kind == "permit" for kind, _ in asked):
        permits = FindPermits(client_id=client_id, permit_ids=ids("permit"), permit_nos=numbers("permit"))
        for permit in bus.call(permits).items:
            keep(Named("permit", permit.permit_id, permit.permit_no, permit.place))
    if any(kind == "contract" for kind, _ in asked):
        contracts = NameContracts(client_id=client_id, contract_ids=ids("contract"), contract_nos=numbers("contract"))
        for contract in bus.call(contracts).items:
            keep(Named("contract", contract.contract_id, contract.contract_no, contract.address))
    return known
