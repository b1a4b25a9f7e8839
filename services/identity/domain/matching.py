"""Whose data are these? What somebody says of a client against what the register knows (S1-28, S1-35, S3-18, S2-04).

The rule, in one place for self-registration, applications, unified login and staff:

* A client is found by any number it is or was known by: personal code, registration number, client number, or the
  number of a contract it has. Codes change; a former one matches as well as the present one.
* Every number that was given must lead to that one client. One that leads to another client, or to nobody, speaks
  against the match. Several personal codes of one person (an identity provider hands over present and former ones)
  count as one number: one that fits is enough, two that fit different clients are a contradiction.
* The name must fit, too: of a natural person all its words in any order, of a company its words in order without the
  legal form; letter case, diacritics, quotes and hyphens do not matter.
* A natural person needs a personal code that fits, a legal person its registration number. `Needs` asks for more:
  a registration number is public, so whoever has nothing else to show must give a number only the client knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis.text import fold

Kind = Literal["natural", "legal"]
Reason = Literal["matched", "unknown", "several", "number_differs", "name_differs", "kind_differs", "too_little"]

_FORMS = re.compile(
    r"\b(?:sabiedriba ar ierobezotu atbildibu|valsts akciju sabiedriba|akciju sabiedriba|individualais komersants"
    r"|individualais uznemums|zemnieku saimniecibas?|pilnsabiedriba|komanditsabiedriba|biedriba|nodibinajums"
    r"|sia|vsia|psia|as|vas|pas|ik|iu|zs|ks|ps|ltd|llc|oy|ou|uab|ab|gmbh|ag|inc)\b"
)


@dataclass(frozen=True)
class Claim:
    """What somebody says of a client. Numbers stand in their checked form (eleven digits, no dash).

    `person_codes` of one person, the present one first. `contracts` are the clients of the contract number given,
    empty when no such contract is in force; None when no contract number was given.
    """

    name: str
    kind: Kind | None = None
    person_codes: tuple[str, ...] = ()
    reg_no: str | None = None
    external_ref: str | None = None
    contracts: frozenset[UUID] | None = None

    def codes(self) -> list[tuple[str, str]]:
        """Return the (kind, value) pairs to look for in the register."""
        found = [("person_code", code) for code in self.person_codes]
        found += [("reg_no", self.reg_no)] if self.reg_no else []
        return found + ([("external_ref", self.external_ref)] if self.external_ref else [])


@dataclass(frozen=True)
class Known:
    """A client as the register knows it, with every code it has or had."""

    client_id: UUID
    kind: str
    name: str
    codes: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Needs:
    """What must be given beside name and code: a `contract` in force (S2-08), or an `own_number`: the client number
    or a contract number, which stand in no public register."""

    contract: bool = False
    own_number: bool = False


@dataclass(frozen=True)
class Fit:
    """How one datum compares: `fits` is None when it was not given."""

    datum: str
    fits: bool | None


@dataclass(frozen=True)
class Verdict:
    """`client_id` when everything fits exactly one client; `nearest` for the eyes of staff: whom the numbers name."""

    reason: Reason
    client_id: UUID | None = None
    nearest: UUID | None = None
    fits: tuple[Fit, ...] = ()


def words(name: str, kind: str | None = "natural") -> tuple[str, ...]:
    """Return the words by which names are compared; a person's are sorted, a company's lose their legal form."""
    plain = " ".join(re.findall(r"[^\W_]+", fold(name)))
    if kind != "legal":
        return tuple(sorted(plain.split()))
    return tuple(_FORMS.sub(" ", plain).split()) or tuple(plain.split())


def compare(claim: Claim, known: Known) -> tuple[Fit, ...]:
    """Return datum by datum how a claim fits one client."""
    given = words(claim.name, known.kind)
    code = any(("person_code", one) in known.codes for one in claim.person_codes)
    return (
        Fit("kind", None if claim.kind is None else claim.kind == known.kind),
        Fit("name", bool(given) and given == words(known.name, known.kind)),
        Fit("person_code", code if claim.person_codes else None),
        Fit("reg_no", ("reg_no", claim.reg_no) in known.codes if claim.reg_no else None),
        Fit("external_ref", ("external_ref", claim.external_ref) in known.codes if claim.external_ref else None),
        Fit("contract", None if claim.contracts is None else known.client_id in claim.contracts),
    )


def judge(claim: Claim, candidates: Iterable[Known], needs: Needs = Needs()) -> Verdict:
    """Return the verdict on a claim; `candidates` are all clients any of its numbers leads to."""
    found = {known.client_id: known for known in candidates}
    if len(found) != 1:
        return Verdict("several" if found else "unknown")
    (known,) = found.values()
    fits = compare(claim, known)
    reason = _reason(known, {fit.datum: fit.fits for fit in fits}, needs)
    return Verdict(reason, known.client_id if reason == "matched" else None, known.client_id, fits)


def _reason(known: Known, fits: dict[str, bool | None], needs: Needs) -> Reason:
    if any(fits[number] is False for number in ("person_code", "reg_no", "external_ref", "contract")):
        return "number_differs"
    if fits["kind"] is False:
        return "kind_differs"
    if not fits["name"]:
        return "name_differs"
    enough = fits["person_code" if known.kind == "natural" else "reg_no"]
    if needs.contract:
        enough = enough and fits["contract"]
    if needs.own_number:
        enough = enough and (fits["contract"] or fits["external_ref"])
    return "matched" if enough else "too_little"
