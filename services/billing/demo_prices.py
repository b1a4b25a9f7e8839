"""The demo's price lists: shape and sample prices of the Cabinet's list (domain facts 2.1), the rest invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.billing.messages import PriceItem

Row = tuple[str, str, str, str, str | None, str | None, str, str]

# code, Latvian, English, occasion, service kind, permit kind, basis, price
_ONE_OFF: tuple[Row, ...] = (
    ("1.1.1", "Uzstādīšanas atļaujas pieprasījuma izskatīšana", "Examination of an installation permit request",
     "issue", None, "install", "station", "22.10"),
    ("1.1.2", "Publisko mobilo sakaru bāzes stacijas pieprasījuma izskatīšana",
     "Examination of a public mobile base station request", "issue", "public_mobile", "install", "station", "36.85"),
    ("1.1.5", "Apraides raidītāja pieprasījuma izskatīšana", "Examination of a broadcast transmitter request",
     "issue", "broadcasting", "install", "station", "517.58"),
    ("1.1.6", "Zemes stacijas pieprasījuma izskatīšana", "Examination of an earth station request",
     "issue", "satellite", "install", "station", "206.32"),
    ("1.1.7", "Pagaidu atļaujas pieprasījuma izskatīšana", "Examination of a temporary permit request",
     "issue", None, "temporary", "station", "22.10"),
    ("1.2.1", "Lietošanas atļaujas pieprasījuma izskatīšana", "Examination of a use permit request",
     "issue", None, "use", "station", "7.36"),
    ("1.2.2", "Koplietojamas atļaujas noformēšana", "Issue of a shared permit", "issue", None, "shared", "permit",
     "7.36"),
    ("1.3.1", "Atļaujas termiņa pagarināšana", "Extension of a permit", "extension", None, None, "permit", "7.36"),
    ("1.5.1", "Īstermiņa atļaujas pieprasījuma izskatīšana", "Examination of a short-term permit request",
     "issue", None, "short_term", "permit", "36.85"),
    ("3.1.1", "Radioamatiera atļaujas noformēšana", "Issue of an amateur permit", "issue", "amateur", "use", "permit",
     "17.73"),
    ("4.1.1", "Tīkla ierīkošanas projekta izskatīšana", "Examination of a network installation project",
     "project", None, None, "permit", "124.78"),
    ("4.1.2", "Projekta izskatīšana paātrinātā kārtībā", "Expedited examination of a project",
     "project", None, None, "permit", "187.16"),
    ("4.1.3", "Pārbūves projekta izskatīšana", "Examination of a reconstruction project",
     "project", None, None, "permit", "53.47"),
)  # fmt: skip
# code, Latvian, English, unit lv|en, service kind, permit kind, basis, price
_MONTHLY: tuple[Row, ...] = (
    ("2.1.1", "Fiksēto sakaru EMS nodrošināšana", "EMC of fixed links", "MHz|MHz", "fixed", None, "mhz", "0.2150"),
    ("2.1.2", "Sauszemes mobilo sakaru EMS nodrošināšana", "EMC of land mobile service", "piešķīrums|assignment",
     "land_mobile", None, "assignment", "2.8500"),
    ("2.1.3", "Publisko mobilo sakaru EMS nodrošināšana", "EMC of public mobile service", "MHz|MHz",
     "public_mobile", None, "mhz", "1.4200"),
    ("2.2.1", "Apraides EMS nodrošināšana", "EMC of broadcasting", "stacija|station", "broadcasting", None, "station",
     "51.2000"),
    ("2.2.2", "Apraides palīgdienesta EMS nodrošināšana", "EMC of broadcast auxiliary service", "atļauja|permit",
     "broadcast_aux", None, "permit", "8.0600"),
    ("2.3.1", "Jūras sakaru EMS nodrošināšana", "EMC of maritime service", "atļauja|permit", "maritime", None,
     "permit", "1.4200"),
    ("2.3.2", "Gaisa kuģniecības sakaru EMS nodrošināšana", "EMC of aeronautical service", "atļauja|permit",
     "aeronautical", None, "permit", "4.2700"),
    ("2.4.1", "Zemes stacijas EMS nodrošināšana", "EMC of an earth station", "stacija|station", "satellite", None,
     "station", "7.1100"),
)  # fmt: skip


def items(factor: Decimal = Decimal("1")) -> list[PriceItem]:
    """Return the items of a demo list; `factor` makes an older or newer one."""
    found = []
    for code, lv, en, occasion, service_kind, permit_kind, basis, price in _ONE_OFF:
        found.append(
            PriceItem(
                code=code, name_lv=lv, name_en=en, unit_lv=_UNITS[basis][0], unit_en=_UNITS[basis][1], kind="one_off",
                occasion=occasion, basis=basis, service_kind=service_kind, permit_kind=permit_kind,
                price=_priced(price, factor), vat_category="O",
            )
        )  # fmt: skip
    for code, lv, en, unit, service_kind, permit_kind, basis, price in _MONTHLY:
        unit_lv, unit_en = unit.split("|")
        found.append(
            PriceItem(
                code=code, name_lv=lv, name_en=en, unit_lv=unit_lv, unit_en=unit_en, kind="monthly", basis=basis,
                service_kind=service_kind, permit_kind=permit_kind, price=_priced(price, factor), vat_category="O",
            )
        )  # fmt: skip
    found.append(
        PriceItem(
            code="9.1.1", name_lv="Konsultācija par radiosakaru plānošanu (komercpakalpojums)",
            name_en="Advice on radio planning (commercial service)", unit_lv="stunda", unit_en="hour", kind="one_off",
            occasion="other", basis="permit", price=_priced("45.00", factor), vat_category="S",
        )
    )  # fmt: skip
    return found


_UNITS = {"permit": ("atļauja", "permit"), "station": ("stacija", "station")}


def _priced(price: str, factor: Decimal) -> Decimal:
    return (Decimal(price) * factor).quantize(Decimal("0.0001"))


LISTS = (
    ("price-list:87", "Cenrādis Nr. 87", "Ministru kabineta 01.02.2022. noteikumi Nr. 87", date(2022, 3, 1),
     date(2022, 9, 30), "published", Decimal("0.9")),
    ("price-list:600", "Cenrādis Nr. 600", "Ministru kabineta 27.09.2022. noteikumi Nr. 600", date(2022, 10, 1),
     None, "published", Decimal("1")),
)  # fmt: skip
