"""The table of all settings, from the classes that read them: `python -m deploy.settings_table > docs/settings.md`."""

from __future__ import annotations

import importlib
from pathlib import Path

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from chassis.settings import SETTINGS, Settings

ROOT = Path(__file__).resolve().parent.parent

# Read by the chassis without a class, because they are needed before any service is loaded.
BARE = (
    ("PROFILE", "production", "`local` allows default secrets; anything else does not"),
    ("DATABASE_URL_<SERVICE>", "", "DSN of a service's database; DATABASE_URL when it is not set"),
    ("SERVICE_KEY_FILE", "", "Ed25519 private key (PEM) with which the process signs its own calls"),
    ("TRUSTED_KEYS_FILE", "", "JWKS of the pinned keys: all services, and `root:identity`; read again for unknown ids"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "", "Where spans are sent (OTLP over HTTP); none are sent without it"),
)


def load_all() -> list[type[Settings]]:
    """Import every module that declares settings and return the classes by prefix."""
    importlib.import_module("chassis.process")
    importlib.import_module("gateway.settings")
    for path in sorted((ROOT / "services").glob("*/settings.py")):
        importlib.import_module(f"services.{path.parent.name}.settings")
    return sorted(SETTINGS, key=lambda cls: cls.model_config.get("env_prefix", ""))


def variable(cls: type[Settings], name: str, field: FieldInfo) -> str:
    """Return the environment variable that sets a field."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias) if alias else f"{cls.model_config.get('env_prefix', '')}{name}".upper()


def table() -> str:
    """Return the document docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, checked when a process starts. **secret** ones have a default",
        "in the local profile only. Made by `python -m deploy.settings_table`; do not edit.",
        "",
        "## Every process",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, default, text in BARE]
    for cls in load_all():
        if cls.__name__ != "ProcessSettings":
            lines += [
                "",
                f"## {cls.__module__.removesuffix('.settings')}",
                "",
                "| variable | default | meaning |",
                "|---|---|---|",
            ]
        lines += [_row(cls, name, field) for name, field in cls.model_fields.items()]
    return "\n".join(lines) + "\n"


def _row(cls: type[Settings], name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    is_secret = isinstance(extra, dict) and bool(extra.get("secret"))
    default = "**secret**" if is_secret else "required" if field.is_required() else f"`{field.default}`"
    return f"| `{variable(cls, name, field)}` | {default} | {field.description} |".replace("``", "")


if __name__ == "__main__":
    print(table(), end="")
