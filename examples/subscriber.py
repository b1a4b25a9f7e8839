"""Listen to the portal's events as another system would: pika only, nothing of the portal's code.

    python examples/subscriber.py                     goes on where it stopped; the first time from the beginning
    python examples/subscriber.py --from first        everything of the last 30 days again
    python examples/subscriber.py --from next         only what happens from now on
    python examples/subscriber.py --from 24           the last 24 hours again

Prints one event per line. Needs the URL and the stream the portal's operator gave (SUBSCRIBER_URL,
SUBSCRIBER_STREAM); on a local stack it finds those of the example subscriber in .run/subscriber.json. The events are
CloudEvents 1.0 and described by docs/events/asyncapi.json.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pika
import pika.exceptions

REMEMBERED = 10_000
RUN = Path(os.environ.get("PORTAL_RUN") or Path(__file__).resolve().parent.parent / ".run")


class Subscriber:
    """Reads one stream; keeps its place in a file, so that nothing is missed and little is seen twice."""

    def __init__(self, url: str, stream: str, place: Path, idle: float | None) -> None:
        self.url = url
        self.stream = stream
        self.place = place
        self.idle = idle
        self.offset: Any = None
        self.stopping = False
        # An event may come more than once; its id tells.
        self.seen: OrderedDict[str, None] = OrderedDict()

    def start_from(self, where: str | None) -> None:
        """Set where to begin: first, next, a number of hours, or (None) where the last run stopped."""
        if where is None:
            self.offset = int(self.place.read_text()) + 1 if self.place.exists() else "first"
        elif where in ("first", "next"):
            self.offset = where
        else:
            self.offset = datetime.now(UTC) - timedelta(hours=float(where))

    def run(self) -> None:
        """Listen until stopped; come back after every trouble."""
        pause = 0.5
        while not self.stopping:
            try:
                self.listen()
                pause = 0.5
            except (pika.exceptions.ProbableAuthenticationError, pika.exceptions.ProbableAccessDeniedError) as error:
                sys.exit(f"the portal's broker does not let us in: {error}")
            except pika.exceptions.AMQPError as error:
                say(f"connection lost ({error!r}), trying again in {pause:g} s")
                time.sleep(pause)
                pause = min(pause * 2, 10)

    def listen(self) -> None:
        parameters = pika.URLParameters(self.url)
        parameters.heartbeat = 20
        parameters.blocked_connection_timeout = 30
        connection = pika.BlockingConnection(parameters)
        channel = connection.channel()
        channel.basic_qos(prefetch_count=100)  # a stream wants to know how much we take at a time
        channel.basic_consume(self.stream, self.take, arguments={"x-stream-offset": self.offset})
        say(f"listening to {self.stream} from {self.offset}")
        self.last = time.monotonic()
        while not self.stopping:
            connection.process_data_events(time_limit=0.5)
            if self.idle is not None and time.monotonic() - self.last > self.idle:
                self.stopping = True
        connection.close()

    def take(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        """Handle one event, acknowledge it, remember the place."""
        self.last = time.monotonic()
        offset = properties.headers["x-stream-offset"]
        if not isinstance(self.offset, int) or offset >= self.offset:  # a stream is delivered from the start of a chunk
            event = json.loads(body)
            if event["id"] not in self.seen:
                self.seen[event["id"]] = None
                if len(self.seen) > REMEMBERED:
                    self.seen.popitem(last=False)
                self.handle(event)
            self.offset = offset + 1
            fresh = self.place.with_suffix(".new")
            fresh.write_text(str(offset))
            fresh.replace(self.place)
        channel.basic_ack(method.delivery_tag)

    def handle(self, event: dict[str, Any]) -> None:
        """What this system does with an event: print it, `lv.portal.billing.invoice.issued.v1` without the frills."""
        kind = event["type"].removeprefix("lv.portal.").rsplit(".v", 1)[0]
        print(event["time"], kind, event["subject"], json.dumps(event["data"], ensure_ascii=False), flush=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the portal's events, one per line.")
    parser.add_argument("--from", dest="where", metavar="first|next|HOURS", help="default: where the last run stopped")
    parser.add_argument("--offset-file", type=Path, default=Path(".subscriber-offset"), help="remembers the place")
    parser.add_argument("--until-idle", type=float, metavar="SECONDS", help="end when nothing has come for so long")
    given = parser.parse_args()
    known = json.loads((RUN / "subscriber.json").read_text()) if (RUN / "subscriber.json").exists() else {}
    url = os.environ.get("SUBSCRIBER_URL") or known.get("url")
    stream = os.environ.get("SUBSCRIBER_STREAM") or known.get("stream")
    if not url or not stream:
        sys.exit("set SUBSCRIBER_URL and SUBSCRIBER_STREAM to what the portal's operator gave you")
    subscriber = Subscriber(url, stream, given.offset_file, given.until_idle)
    subscriber.start_from(given.where)

    def stop(*_: Any) -> None:
        subscriber.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    subscriber.run()


if __name__ == "__main__":
    main()
