"""Who lives in the demo."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from chassis import demo_ids
from chassis.demo_ids import demo_id
from services.identity.domain.representation import RIGHTS

PASSWORD = "Parole-2026"  # noqa: S105 - printed by ./portal up, for everybody to use
SEES = ("permits.see", "finance.see")


@dataclass(frozen=True)
class DemoClient:
    key: str
    kind: str
    name: str
    code: str  # registration number, or personal code of a natural person
    address: str
    email: str
    phone: str = "+37167000000"
    language: str = "lv"
    id: UUID | None = None

    @property
    def client_id(self) -> UUID:
        """The fixed id of this client."""
        return self.id or demo_id(f"client:{self.key}")


@dataclass(frozen=True)
class DemoUser:
    id: UUID
    kind: str
    name: str
    email: str
    language: str = "lv"
    roles: tuple[str, ...] = ()
    # (client key, main | additional, rights)
    acts_for: tuple[tuple[str, str, tuple[str, ...]], ...] = field(default=())
    accepted_terms: bool = False
    person_code: str = ""  # given in the application: unified login opens the account (S1-30)


NAMED_CLIENTS = (
    DemoClient("radio", "legal", "SIA \"Radio Links\"", "40203100010", "Brīvības iela 214, Rīga, LV-1039",
               "info@radiolinks.example", id=demo_ids.CLIENT_RADIO),
    DemoClient("water", "legal", "SIA \"Pilsūdens\"", "40203100025", "Dzirnavu iela 9, Cēsis, LV-4101",
               "info@pilsudens.example", id=demo_ids.CLIENT_WATER),
    DemoClient("natural", "natural", "Pēteris Bērziņš", "120675-10020", "Ozolu iela 3, Ogre, LV-5001",
               "peteris@example.com", "+37129000001", id=demo_ids.CLIENT_NATURAL),
)  # fmt: skip

USERS = (
    DemoUser(demo_ids.USER_ANNA, "customer", "Anna Kalniņa", "anna@radiolinks.example",
             acts_for=(("radio", "main", RIGHTS), ("company-3", "additional", SEES)), person_code="15058512343"),
    DemoUser(demo_ids.USER_JURIS, "customer", "Juris Ozols", "juris@radiolinks.example",
             acts_for=(("radio", "additional", SEES),), accepted_terms=True),
    DemoUser(demo_ids.USER_ILZE, "customer", "Ilze Liepiņa", "ilze@pilsudens.example",
             acts_for=(("water", "main", RIGHTS),), accepted_terms=True),
    DemoUser(demo_ids.USER_PETERIS, "customer", "Pēteris Bērziņš", "peteris@example.com",
             acts_for=(("natural", "main", RIGHTS),), person_code="12067510020"),
    DemoUser(demo_ids.STAFF_ENGINEER, "staff", "Mārtiņš Inženieris", "engineer@portal.example",
             roles=("permit_engineer",)),
    DemoUser(demo_ids.STAFF_ACCOUNTANT, "staff", "Dace Grāmatvede", "accountant@portal.example",
             roles=("accountant",)),
    DemoUser(demo_ids.STAFF_SERVICE, "staff", "Laura Klientu", "service@portal.example",
             roles=("customer_service",)),
    DemoUser(demo_ids.STAFF_ADMIN, "staff", "Andris Administrators", "admin@portal.example",
             roles=("administrator",)),
    # What one administrator asks for, another approves.
    DemoUser(demo_ids.STAFF_ADMIN_TWO, "staff", "Baiba Otrā", "admin2@portal.example", roles=("administrator",)),
    DemoUser(demo_ids.STAFF_AUDITOR, "staff", "Zane Auditore", "auditor@portal.example", roles=("auditor",)),
)  # fmt: skip

COMPANIES = (
    "Āboltiņa Taksometri", "Baltijas Apraide", "Čiekurkalna Loģistika", "Dzelzceļa Sakari Plus", "Ērgļu Mežs",
    "Fiksētie Tīkli", "Gaisa Satiksmes Radio", "Ģimenes Drošība", "Hidrometeo Mērījumi", "Jūras Kanāls",
    "Kurzemes Elektrotīkls", "Ķekavas Siltums", "Latgales Televīzija", "Ļaudonas Ūdens", "Madonas Autobusi",
    "Ņivas Ferma", "Ostas Vilcēji", "Pierīgas Ātrā Palīdzība", "Rūpnieciskā Automātika", "Sēlijas Radio",
    "Šoseju Uzturēšana", "Talsu Taksometrs", "Ūdeņu Glābšana", "Vidzemes Apsardze",
)  # fmt: skip
PERSONS = (
    "Žanis Šķēle", "Ērika Ūdre", "Kārlis Ģērmanis", "Līga Ābele", "Normunds Čakste", "Sanita Žagare",
)  # fmt: skip

TERMS = (
    # (version, approved by the board, in force from); the four versions of the source (S1-77)
    (1, date(2017, 12, 19), date(2017, 12, 19)),
    (2, date(2019, 6, 11), date(2019, 6, 11)),
    (3, date(2022, 6, 7), date(2022, 6, 7)),
    (4, date(2023, 4, 18), date(2023, 5, 2)),
)
# How long each was to hold, in the words of the source's register.
TERMS_NOTES = {
    1: "Spēkā līdz dokumenta 2. versijas apstiprināšanai valdē",
    2: "Spēkā līdz dokumenta 3. versijas apstiprināšanai valdē",
    3: "Spēkā līdz dokumenta 4. versijas publicēšanai",
    4: None,
}
