"""Imports of permits, as the chassis works on them."""

from __future__ import annotations

from chassis.imports.kit import Kit
from services.permits.messages import Import, ImportProblem
from services.permits.settings import settings
from services.permits.store.import_tables import import_problems, imports

KIT = Kit(
    service="permits", imports=imports, problems=import_problems, key="permit_no",
    title={"lv": "Atļauja", "en": "Permit"}, view=Import, problem=ImportProblem, settings=settings,
)  # fmt: skip
