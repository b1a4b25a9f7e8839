"""What the mail and SMS catchers remember. SQLite with a full sync at every message, so that kill -9 loses nothing."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '', content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE, address TEXT NOT NULL,
    PRIMARY KEY (message_id, address)
);
CREATE INDEX IF NOT EXISTS recipients_address ON recipients (address);
CREATE TABLE IF NOT EXISTS tries (address TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
FIND = """
SELECT m.id, m.at, m.sender, m.subject, m.reference, group_concat(r.address, ', ') AS recipients FROM messages m
JOIN recipients r ON r.message_id = m.id
WHERE (:q = '' OR m.id IN (SELECT message_id FROM recipients WHERE address LIKE :like) OR m.subject LIKE :like)
  AND (:exact = '' OR m.id IN (SELECT message_id FROM recipients WHERE address = :exact))
GROUP BY m.id ORDER BY m.id DESC LIMIT :limit
"""


class Store:
    """The messages in one SQLite file; safe for threads; the oldest go when there are more than `keep`."""

    def __init__(self, path: Path, keep: int = 5000) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._keep, self._local = path, keep, threading.local()
        with self.open() as db:
            for statement in filter(str.strip, SCHEMA.split(";")):
                db.execute(statement)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is committed, to the disk, at the end of the block."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            self._local.connection = connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def add(self, sender: str, recipients: Sequence[str], subject: str, content: bytes, reference: str = "") -> int:
        """Keep a message and return its number; it is on the disk when this returns."""
        with self.open() as db:
            number = db.execute(
                "INSERT INTO messages (at, sender, subject, reference, content) VALUES (?, ?, ?, ?, ?)",
                (time.time(), sender, subject, reference, content),
            ).lastrowid
            assert number is not None
            for address in dict.fromkeys(a.lower() for a in recipients):
                db.execute("INSERT INTO recipients (message_id, address) VALUES (?, ?)", (number, address))
            db.execute("DELETE FROM messages WHERE id <= ?", (number - self._keep,))
        return number

    def find(self, q: str = "", *, to: str = "", limit: int = 200) -> list[sqlite3.Row]:
        """Return messages, newest first; `q` searches address and subject, `to` is one address."""
        with self.open() as db:
            words = {"q": q, "like": f"%{q}%", "exact": to.lower(), "limit": limit}
            return db.execute(FIND, words).fetchall()

    def get(self, number: int) -> sqlite3.Row | None:
        """Return one message with its content, None when there is none."""
        with self.open() as db:
            return db.execute(  # type: ignore[no-any-return]
                "SELECT m.*, group_concat(r.address, ', ') AS recipients FROM messages m"
                " JOIN recipients r ON r.message_id = m.id WHERE m.id = ? GROUP BY m.id",
                (number,),
            ).fetchone()

    def by_reference(self, reference: str) -> int | None:
        """Return the number of the message a sender gave this reference, None when it is new."""
        with self.open() as db:
            row = db.execute("SELECT id FROM messages WHERE reference = ? LIMIT 1", (reference,)).fetchone()
        return int(row["id"]) if row else None

    def clear(self) -> None:
        """Forget all messages."""
        with self.open() as db:
            db.execute("DELETE FROM messages")
            db.execute("DELETE FROM tries")

    def tried(self, address: str) -> int:
        """Count another try to reach an address and return how many there were."""
        with self.open() as db:
            row = db.execute(
                "INSERT INTO tries (address, count) VALUES (?, 1)"
                " ON CONFLICT (address) DO UPDATE SET count = count + 1 RETURNING count",
                (address.lower(),),
            ).fetchone()
        return int(row["count"])
