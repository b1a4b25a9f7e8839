"""The names of everything on the broker, in one place.

`<service>.events`            topic exchange of a service's events, routing key `<thing>.<past participle>`
`portal.audit`                topic exchange of the audit trail; not for others
`portal.sessions`             topic exchange of ended and changed sessions, for every process with a door
`<service>.hearing.<id>`      queue of one process for it
`events.history`              stream of every event of the last 30 days
`rpc-<service>`               the service's calls, bound to topic exchange `nameko-rpc`
`rpc.reply-<process>-<id>`    a process's replies
`<consumer>.<handler>`        quorum queue of one event handler
`<consumer>.retry.<step>`     fanout exchange and queue where failed events wait; then `<consumer>.again`
`<consumer>.again`            direct exchange back to the handlers' queues
`<consumer>.dead`             fanout exchange and queue of events that failed for good
`sub.<name>`                  stream of an outside subscriber
"""

from __future__ import annotations

RPC_EXCHANGE = "nameko-rpc"
AUDIT_EXCHANGE = "portal.audit"
HISTORY = "events.history"
SESSIONS = "portal.sessions"
# What identity tells of sessions; `portal.sessions` takes it from there.
SESSION_REVOKED, SESSION_CHANGED = "session.revoked", "session.changed"


def events_exchange(service: str) -> str:
    """Return the exchange of a service's events."""
    return f"{service}.events"


def step_name(seconds: float) -> str:
    """Return how a wait of the retry ladder is called: 5s, 30s, 5m, 30m, 200ms."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds >= 60 and seconds % 60 == 0:
        return f"{round(seconds / 60)}m"
    return f"{seconds:g}s"


def retry(consumer: str, seconds: float) -> str:
    """Return the exchange (and queue) where events of `consumer` wait `seconds`."""
    return f"{consumer}.retry.{step_name(seconds)}"


def again(consumer: str) -> str:
    """Return the exchange that leads back to the queues of `consumer`, by queue name."""
    return f"{consumer}.again"


def dead(consumer: str) -> str:
    """Return the exchange (and queue) of the dead letters of `consumer`."""
    return f"{consumer}.dead"


def subscriber(name: str) -> str:
    """Return the stream of an outside subscriber."""
    return f"sub.{name}"
