"""Load from a second process: wrk, which is light enough not to compete with what it measures."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.bootstrap import apt
from deploy.local.say import Trouble

_DONE = re.compile(
    r"RES (?P<rps>[\d.]+) (?P<p50>[\d.]+) (?P<p95>[\d.]+) (?P<requests>\d+) (?P<bad>\d+) (?P<broken>\d+)"
)

_SCRIPT = """
local paths = {}
for line in io.lines("@PATHS@") do paths[#paths + 1] = line end
local n = 0
function setup(thread) n = n + 1; thread:set("seed", n) end
function init(args) math.randomseed(os.time() + seed * 7919) end
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
done = function(s, l, r)
  io.write(string.format("RES %.1f %.2f %.2f %d %d %d\\n", s.requests / (s.duration / 1e6), l:percentile(50) / 1e3,
    l:percentile(95) / 1e3, s.requests, s.errors.status,
    s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What one round gave: requests/s, milliseconds, and how many answers were not 2xx/3xx or broke."""

    rps: float
    p50: float
    p95: float
    requests: int
    bad: int
    broken: int


def tool() -> str:
    """Return the path of wrk, installed as root where it is missing. Raises SystemExit with the command otherwise."""
    if shutil.which("wrk") is None:
        try:
            apt(["wrk"], "the load generator of the benchmarks")
        except Trouble as trouble:
            raise SystemExit(str(trouble)) from trouble
    return shutil.which("wrk") or "wrk"


def run(base: str, paths: Sequence[str], *, connections: int, seconds: float, headers: Mapping[str, str]) -> Load:
    """Load `base` with random GETs of `paths` from `connections` connections for `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "load.lua"
        listed.write_text("\n".join(paths))
        script.write_text(_SCRIPT.replace("@PATHS@", str(listed)))
        command = [
            tool(),
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "10s",
            "-s",
            str(script),
        ]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        done = subprocess.run([*command, base], capture_output=True, text=True, check=False)
    found = _DONE.search(done.stdout)
    if found is None:
        raise SystemExit(f"wrk failed at {base}: {done.stdout}{done.stderr}")
    g = found.groupdict()
    return Load(float(g["rps"]), float(g["p50"]), float(g["p95"]), int(g["requests"]), int(g["bad"]), int(g["broken"]))


def median(rounds: Sequence[Load]) -> Load:
    """Return the median of each figure; errors are summed, because one is one too many."""
    return Load(
        statistics.median(r.rps for r in rounds),
        statistics.median(r.p50 for r in rounds),
        statistics.median(r.p95 for r in rounds),
        sum(r.requests for r in rounds),
        sum(r.bad for r in rounds),
        sum(r.broken for r in rounds),
    )
