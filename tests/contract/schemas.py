"""The shape of every event, request and reply, kept as a snapshot: `python -m tests.contract.schemas` writes it.

`breaks` says what would break somebody who was built against the snapshot: releases run beside each other, and other
systems were written against yesterday's events.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from chassis.messages import EVENTS, REQUESTS
from chassis.topology import services

SNAPSHOT = Path(__file__).with_name("schemas.json")


def current() -> dict[str, Any]:
    """Return the schemas of everything that crosses the bus, by kind and name."""
    for service in services():
        importlib.import_module(f"services.{service}.messages")
    events = {e.event_type: _schema(e, "serialization") for e in EVENTS.values() if _ours(e)}
    requests = {
        name: {"request": _schema(r, "validation"), "reply": _schema(r.reply, "serialization")}
        for name, r in REQUESTS.items()
        if _ours(r)
    }
    return {"events": dict(sorted(events.items())), "requests": dict(sorted(requests.items()))}


def _ours(model: type[BaseModel]) -> bool:
    return model.__module__.startswith("services.") or model.__module__ == "chassis.key_set"


def _schema(model: type[BaseModel], mode: Any) -> dict[str, Any]:
    """Return the schema without words: titles and descriptions may change freely."""
    return _bare(model.model_json_schema(mode=mode))  # type: ignore[no-any-return]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        if "properties" in value:
            kept = {k: v for k, v in value.items() if k not in ("title", "description", "properties", "examples")}
            return {k: _bare(v) for k, v in kept.items()} | {
                "properties": {k: _bare(v) for k, v in value["properties"].items()}
            }
        return {k: _bare(v) for k, v in value.items() if k not in ("title", "description", "examples")}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value


def breaks(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return what changed so that somebody built against `before` would break."""
    found: list[str] = []
    for name, old in before["events"].items():
        if name not in now["events"]:
            found.append(f"event {name} is gone")
        else:
            found += _given(f"event {name}", old, now["events"][name])
    for name, old in before["requests"].items():
        if name not in now["requests"]:
            found.append(f"request {name} is gone")
            continue
        found += _taken(f"request {name}", old["request"], now["requests"][name]["request"])
        found += _given(f"reply of {name}", old["reply"], now["requests"][name]["reply"])
    return found


def _given(where: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What we give: every field somebody reads must stay, stay certain, and keep its kinds of value."""
    return _walk(where, old, new, old.get("$defs", {}), new.get("$defs", {}), gives=True, seen=frozenset())


def _taken(where: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What we take: everything somebody sends must still be taken, and nothing more be asked."""
    return _walk(where, old, new, old.get("$defs", {}), new.get("$defs", {}), gives=False, seen=frozenset())


def _walk(
    where: str, old: Any, new: Any, old_defs: Any, new_defs: Any, *, gives: bool, seen: frozenset[tuple[str, str]]
) -> list[str]:
    refs = (old.get("$ref", ""), new.get("$ref", ""))
    if refs in seen:
        return []
    if any(refs):
        seen |= {refs}
    old, new = _resolve(old, old_defs), _resolve(new, new_defs)
    found: list[str] = []
    if gives and not _kinds(new, new_defs) <= _kinds(old, old_defs):
        found.append(f"{where} may now be {', '.join(sorted(_kinds(new, new_defs) - _kinds(old, old_defs)))}")
    if not gives and not _kinds(old, old_defs) <= _kinds(new, new_defs):
        found.append(f"{where} may no longer be {', '.join(sorted(_kinds(old, old_defs) - _kinds(new, new_defs)))}")
    found += _limits(where, old, new, gives=gives)
    was, is_ = old.get("properties", {}), new.get("properties", {})
    for name, field in was.items():
        if name in is_:
            found += _walk(f"{where}.{name}", field, is_[name], old_defs, new_defs, gives=gives, seen=seen)
        elif gives:
            found.append(f"{where}.{name} is gone")
    if gives:
        missing = set(old.get("required", [])) & set(is_) - set(new.get("required", []))
        found += [f"{where}.{name} is no longer certain" for name in sorted(missing)]
    else:
        extra = set(new.get("required", [])) - set(old.get("required", []))
        found += [f"{where}.{name} is now required" for name in sorted(extra)]
    if "items" in old and "items" in new:
        found += _walk(f"{where}[]", old["items"], new["items"], old_defs, new_defs, gives=gives, seen=seen)
    return found


def _resolve(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; of `X or nothing` take the X, whose inside is then compared."""
    while True:
        if "$ref" in schema:
            schema = defs[schema["$ref"].rsplit("/", 1)[-1]]
            continue
        options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
        if len(options) == 1:
            schema = options[0] | {"nullable": True}
            continue
        return schema


def _kinds(schema: dict[str, Any], defs: dict[str, Any]) -> set[str]:
    """Return the kinds of value a schema allows: types with their format, or the members of an enumeration."""
    if "anyOf" in schema or "oneOf" in schema:
        options = schema.get("anyOf", []) + schema.get("oneOf", [])
        return {kind for option in options for kind in _kinds(_resolve(option, defs), defs)}
    kinds = {"null"} if schema.get("nullable") else set()
    if "enum" in schema:
        return kinds | {f"value {value!r}" for value in schema["enum"]}
    if "const" in schema:
        return kinds | {f"value {schema['const']!r}"}
    kind = schema.get("type")
    return kinds | ({f"{kind}:{schema['format']}" if "format" in schema else str(kind)} if kind else {"anything"})


# limit of a value -> whether a larger number lets more in
_LIMITS = {
    "maximum": True, "exclusiveMaximum": True, "maxLength": True, "maxItems": True,
    "minimum": False, "exclusiveMinimum": False, "minLength": False, "minItems": False,
}  # fmt: skip


def _limits(where: str, old: dict[str, Any], new: dict[str, Any], *, gives: bool) -> list[str]:
    found = []
    for limit, larger_is_wider in _LIMITS.items():
        before, after = old.get(limit), new.get(limit)
        if before == after or gives:
            continue  # what we give may widen within its kind: nobody is told our limits
        narrower = after is not None and (before is None or (after < before) == larger_is_wider)
        if narrower:
            found.append(f"{where} now has {limit} {after}")
    return found


def write() -> None:
    """Keep the present shape."""
    SNAPSHOT.write_text(json.dumps(current(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write()
