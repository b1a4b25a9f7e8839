"""Published language of permits: what may be asked, what is answered, which facts are told.

Others import `services.permits.messages` only; the parts below it are re-exported here.

Words for enumerations (domain.md section 8):
`permit_kind` install, temporary, use, short_term, shared;
`service_kind` fixed, land_mobile, public_mobile, broadcasting, broadcast_aux, maritime,
aeronautical, satellite, amateur;
`status` is what the register says (active, suspended, expired, cancelled, terminated); `state` is what holds today:
in_force, upcoming, suspended, expired, cancelled, terminated. An active permit whose last day has passed is expired.
Replies carry them as plain text, so that a new word does not break a reader of the release before.
"""

from __future__ import annotations

from services.permits.messages.errors import (
    ERRORS,
)
from services.permits.messages.events import (
    FeeItem,
    ImportFinished,
    PermitExpiring,
    PermitIssued,
    PermitUpdated,
)
from services.permits.messages.imports import (
    CHUNK_BYTES,
    AppendImportChunk,
    FinishImport,
    GetImport,
    Import,
    ImportPage,
    ImportProblem,
    ImportProblemPage,
    ImportReport,
    ListImportProblems,
    ListImports,
    StartImport,
)
from services.permits.messages.reading import (
    FEE_PAGE,
    AssignmentPage,
    ExportPart,
    ExportPermit,
    ExportPermits,
    FeeBasis,
    FeeBasisPage,
    FindPermits,
    FoundPermit,
    FoundPermits,
    GetFeeBasisPage,
    GetPermit,
    GetPermitBasis,
    GetPermitCounts,
    ListAssignments,
    ListPermits,
    ListStations,
    PermitCounts,
    PermitFilter,
    PermitKind,
    ServiceKind,
    SortBy,
    State,
    StationPage,
)
from services.permits.messages.shown import (
    Assignment,
    Equipment,
    HistoryEntry,
    Permit,
    PermitPage,
    PermitSummary,
    Station,
)

__all__ = [
    "CHUNK_BYTES",
    "ERRORS",
    "FEE_PAGE",
    "AppendImportChunk",
    "Assignment",
    "AssignmentPage",
    "Equipment",
    "ExportPart",
    "ExportPermit",
    "ExportPermits",
    "FeeBasis",
    "FeeBasisPage",
    "FeeItem",
    "FindPermits",
    "FinishImport",
    "FoundPermit",
    "FoundPermits",
    "GetFeeBasisPage",
    "GetImport",
    "GetPermit",
    "GetPermitBasis",
    "GetPermitCounts",
    "HistoryEntry",
    "Import",
    "ImportFinished",
    "ImportPage",
    "ImportProblem",
    "ImportProblemPage",
    "ImportReport",
    "ListAssignments",
    "ListImportProblems",
    "ListImports",
    "ListPermits",
    "ListStations",
    "Permit",
    "PermitCounts",
    "PermitExpiring",
    "PermitFilter",
    "PermitIssued",
    "PermitKind",
    "PermitPage",
    "PermitSummary",
    "PermitUpdated",
    "ServiceKind",
    "SortBy",
    "StartImport",
    "State",
    "Station",
    "StationPage",
]
