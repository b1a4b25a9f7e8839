"""A form as data: fields, documents, workflow, service level. What the rules read; nothing here knows a database.

A definition is published once per version and never changes; a running case keeps the version it started with (B-20).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

FIELD_TYPES = frozenset({"text", "long_text", "email", "phone", "number", "date", "choice", "coordinates"})
BALLS = frozenset({"client", "staff", "system", "nobody"})
CLOCKS = frozenset({"running", "stopped", "none"})
ACTORS = frozenset({"client", "staff", "system"})
# What an approval leads to: a permit, a contract, or an answer and nothing further.
Outcome = Literal["permit", "contract", "answer"]


@dataclass(frozen=True, slots=True)
class Localised:
    """A text in Latvian and English."""

    lv: str
    en: str

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Localised:
        """Read `{"lv": ..., "en": ...}`. Raises ValueError when a language is missing or empty."""
        if not data.get("lv") or not data.get("en"):
            raise ValueError(f"a text needs both languages: {data}")
        return cls(data["lv"], data["en"])


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. Numbers have `minimum`, `maximum` and at most `decimals` places; `rule` names a check of its own."""

    name: str
    label: Localised
    type: str
    required: bool = False
    unit: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    max_length: int = 200
    choices: tuple[str, ...] = ()
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class CrossRule:
    """A rule over several fields: the name of the rule and which field plays which part in it."""

    name: str
    parts: Mapping[str, str]
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """A state of the workflow: who has the ball, whether the service level's clock runs."""

    name: str
    label: Localised
    ball: str
    clock: str


@dataclass(frozen=True, slots=True)
class Action:
    """What `actor` may do in the states `sources`; `target` None keeps the state; `label` shows on the timeline.

    Staff need the `role`; a client's representative needs the `right` for the whole client, beside the one that
    opens requests at all.
    """

    name: str
    label: Localised
    button: Localised
    actor: str
    sources: frozenset[str]
    target: str | None
    role: str | None = None
    right: str | None = None
    internal: bool = False


@dataclass(frozen=True)
class Form:
    """One version of a form, checked for consistency when it was read."""

    code: str
    version: int
    title: Localised
    outcome: Outcome
    service_level_days: int
    summary_fields: tuple[str, ...]
    fields: Mapping[str, FormField]
    documents: Mapping[str, bool]
    rules: tuple[CrossRule, ...]
    declaration: Localised
    states: Mapping[str, State]
    actions: Mapping[str, Action]
    initial: str
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    def states_where(self, *, ball: str | None = None, clock: str | None = None) -> Iterator[str]:
        """Yield the names of the states with this ball or this clock."""
        for state in self.states.values():
            if (ball is None or state.ball == ball) and (clock is None or state.clock == clock):
                yield state.name


def read_form(raw: Mapping[str, Any]) -> Form:
    """Read a definition and refuse an inconsistent one.

    Raises ValueError (or KeyError for a missing part) with the reason: unknown field type, a rule or action that names
    what does not exist, a state nothing leads to, bounds the wrong way round.
    """
    fields: dict[str, FormField] = {}
    for step in raw["steps"]:
        Localised.read(step["title"])
        for item in step["fields"]:
            one = _field(item)
            if one.name in fields:
                raise ValueError(f"field {one.name} twice")
            fields[one.name] = one
    states = {s["name"]: _state(s) for s in raw["states"]}
    actions = {a["name"]: _action(a, states) for a in raw["actions"]}
    rules = tuple(CrossRule(r["rule"], r["parts"], r.get("params", {})) for r in raw.get("rules", ()))
    for rule in rules:
        unknown = set(rule.parts.values()) - fields.keys()
        if unknown:
            raise ValueError(f"rule {rule.name} names unknown fields {sorted(unknown)}")
    form = Form(
        code=raw["form"],
        version=int(raw["version"]),
        title=Localised.read(raw["title"]),
        outcome=raw["outcome"],
        service_level_days=int(raw["service_level_days"]),
        summary_fields=tuple(raw.get("summary_fields", ())),
        fields=fields,
        documents={d["name"]: bool(d.get("required", True)) for d in raw["documents"]},
        rules=rules,
        declaration=Localised.read(raw["declaration"]),
        states=states,
        actions=actions,
        initial=raw["initial"],
        raw=raw,
    )
    _check(form)
    return form


def _field(item: Mapping[str, Any]) -> FormField:
    if item["type"] not in FIELD_TYPES:
        raise ValueError(f"field {item['name']}: unknown type {item['type']}")
    low, high = (Decimal(str(item[key])) if key in item else None for key in ("minimum", "maximum"))
    if low is not None and high is not None and low > high:
        raise ValueError(f"field {item['name']}: minimum above maximum")
    choices = tuple(c["value"] for c in item.get("choices", ()))
    if (item["type"] == "choice") != bool(choices):
        raise ValueError(f"field {item['name']}: choices belong to a choice, and a choice has some")
    return FormField(
        name=item["name"],
        label=Localised.read(item["label"]),
        type=item["type"],
        required=bool(item.get("required", False)),
        unit=item.get("unit"),
        minimum=low,
        maximum=high,
        decimals=int(item.get("decimals", 0)),
        max_length=int(item.get("max_length", 200)),
        choices=choices,
        rule=item.get("rule"),
    )


def _state(item: Mapping[str, Any]) -> State:
    if item["ball"] not in BALLS or item["clock"] not in CLOCKS:
        raise ValueError(f"state {item['name']}: unknown ball or clock")
    return State(item["name"], Localised.read(item["label"]), item["ball"], item["clock"])


def _action(item: Mapping[str, Any], states: Mapping[str, State]) -> Action:
    if item["actor"] not in ACTORS:
        raise ValueError(f"action {item['name']}: unknown actor")
    sources, target = frozenset(item["from"]), item.get("to")
    unknown = (sources | ({target} if target else frozenset())) - states.keys()
    if unknown or not sources:
        raise ValueError(f"action {item['name']}: unknown states {sorted(unknown)}")
    return Action(
        name=item["name"],
        label=Localised.read(item["label"]),
        button=Localised.read(item.get("button", item["label"])),
        actor=item["actor"],
        sources=sources,
        target=target,
        role=item.get("role"),
        right=item.get("right"),
        internal=bool(item.get("internal", False)),
    )


def _check(form: Form) -> None:
    if form.initial not in form.states:
        raise ValueError("the initial state does not exist")
    if form.outcome not in get_args(Outcome):
        raise ValueError(f"unknown outcome {form.outcome}")
    if form.service_level_days < 1:
        raise ValueError("a service level is at least one working day")
    missing = set(form.summary_fields) - form.fields.keys()
    if missing:
        raise ValueError(f"summary names unknown fields {sorted(missing)}")
    reached = {form.initial}
    while True:
        more = {a.target for a in form.actions.values() if a.target and a.sources & reached} - reached
        if not more:
            break
        reached |= {state for state in more if state}
    if reached != form.states.keys():
        raise ValueError(f"nothing leads to {sorted(form.states.keys() - reached)}")
