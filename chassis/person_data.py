"""Where a service keeps data about people: declared once, and exported, erased and searched from the declaration.

A table is declared with one `Holding` for every way in which its rows belong to a person, or as one that holds nobody's
data. A contract test walks the metadata of every service and refuses a column that could hold a word about a person
and is declared nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

# How a column is erased. SQL expressions over the row, with :pseudonym.
NULL = "NULL"
BLANK = "''"
EMPTY = "'{}'"
PSEUDONYM = ":pseudonym"
SCRUB = "scrub"  # every word that names the person is replaced, the rest of the text stays

# Why something stays; the sentences people read are `gateway` texts under the same codes.
KEPT = {
    "accounting": "Accounting documents are kept five years (Accounting Law, section 28).",
    "register": "The register of permits in force is kept by law (Electronic Communications Law).",
    "decision": "That and when a decision was made is kept; its wording about the person is taken away.",
    "agreement": "That an agreement was made is kept as proof, without the name.",
    "contract": "A contract in force is needed to provide the service.",
    "audit": "The audit trail is kept with the personal parts taken away.",
    "other_client": "It belongs to another client, for whom the person acted.",
    "duty": "Members of staff stand by name behind what they did in office.",
    "others_text": "It stands in texts about others, and nobody can tell whether it means this person.",
    "history_stream": "Events are kept 30 days for systems that catch up, then deleted by themselves.",
}


@dataclass(frozen=True)
class Holding:
    """Rows of `table` that belong to a person: `of` is an SQL condition with :user and :clients.

    `erase` maps columns to how they are erased, `keep` columns to the reason (KEPT) why they stay; `plain` names
    text columns that cannot say anything about a person (codes, numbers, states). `hide` is not exported (hashes of
    secrets). `file` is a column with a blob's id: the file is exported and deleted with the row's erasure. With
    `delete` the rows themselves go. `shared`: rows of others may name the person in these columns, for this reason.
    With `by_hand` the service's own code takes the names out, and nothing else touches the table. `of` may name :acted
    too, the other clients for whom the person acted.
    """

    table: str
    of: str
    title: tuple[str, str]
    plain: str = ""
    erase: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    keep: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hide: str = ""
    delete: bool = False
    file: str | None = None
    reason: str | None = None
    shared: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    export: bool = True
    by_hand: bool = False

    @property
    def titles(self) -> dict[str, str]:
        """Return the title in both languages."""
        return {"lv": self.title[0], "en": self.title[1]}


@dataclass(frozen=True)
class Declaration:
    """All tables of one service. `nobody` maps tables without data of people to why that is so.

    `obligations` maps a kind to a select of labels; `waits` is a select that gives a row once erasing may begin;
    `before` are statements run first, for rows of other tables that hang on those that go.
    """

    metadata: sa.MetaData
    holdings: Sequence[Holding]
    nobody: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    obligations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    waits: str | None = None

    def of_table(self, table: str) -> list[Holding]:
        """Return the holdings of a table."""
        return [holding for holding in self.holdings if holding.table == table]

    def is_text(self, table: str, column: str) -> bool:
        """Tell whether a column holds free text, which may speak of anybody: it is scrubbed in somebody's rows."""
        return any(holding.erase.get(column) == SCRUB for holding in self.of_table(table))

    def faults(self) -> list[str]:
        """Return what is declared wrongly or not at all, as sentences; empty when all is well."""
        wrong = [
            f"{name}: declared but there is no such table"
            for name in {*self.nobody, *(holding.table for holding in self.holdings)}
            if name not in self.metadata.tables
        ]
        for table in self.metadata.tables.values():
            if table.name in CHASSIS or table.name in self.nobody:
                continue
            holdings = self.of_table(table.name)
            if not holdings:
                wrong.append(f"{table.name}: not declared; does it hold anything about a person?")
                continue
            known = {name for h in holdings for name in (*h.plain.split(), *h.hide.split(), *h.erase, *h.keep)}
            real = {column.name for column in table.c}
            wrong += [f"{table.name}.{name}: declared but there is no such column" for name in known - real]
            if not any(holding.delete for holding in holdings):
                wrong += [
                    f"{table.name}.{column.name}: neither erased, kept with a reason, nor plain"
                    for column in worded(table)
                    if column.name not in known
                ]
            wrong += [
                f"{table.name}.{name}: no such reason {reason!r}"
                for holding in holdings
                for name, reason in (*holding.keep.items(), *holding.shared.items())
                if reason not in KEPT
            ]
        return sorted(wrong)


# The chassis looks after its own tables: chassis/person_erasing.py.
CHASSIS = frozenset({"outbox", "inbox", "idempotency", "blobs", "blob_chunks"})


def worded(table: sa.Table) -> list[sa.Column[object]]:
    """Return the columns of a table that can hold words: text, JSON, bytes, lists of text."""
    return [
        column
        for column in table.c
        if isinstance(column.type, sa.String | JSONB | sa.JSON | BYTEA | sa.LargeBinary)
        or (isinstance(column.type, ARRAY) and isinstance(column.type.item_type, sa.String))
    ]
