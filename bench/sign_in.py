"""(f) Signing in while somebody guesses: five tries an account, honest people unaffected, nothing learned from time."""

from __future__ import annotations

import random
import re
import time
import urllib.request
import uuid
from collections import Counter

import sqlalchemy as sa

from bench.guessing import Answers, Attempt, Load
from bench.report import Bar, Finding
from bench.two_samples import kolmogorov_smirnov, mann_whitney
from services.identity.hashing import Hasher, directly
from services.identity.settings import IdentitySettings
from tests import stack
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.people import PASSWORD

ACCOUNTS, GUESSES, CONNECTIONS = 200, 10_000, 50
HONEST, HONEST_PER_SECOND, IDLE_SECONDS = 60, 4.0, 20
TIMED = 500
PACE, PACE_SECONDS = 20.0, 20
PAGES, VISITS = 400, 5
# The right password is among the guesses, but not among the first tries at an account.
FIRST_RIGHT_ROUND = 20

_TRIES = sa.text("""
SELECT object_id, count(*) FROM audit_records
WHERE action = 'identity.session.start' AND outcome = 'refused' AND object_kind = 'user' AND object_id = ANY(:ids)
    AND detail::jsonb ->> 'reason' = 'wrong_password'
GROUP BY object_id
""")
_LOCKED = sa.text("""
SELECT count(*) FROM sign_in_guards WHERE subject = ANY(:subjects) AND failures = 5 AND locks = 1
    AND locked_until IS NOT NULL
""")
_OPENED = sa.text("SELECT count(*) FROM sessions WHERE user_id = ANY(CAST(:ids AS uuid[]))")
_UNPUBLISHED = sa.text("SELECT count(*) FROM outbox WHERE published_at IS NULL")


def run() -> Finding:
    """Measure and return the finding."""
    finding = Finding(
        "f-sign-in",
        "(f) Signing in while somebody guesses",
        ("what", "attempts", "p50 ms", "p95 ms", "answers"),
        notes=f"{GUESSES} guesses at {ACCOUNTS} fresh accounts from {CONNECTIONS} connections, the right password "
        f"among them after round {FIRST_RIGHT_ROUND}; honest sign-ins of other accounts, {HONEST_PER_SECOND:g} a "
        "second, before and meanwhile, from the same address. The settings are those of `./portal up`; hashes have "
        "the shipped cost. An open load counts from the moment an attempt was due.",
    )
    with newcomers() as maker:
        maker.hash = Hasher(IdentitySettings(), directly).hash(PASSWORD)
        honest = [maker.user().email for _ in range(HONEST)]
        _pace(finding, honest)
        _flood(finding, maker, honest)
        _timing(finding, maker)
        _session_checks(finding, honest)
    return finding


def _row(finding: Finding, what: str, answers: Answers, status: int = 201) -> None:
    told = ", ".join(f"{count} × {code or 'broken'}" for code, count in sorted(answers.counts.items()))
    finding.rows.append(
        (what, len(answers.statuses), f"{answers.p(50, status):.0f}", f"{answers.p(95, status):.0f}", told)
    )


def _honestly(honest: list[str], count: int) -> list[Attempt]:
    return [(honest[number % len(honest)], PASSWORD) for number in range(count)]


def _pace(finding: Finding, honest: list[str]) -> None:
    base = stack.portal_url()
    Load(base, _honestly(honest, 40), connections=4).answers()  # warms up
    answers = Load(base, _honestly(honest, int(PACE * PACE_SECONDS)), connections=32, per_second=PACE).answers()
    _row(finding, f"{PACE:g} sign-ins a second", answers)
    finding.bars += [
        Bar(f"{PACE:g} sign-ins a second, p95 ms", answers.p(95), 400, at_least=False),
        Bar("sign-ins refused at that pace", len(answers.statuses) - answers.counts[201], 0, at_least=False),
    ]


def _flood(finding: Finding, maker: Newcomers, honest: list[str]) -> None:
    base = stack.portal_url()
    idle_attempts = _honestly(honest, int(HONEST_PER_SECOND * IDLE_SECONDS))
    idle = Load(base, idle_attempts, connections=4, per_second=HONEST_PER_SECOND).answers()
    accounts = [maker.user() for _ in range(ACCOUNTS)]
    ids = [str(maker.id_of(account)) for account in accounts]
    began = time.monotonic()
    flood = Load(base, _guesses([account.email for account in accounts]), connections=CONNECTIONS)
    meanwhile: list[Answers] = []
    while flood.running:
        attempts = _honestly(honest, int(HONEST_PER_SECOND * 5))
        meanwhile.append(Load(base, attempts, connections=16, per_second=HONEST_PER_SECOND).answers())
    guessed, took = flood.answers(), time.monotonic() - began
    loaded = Answers([s for a in meanwhile for s in a.seconds], [c for a in meanwhile for c in a.statuses])
    _row(finding, "honest sign-ins, idle", idle)
    _row(finding, f"honest sign-ins, during the guessing ({took:.0f} s)", loaded)
    _row(finding, "guesses", guessed, 401)
    tries, locked, opened = _counted(ids)
    finding.bars += [
        Bar("accounts with more or fewer than five tries", sum(tries[i] != 5 for i in ids), 0, at_least=False),
        Bar("accounts locked once", locked, ACCOUNTS),
        Bar("accounts opened by a guess", opened + guessed.counts[201], 0, at_least=False),
        Bar("honest sign-ins refused", len(loaded.statuses) - loaded.counts[201], 0, at_least=False),
        Bar("honest p95, guessing against idle", loaded.p(95) / idle.p(95), 2, at_least=False),
    ]


