"""Errors with stable codes: raised in a rule, carried over the bus as data, shown as RFC 9457 problem details.

Standard library only, because `domain` packages import this module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# code -> (HTTP status, Latvian sentence, English sentence); filled by every ErrorTable that is imported.
_SENTENCES: dict[str, tuple[int, str, str]] = {}

DEFAULT_STATUS = 422


def _plain(value: Any) -> Any:
    """Keep what JSON can carry as it is; everything else becomes its text."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of a form; `field` is the dotted name the caller sent."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Return the form in which the error crosses the bus."""
        return {"field": self.field, "code": self.code, "params": {k: _plain(v) for k, v in self.params.items()}}


class PortalError(Exception):
    """A refusal that the caller can act on.

    `code` is `<service>.<what>` or one of the general codes below; `status` is the HTTP status it becomes
    (400..599); `field` names the input at fault; `params` fill the sentences; `errors` lists several fields.
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        status: int | None = None,
        errors: Iterable[FieldError] = (),
        **params: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = {k: _plain(v) for k, v in params.items()}
        self.errors = tuple(errors)
        self.status = status or _SENTENCES.get(code, (DEFAULT_STATUS, "", ""))[0]

    @classmethod
    def many(cls, errors: Iterable[FieldError]) -> PortalError:
        """Return one `invalid` (422) error for several fields at once."""
        listed = tuple(errors)
        return cls("invalid", field=listed[0].field if listed else None, errors=listed)

    def to_data(self) -> dict[str, Any]:
        """Return the form in which the error crosses the bus; `from_data` reads it back."""
        return {
            "code": self.code,
            "status": self.status,
            "field": self.field,
            "params": self.params,
            "errors": [e.to_data() for e in self.errors],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PortalError:
        """Read an error that crossed the bus; unknown keys are ignored, missing ones get defaults."""
        error = cls(
            str(data.get("code") or "internal"),
            field=data.get("field"),
            status=int(data.get("status") or 500),
            errors=[FieldError(e["field"], e["code"], e.get("params") or {}) for e in data.get("errors") or ()],
        )
        error.params = dict(data.get("params") or {})
        return error

    def sentence(self, language: str) -> str:
        """Return the sentence for people in `lv` or `en`; the code itself when no table knows it."""
        return sentence(self.code, self.params, language)

    def __str__(self) -> str:
        details = "".join(f", {e.field}: {e.code}" for e in self.errors)
        return f"{self.code}{f' [{self.field}]' if self.field else ''}{details}"


def sentence(code: str, params: Mapping[str, Any], language: str) -> str:
    """Return the sentence of `code` in `language` (`lv` or `en`), filled with `params`."""
    known = _SENTENCES.get(code)
    if known is None:
        return code
    text = known[1] if language == "lv" else known[2]
    try:
        return text.format_map(params)
    except (KeyError, IndexError, ValueError):
        # A newer service may send fewer parameters than this release's sentence wants: the bare sentence still helps.
        return text


def known_codes() -> list[tuple[str, int]]:
    """Return every code that any imported table knows, with its status, in alphabetical order."""
    return sorted((code, known[0]) for code, known in _SENTENCES.items())


class ErrorTable:
    """The errors a service can answer with: `{name: (status, Latvian, English)}`, published in `messages.py`.

    Codes become `<service>.<name>`. Raises ValueError for a status outside 400..599 or an empty sentence.
    """

    def __init__(self, service: str, table: Mapping[str, tuple[int, str, str]]) -> None:
        self.service = service
        self.codes: dict[str, tuple[int, str, str]] = {}
        for name, (status, latvian, english) in table.items():
            if not 400 <= status <= 599 or not latvian or not english:
                raise ValueError(f"error {service}.{name} needs a status 400..599 and two sentences")
            code = f"{service}.{name}" if service else name
            self.codes[code] = (status, latvian, english)
        _SENTENCES.update(self.codes)


GENERAL = ErrorTable(
    "",
    {
        "unauthenticated": (401, "Lūdzu, piesakieties portālā.", "Please sign in."),
        "forbidden": (403, "Jums nav tiesību veikt šo darbību.", "You do not have the right to do this."),
        "not_entitled": (
            403,
            "Klientam, kura vārdā Jūs rīkojaties, šāda pakalpojuma nav vai tā norēķinu kārtība to neparedz.",
            "The client you act for has no such service, or its settlement arrangement does not provide for it.",
        ),
        "assurance_needed": (
            403,
            "Šai darbībai jāpiesakās drošākā veidā, piemēram, ar eID karti vai eParakstu.",
            "This needs a stronger way of signing in, for example an eID card or eParaksts.",
        ),
        "step_up_needed": (
            403,
            "Drošības dēļ vispirms apstipriniet, ka tas tiešām esat Jūs.",
            "For your safety, first confirm that it is really you.",
        ),
        "second_factor_needed": (
            403,
            "Pieteikšanās vēl nav pabeigta: apstipriniet to ar otro faktoru.",
            "Signing in is not complete yet: confirm it with your second factor.",
        ),
        "not_found": (404, "Meklētais nav atrasts.", "Not found."),
        "conflict": (409, "Dati pa šo laiku ir mainījušies. Pārlādējiet lapu.", "The data changed meanwhile. Reload."),
        "stale": (412, "Dati pa šo laiku ir mainījušies. Pārlādējiet lapu.", "The data changed meanwhile. Reload."),
        "idempotency_key_reused": (
            409,
            "Šī darbība jau ir veikta ar citiem datiem.",
            "This idempotency key was already used with other data.",
        ),
        "too_large": (413, "Dati ir par lielu (ne vairāk kā {limit}).", "Too large (at most {limit})."),
        "invalid": (422, "Pārbaudiet ievadītos datus.", "Please check what you entered."),
        "too_many": (429, "Pārāk daudz mēģinājumu. Mēģiniet vēlāk.", "Too many attempts. Try again later."),
        "internal": (500, "Neparedzēta kļūda. Mēs to jau izmeklējam.", "Unexpected error. We are looking into it."),
        "unavailable": (503, "Pakalpojums īslaicīgi nav pieejams.", "The service is temporarily unavailable."),
        "deadline": (504, "Pakalpojums neatbildēja laikā.", "The service did not answer in time."),
        "required": (422, "Aizpildiet šo lauku.", "Please fill in this field."),
        "malformed": (422, "Nederīga vērtība.", "Not a valid value."),
        "too_short": (422, "Vērtība ir par īsu (vismaz {limit}).", "Too short (at least {limit})."),
        "too_long": (422, "Vērtība ir par garu (ne vairāk kā {limit}).", "Too long (at most {limit})."),
        "too_small": (422, "Vērtībai jābūt vismaz {limit}.", "Must be at least {limit}."),
        "too_big": (422, "Vērtība nedrīkst pārsniegt {limit}.", "Must be at most {limit}."),
        "too_many_digits": (
            422,
            "Skaitlis ir par garu (ne vairāk kā {limit} cipari).",
            "The number is too long (at most {limit} digits).",
        ),
        "too_precise": (
            422,
            "Aiz komata drīkst būt ne vairāk kā {limit} cipari.",
            "At most {limit} decimal places, please.",
        ),
        "not_a_number": (422, "Ievadiet skaitli.", "Please enter a number."),
        "not_a_day": (422, "Ievadiet datumu, piemēram, 21.11.2026.", "Please enter a date, for example 21.11.2026."),
        "period_reversed": (422, "Beigu diena ir pirms sākuma dienas.", "The last day is before the first."),
        "not_a_choice": (422, "Izvēlieties kādu no piedāvātajām vērtībām.", "Choose one of the given values."),
    },
)
