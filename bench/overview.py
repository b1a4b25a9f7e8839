"""(b) The overview page against the slowest of the calls it makes side by side, as the page itself measured both."""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import load
from bench.people import sign_in
from bench.report import Bar, Finding
from tests import stack

CONNECTIONS = (1, 16, 64)
ROUNDS = 3
SECONDS = 4
_PAIR = re.compile(r"^(?P<slowest>[\d.]+) (?P<total>[\d.]+)$", re.MULTILINE)

# Every answer says in Server-Timing how long its slowest call and the whole page took; wrk only collects them.
_SCRIPT = """
seen = {}
failed = 0
response = function(status, headers, body)
  local timing = headers["Server-Timing"] or headers["server-timing"] or ""
  local slowest, total = timing:match("slowest;dur=([%d.]+)"), timing:match("total;dur=([%d.]+)")
  if status == 200 and slowest and total then seen[#seen + 1] = slowest .. " " .. total else failed = failed + 1 end
end
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
done = function()
  for _, thread in ipairs(threads) do
    for _, pair in ipairs(thread:get("seen")) do io.write(pair .. "\\n") end
    io.write("FAILED " .. thread:get("failed") .. "\\n")
  end
end
"""


def _round(connections: int, cookie: str, seconds: int) -> tuple[list[tuple[float, float]], int]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "overview.lua"
        script.write_text(_SCRIPT)
        command = [load.tool(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
        command += ["-H", f"Cookie: {cookie}", f"{stack.portal_url()}/"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wrk failed: {done.stdout}{done.stderr}")
    pairs = [(float(m["slowest"]), float(m["total"])) for m in _PAIR.finditer(done.stdout)]
    failed = sum(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("FAILED"))
    return pairs, failed


def run() -> Finding:
    """Measure and return the finding."""
    name = "__Host-portal" if stack.portal_url().startswith("https://") else "portal"
    cookie = f"{name}={sign_in('anna@radiolinks.example').secret}"
    finding = Finding(
        "b-overview",
        "(b) Overview page against its slowest call",
        (
            "in flight",
            "pages",
            "slowest call p50 ms",
            "page p50 ms",
            "page p95 ms",
            "p50 of page / p50 of slowest",
            "failed",
        ),
        notes="The page asks its services side by side. Both times are its own (`Server-Timing`): from the first "
        "line of the request's work to its answer, and of the slowest of its calls in that same page.",
    )
    ratios: dict[int, float] = {}
    failures = 0
    _round(8, cookie, 2)  # warms templates, connections and sessions
    for connections in CONNECTIONS:
        pairs: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            found, failed = _round(connections, cookie, SECONDS)
            pairs += found
            failures += failed
        if not pairs:
            raise SystemExit("no page answered with its timing")
        slowest = statistics.median(pair[0] for pair in pairs)
        totals = sorted(pair[1] for pair in pairs)
        page = statistics.median(totals)
        ratios[connections] = page / slowest
        finding.rows.append((
            connections, len(pairs), f"{slowest:.1f}", f"{page:.1f}", f"{totals[int(len(totals) * 0.95)]:.1f}",
            f"{page / slowest:.2f}", failures,
        ))  # fmt: skip
    finding.bars = [
        Bar("64 in flight, page against its slowest call", ratios[64], 1.3, at_least=False),
        Bar("failed pages", failures, 0, at_least=False),
    ]
    return finding