def _guesses(emails: list[str]) -> list[Attempt]:
    rounds = GUESSES // len(emails)
    right = {email: random.randrange(FIRST_RIGHT_ROUND, rounds) for email in emails}
    attempts = []
    for number in range(rounds):
        shuffled = random.sample(emails, len(emails))
        attempts += [(e, PASSWORD if right[e] == number else f"Minejums-{uuid.uuid4().hex[:8]}") for e in shuffled]
    return attempts


def _counted(ids: list[str]) -> tuple[Counter[str], int, int]:
    """Return the tries the audit trail knows of each account, how many are locked, and how many sessions they have."""
    engine = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        # Records reach the trail over the bus; all are there once nothing waits and nothing more comes.
        before, until = -1, time.monotonic() + 120
        while True:
            tries = Counter({row[0]: row[1] for row in connection.execute(_TRIES, {"ids": ids})})
            if not connection.scalar(_UNPUBLISHED) and before == tries.total():
                break
            if time.monotonic() > until:
                raise SystemExit("the audit trail does not come to rest")
            before = tries.total()
            connection.rollback()
            time.sleep(1)
        locked = connection.scalar(_LOCKED, {"subjects": [f"user:{i}" for i in ids]})
        opened = connection.scalar(_OPENED, {"ids": ids})
    engine.dispose()
    return tries, int(locked or 0), int(opened or 0)


def _timing(finding: Finding, maker: Newcomers) -> None:
    """Compare refusals of names that exist, that do not, and of locked accounts; in one shuffled run."""
    base = stack.portal_url()
    known = [maker.user().email for _ in range(TIMED // 4)]
    closed = [maker.user().email for _ in range(TIMED // 20)]
    Load(base, [(email, "Nepareiza-1") for email in closed for _ in range(6)], connections=4).answers()
    kinds = {
        "known": [email for email in known for _ in range(4)],  # four tries each: none is locked
        "unknown": [f"{uuid.uuid4().hex[:12]}@newcomers.example" for _ in range(TIMED)],
        "locked": [email for email in closed for _ in range(20)],
    }
    plan = [(kind, email) for kind, emails in kinds.items() for email in emails]
    random.shuffle(plan)
    answers = Load(base, [(email, "Nepareiza-1") for _, email in plan], connections=3).answers()
    samples: dict[str, list[float]] = {kind: [] for kind in kinds}
    for (kind, _), seconds in zip(plan, answers.seconds, strict=True):
        samples[kind].append(seconds)
    for kind, found in samples.items():
        _row(finding, f"wrong password, {kind} account", Answers(found, [401] * len(found)), 401)
    finding.bars.append(Bar("answers other than one refusal", len(plan) - answers.counts[401], 0, at_least=False))
    for other in ("unknown", "locked"):
        against = "unknown" if other == "unknown" else "locked"
        one, two = ("known", "unknown") if other == "unknown" else ("locked", "unknown")
        u, ks = (test(samples[one], samples[two]) for test in (mann_whitney, kolmogorov_smirnov))
        finding.bars += [
            Bar(f"{one} against unknown names by time ({against}), Mann-Whitney p", u, 0.01),
            Bar(f"{one} against unknown names by time ({against}), Kolmogorov-Smirnov p", ks, 0.01),
        ]


def _session_checks(finding: Finding, honest: list[str]) -> None:
    """Count how often identity is asked about a session while people look at pages."""
    from bench.people import sign_in

    sessions = [sign_in(email) for email in honest[:VISITS]]
    before = _resolved()
    for number in range(PAGES * VISITS):
        request = urllib.request.Request(
            stack.portal_url() + "/profile/sessions", headers={"Cookie": f"portal={sessions[number % VISITS].secret}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
    asked = _resolved() - before
    finding.rows.append((f"pages of {VISITS} sessions", PAGES * VISITS, "–", "–", f"{asked:.0f} asked identity"))
    finding.bars.append(Bar("pages that asked identity about the session, %", 100 * asked / (PAGES * VISITS), 1, False))


def _resolved() -> float:
    port = stack.endpoints()["ports"]["identity-health"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(r'^portal_rpc_seconds_count\{[^}]*method="identity\.resolve_session"[^}]*\} (\S+)', text, re.M)
    return sum(map(float, found))
