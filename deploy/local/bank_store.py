"""What the sandbox bank remembers: purchases and the notices it still has to send. SQLite, so kill -9 loses nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS purchases (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, status TEXT NOT NULL, total INTEGER NOT NULL, currency TEXT NOT NULL,
    paid_total INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0, request TEXT NOT NULL,
    created_on REAL NOT NULL, updated_on REAL NOT NULL, decide_at REAL, decide_mode TEXT
);
CREATE INDEX IF NOT EXISTS purchases_reference ON purchases (reference);
CREATE TABLE IF NOT EXISTS refunds (
    purchase_id TEXT NOT NULL, key TEXT NOT NULL, amount INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (purchase_id, key)
);
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, purchase_id TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
    due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, done_at REAL, answer TEXT
);
CREATE INDEX IF NOT EXISTS notices_due ON notices (due_at) WHERE done_at IS NULL;
"""
EVENTS = {
    "paid": "purchase.paid",
    "error": "purchase.payment_failure",
    "cancelled": "purchase.cancelled",
    "refunded": "payment.refunded",
}
OPEN = ("created", "viewed", "pending_execute")


class Store:
    """The bank's memory in one SQLite file; safe for threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
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
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self._local.connection = connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def create(self, asked: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Keep a new purchase; an open or paid one with the same reference is returned instead (and False)."""
        total = sum(int(p["price"]) * int(p.get("quantity", 1)) for p in asked["purchase"]["products"])
        with self.open() as db:
            row = db.execute(
                "SELECT * FROM purchases WHERE reference = ? AND status <> 'error' ORDER BY created_on LIMIT 1",
                (asked["reference"],),
            ).fetchone()
            if row is not None:
                return dict(row), False
            moment = time.time()
            number = str(uuid.uuid4())
            db.execute(
                "INSERT INTO purchases (id, reference, status, total, currency, request, created_on, updated_on)"
                " VALUES (?, ?, 'created', ?, ?, ?, ?, ?)",
                (number, asked["reference"], total, asked["purchase"]["currency"], json.dumps(asked), moment, moment),
            )
            return dict(db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone()), True

    def get(self, number: str) -> dict[str, Any] | None:
        """Return a purchase, its delayed decision carried out when its time has come."""
        with self.open() as db:
            row = db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone()
            return dict(row) if row else None

    def find(self, reference: str) -> list[dict[str, Any]]:
        """Return the purchases with a reference, oldest first."""
        with self.open() as db:
            rows = db.execute("SELECT * FROM purchases WHERE reference = ? ORDER BY created_on", (reference,))
            return [dict(row) for row in rows.fetchall()]

    def recent(self, count: int = 20) -> list[dict[str, Any]]:
        """Return the newest purchases, for the front page."""
        with self.open() as db:
            rows = db.execute("SELECT * FROM purchases ORDER BY created_on DESC LIMIT ?", (count,))
            return [dict(row) for row in rows.fetchall()]

    def viewed(self, number: str) -> None:
        """The payer has seen the page."""
        with self.open() as db:
            db.execute("UPDATE purchases SET status = 'viewed' WHERE id = ? AND status = 'created'", (number,))

    def settle(self, number: str, status: str, *, notices: int, force: bool = False, **changed: Any) -> bool:
        """Carry out a decision and plan its notices; False when the purchase is decided already (unless `force`)."""
        with self.open() as db:
            row = db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone()
            if row is None or (row["status"] not in OPEN and not force):
                return False
            paid = int(changed.get("amount") or row["total"]) if status == "paid" else row["paid_total"]
            db.execute(
                "UPDATE purchases SET status = ?, paid_total = ?, currency = ?, reference = ?, decide_at = NULL,"
                " updated_on = ? WHERE id = ?",
                (
                    status,
                    paid,
                    changed.get("currency") or row["currency"],
                    changed.get("reference") or row["reference"],
                    time.time(),
                    number,
                ),
            )
            self._plan(db, number, status, notices, float(changed.get("notice_delay") or 0))
            return True

    def delay(self, number: str, seconds: float, mode: str) -> bool:
        """The payer approved, the bank executes later."""
        with self.open() as db:
            done = db.execute(
                "UPDATE purchases SET status = 'pending_execute', decide_at = ?, decide_mode = ?, updated_on = ?"
                f" WHERE id = ? AND status IN {OPEN}",
                (time.time() + seconds, mode, time.time(), number),
            )
            return done.rowcount == 1

    def due_decisions(self) -> list[tuple[str, str]]:
        """Return delayed decisions whose time has come: (purchase, mode)."""
        with self.open() as db:
            rows = db.execute(
                "SELECT id, decide_mode FROM purchases WHERE status = 'pending_execute' AND decide_at <= ?",
                (time.time(),),
            )
            return [(row["id"], row["decide_mode"]) for row in rows.fetchall()]

    def refund(self, number: str, amount: int, key: str) -> dict[str, Any] | None:
        """Give money back once per key; None when that is more than is left."""
        with self.open() as db:
            row = db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone()
            if row is None or row["status"] not in ("paid", "refunded"):
                return None
            known = db.execute("SELECT amount FROM refunds WHERE purchase_id = ? AND key = ?", (number, key)).fetchone()
            if known is None:
                if amount < 1 or row["refunded"] + amount > row["paid_total"]:
                    return None
                db.execute("INSERT INTO refunds VALUES (?, ?, ?, ?)", (number, key, amount, time.time()))
                given = row["refunded"] + amount
                status = "refunded" if given == row["paid_total"] else "paid"
                db.execute(
                    "UPDATE purchases SET refunded = ?, status = ?, updated_on = ? WHERE id = ?",
                    (given, status, time.time(), number),
                )
                self._plan(db, number, "refunded", 1, 0)
            return dict(db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone())

    def _plan(self, db: sqlite3.Connection, number: str, status: str, notices: int, delay: float) -> None:
        row = dict(db.execute("SELECT * FROM purchases WHERE id = ?", (number,)).fetchone())
        url = json.loads(row["request"]).get("success_callback")
        if not url or status not in EVENTS:
            return
        body = json.dumps(shown(row) | {"event_type": EVENTS[status]}, ensure_ascii=False).encode()
        for turn in range(notices):
            db.execute(
                "INSERT INTO notices (purchase_id, url, body, due_at) VALUES (?, ?, ?, ?)",
                (number, url, body, time.time() + delay + turn * 0.2),
            )

    def due_notices(self, purchase: str | None = None) -> list[dict[str, Any]]:
        """Return notices to send now; with `purchase` all its unsent ones."""
        with self.open() as db:
            if purchase:
                rows = db.execute("SELECT * FROM notices WHERE done_at IS NULL AND purchase_id = ?", (purchase,))
            else:
                rows = db.execute(
                    "SELECT * FROM notices WHERE done_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT 50",
                    (time.time(),),
                )
            return [dict(row) for row in rows.fetchall()]

    def notice_sent(self, number: int, attempts: int, good: bool, answer: str) -> None:
        """Remember how a notice fared; a failed one is tried again 13 times at most, ever more slowly."""
        done = time.time() if good or attempts >= 13 else None
        with self.open() as db:
            db.execute(
                "UPDATE notices SET attempts = ?, done_at = ?, answer = ?, due_at = ? WHERE id = ?",
                (attempts, done, answer[:200], time.time() + min(2**attempts, 300), number),
            )


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a purchase as the bank's interface shows it."""
    asked = json.loads(row["request"])
    return {
        "id": row["id"],
        "type": "purchase",
        "is_test": True,
        "status": row["status"],
        "reference": row["reference"],
        "created_on": int(row["created_on"]),
        "updated_on": int(row["updated_on"]),
        "client": asked.get("client", {}),
        "payee": asked.get("payee", ""),
        "purchase": {
            "currency": row["currency"],
            "total": row["total"],
            "products": asked["purchase"]["products"],
            "notes": asked["purchase"].get("notes", ""),
            "language": asked["purchase"].get("language", "lv"),
        },
        "payment": {"amount": row["paid_total"], "currency": row["currency"]} if row["paid_total"] else None,
        "refunded_amount": row["refunded"],
        "due": asked.get("due"),
    }
