"""The people of the demo who walk through the portal, each with what they are there for."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "Parole-2026"


@dataclass(frozen=True)
class Person:
    """Somebody who signs in; `name` is how tests call them."""

    name: str
    email: str
    audience: str = "customer"

    @property
    def staff(self) -> bool:
        return self.audience == "staff"

    @property
    def home(self) -> str:
        return "/staff" if self.staff else "/"

    @property
    def sign_in_page(self) -> str:
        return "/staff/sign-in" if self.staff else "/sign-in"

    @property
    def cookie(self) -> str:
        """The session cookie's name over plain http, where browsers do not keep the `__Host-` prefix."""
        return "portal-staff" if self.staff else "portal"


ANNA = Person("anna", "anna@radiolinks.example")  # main user of SIA Radio Links: every right
JURIS = Person("juris", "juris@radiolinks.example")  # additional user of the same client: sees permits and finance
ILZE = Person("ilze", "ilze@pilsudens.example")  # another client, a legal person
PETERIS = Person("peteris", "peteris@example.com")  # another client, a natural person
ENGINEER = Person("engineer", "engineer@portal.example", "staff")
ACCOUNTANT = Person("accountant", "accountant@portal.example", "staff")
SERVICE = Person("service", "service@portal.example", "staff")
ADMIN = Person("admin", "admin@portal.example", "staff")
AUDITOR = Person("auditor", "auditor@portal.example", "staff")

CUSTOMERS = (ANNA, JURIS, ILZE, PETERIS)
STAFF = (ENGINEER, ACCOUNTANT, SERVICE, ADMIN, AUDITOR)
EVERYBODY = CUSTOMERS + STAFF
