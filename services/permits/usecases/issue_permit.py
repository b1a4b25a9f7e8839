"""An approved request becomes a permit, exactly once."""

from __future__ import annotations

from decimal import Decimal

from chassis.bus import Bus
from chassis.caller import Delivery
from chassis.database import Database
from chassis.days import riga_day, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.telemetry import get_logger
from services.identity.messages import GetClients
from services.permits.domain.fees import issue_fee_code
from services.permits.domain.issuing import LinkFacts, SiteFacts, permit_number, technical_parts, validity
from services.permits.messages import FeeItem, PermitIssued
from services.permits.settings import settings
from services.permits.store.writing import add_history, add_permit, next_number, permit_of_case
from services.requests.messages import CaseApproved, FixedLink, LinkSite

log = get_logger(__name__)


def run(db: Database, bus: Bus, event: CaseApproved, delivery: Delivery) -> None:
    """Issue the permit of a case and tell of it. Once per delivery (inbox) and once per case (unique case_id).

    Raises PortalError permits.case_without_parameters, not_found (no such client): the event climbs the retry
    ladder and ends among the dead letters, where staff see it; requests' own deadline watches the case meanwhile.
    """
    if event.outcome != "permit":
        return
    if event.fixed_link is None:
        raise PortalError("permits.case_without_parameters", column="fixed_link")
    link = event.fixed_link
    # Asked before the transaction: the holder's name is kept as it was on the day of issue.
    cards = bus.call(GetClients(client_ids=[event.client_id])).items
    if not cards:
        raise PortalError("not_found", field="client_id")
    start, end = validity(riga_day(event.decided_at), link.desired_from, link.desired_to, settings().validity_years)
    technical = technical_parts(_facts(link))
    with db.unit_of_work(delivery) as uow:
        if permit_of_case(uow.session, event.case_id) is not None:
            return
        permit_id = new_id()
        number = permit_number(riga_today().year, next_number(uow.session))
        add_permit(
            uow.session,
            {
                "id": permit_id,
                "permit_no": number,
                "permit_kind": link.permit_kind,
                "service_kind": "fixed",
                "status": "active",
                "holder_client_id": event.client_id,
                "holder_name": cards[0].name,
                "valid_from": start,
                "valid_to": end,
                "issued_on": riga_today(),
                "conditions": [event.conditions] if event.conditions else [],
                "case_id": event.case_id,
                "case_no": event.case_no,
                "source": "decision",
            },
            technical,
            [
                {
                    "equipment_no": place["station_no"],
                    "station_no": place["station_no"],
                    "manufacturer": link.equipment_manufacturer,
                    "model": link.equipment_model,
                }
                for place in technical.stations
            ],
        )
        add_history(
            uow.session,
            permit_id,
            "issued",
            "active",
            source="decision",
            actor=str(event.decided_by),
            note=event.case_no,
        )
        stations = Decimal(len(technical.stations))
        uow.emit(
            PermitIssued(
                permit_id=permit_id,
                permit_no=number,
                client_id=event.client_id,
                case_id=event.case_id,
                case_no=event.case_no,
                service_kind="fixed",
                permit_kind=link.permit_kind,
                valid_from=start,
                valid_to=end,
                fee_items=[FeeItem(code=issue_fee_code("fixed"), quantity=stations)],
            )
        )
        uow.audit(
            "permits.permit.issue",
            on=("permit", permit_id),
            client=event.client_id,
            detail={"permit_no": number, "case_no": event.case_no, "decided_by": str(event.decided_by)},
        )
    log.info("permit issued", permit_no=number, case_no=event.case_no)


def _facts(link: FixedLink) -> LinkFacts:
    return LinkFacts(
        sites=(_site(link.site_a), _site(link.site_b)),
        bandwidth_khz=link.bandwidth_khz,
        emission=link.emission,
        polarization=link.polarization,
    )


def _site(site: LinkSite) -> SiteFacts:
    return SiteFacts(
        name=site.name,
        address=site.address,
        cadastre_no=site.cadastre_no,
        lat=site.lat,
        lon=site.lon,
        ground_m=site.ground_elevation_m,
        tx_freq_mhz=site.tx_freq_mhz,
        rx_freq_mhz=site.rx_freq_mhz,
        antenna_make=site.antenna_make,
        antenna_model=site.antenna_model,
        gain_dbi=site.antenna_gain_dbi,
        height_m=site.antenna_height_m,
        azimuth_deg=site.azimuth_deg,
        eirp_dbm=site.eirp_dbm,
    )
