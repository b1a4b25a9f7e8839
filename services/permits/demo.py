"""The demo's permits; loading them again changes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.demo_ids import CLIENT_NATURAL, CLIENT_RADIO, CLIENT_WATER, demo_id
from chassis.unit_of_work import UnitOfWork
from services.permits.demo_data import COMPANY, LINK_PLANS, NATURAL, OTHER_PLANS, PLACES, RADIO, WATER, DemoPermit
from services.permits.domain.issuing import LinkFacts, SiteFacts, Technical, permit_number, technical_parts
from services.permits.store import import_tables
from services.permits.store.writing import add_history, add_permit

assert import_tables  # its tables belong to the metadata

HOLDERS = (
    (CLIENT_RADIO, 'SIA "Radio Links"', RADIO),
    (CLIENT_WATER, 'SIA "Pilsūdens"', WATER),
    (CLIENT_NATURAL, "Pēteris Bērziņš", NATURAL),
    (demo_id("client:company-3"), 'SIA "Čiekurkalna Loģistika"', COMPANY),
)


def load(db: Database) -> str:
    """Add the permits that are missing and say how many that were. No events: nobody decided anything today."""
    added = 0
    today = riga_today()
    with db.unit_of_work(service_caller("permits")) as uow:
        for number, (client, name, permit) in enumerate(_all(), start=1):
            added += _permit(uow, number, client, name, permit, today)
        if added:
            uow.audit("permits.permit.register", on=("demo", "permits"), detail={"added": added})
    return f"{added} permits added" if added else "all there already"


def _all() -> Iterator[tuple[UUID, str, DemoPermit]]:
    for client, name, permits in HOLDERS:
        for permit in permits:
            yield client, name, permit


def _permit(uow: UnitOfWork, number: int, client: UUID, name: str, demo: DemoPermit, today: date) -> int:
    valid_to = None if demo.ends is None else today + timedelta(days=demo.ends)
    began = today - timedelta(days=365 * demo.began_years + 7 * number)
    permit_id = demo_id(f"permit:{demo.key}")
    ended_on = today - timedelta(days=60) if demo.status in ("cancelled", "suspended") else None
    head: dict[str, Any] = {
        "id": permit_id,
        "permit_no": permit_number(began.year, 100 + number),
        "permit_kind": demo.permit_kind,
        "service_kind": demo.service_kind,
        "status": demo.status,
        "call_sign": demo.call_sign,
        "holder_client_id": client,
        "holder_name": name,
        "valid_from": began,
        "valid_to": valid_to,
        "ended_on": ended_on,
        "issued_on": began,
        "conditions": list(demo.conditions),
        "source": "decision",
    }
    kit = [
        {"equipment_no": 1, "station_no": 1, "manufacturer": "Baltijas mikroviļņi", "model": f"BM-{12 + 7 * demo.plan}"}
    ]
    if not add_permit(uow.session, head, _technical(demo), kit):
        return 0
    add_history(uow.session, permit_id, "issued", "active", source="decision", actor="demo", at=_moment(began))
    if ended_on is not None:
        add_history(
            uow.session, permit_id, "status", demo.status, source="decision", actor="demo", at=_moment(ended_on),
            changes={"status": ["active", demo.status]}, note="Pēc adresāta iesnieguma",
        )  # fmt: skip
    return 1


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(8, 30), UTC)


def _technical(demo: DemoPermit) -> Technical:
    if demo.service_kind == "fixed":
        return _link(demo)
    frequencies, khz, emission, dbm, (make, model), gain, height = OTHER_PLANS[demo.service_kind]
    stations: list[dict[str, object]] = []
    antennas: list[dict[str, object]] = []
    assignments: list[dict[str, object]] = []
    for number, index in enumerate(demo.places, start=1):
        name, address, lat, lon, ground = PLACES[index]
        stations.append(
            {
                "station_no": number, "site_no": str(number), "name": name, "address": address, "lat": Decimal(lat),
                "lon": Decimal(lon), "ground_m": Decimal(ground),
            }
        )  # fmt: skip
        antennas.append(
            {
                "antenna_no": number, "station_no": number, "make": make, "model": model, "polarization": "V",
                "gain_dbi": Decimal(gain), "height_m": Decimal(height),
            }
        )  # fmt: skip
        for frequency in frequencies:
            assignments.append(
                {
                    "assignment_no": len(assignments) + 1, "station_no": number, "antenna_no": number,
                    "freq_mhz": Decimal(frequency), "bandwidth_khz": Decimal(khz), "emission": emission,
                    "eirp_dbm": Decimal(dbm),
                }
            )  # fmt: skip
    return Technical(tuple(stations), tuple(antennas), tuple(assignments))


def _link(demo: DemoPermit) -> Technical:
    lower, upper, khz, emission, make, model, gain, dbm = LINK_PLANS[demo.plan]
    first, second = (PLACES[index] for index in demo.places)
    sites = []
    for here, there, transmit, receive in ((first, second, lower, upper), (second, first, upper, lower)):
        name, address, lat, lon, ground = here
        sites.append(
            SiteFacts(
                name=name, address=address, cadastre_no=None, lat=Decimal(lat), lon=Decimal(lon),
                ground_m=Decimal(ground), tx_freq_mhz=Decimal(transmit), rx_freq_mhz=Decimal(receive),
                antenna_make=make, antenna_model=model, gain_dbi=Decimal(gain), height_m=Decimal(48),
                azimuth_deg=_azimuth(here, there), eirp_dbm=Decimal(dbm),
            )
        )  # fmt: skip
    return technical_parts(LinkFacts(tuple(sites), Decimal(khz), emission, "V" if demo.plan % 2 else "H"))


def _azimuth(here: tuple[str, ...], there: tuple[str, ...]) -> Decimal:
    """The bearing from one place to the other along the great circle, one decimal place."""
    lat1, lat2 = math.radians(float(here[2])), math.radians(float(there[2]))
    east = math.radians(float(there[3]) - float(here[3]))
    y = math.sin(east) * math.cos(lat2)
    x = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(east)
    return Decimal(f"{math.degrees(math.atan2(y, x)) % 360:.1f}")
