"""What a benchmark found, and how it is written down in bench/RESULTS.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Bar:
    """One number the product is judged by: `value` must be at least (or at most) `bound`."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def reached(self) -> bool:
        """Tell whether the bar is reached."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return (
            f"{self.name}: **{self.value:.2f}** (bar {sign} {self.bound:g}) {'reached' if self.reached else 'MISSED'}"
        )


@dataclass
class Finding:
    """One benchmark's table and bars; `notes` say what was measured and how."""

    key: str
    title: str
    columns: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: str = ""

    def text(self) -> str:
        """Return the finding as Markdown."""
        lines = [f"## {self.title}", ""]
        if self.notes:
            lines += [self.notes, ""]
        if self.rows:
            lines += ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
            lines += ["| " + " | ".join(map(str, row)) + " |" for row in self.rows]
            lines.append("")
        lines += [f"- {bar}" for bar in self.bars]
        return "\n".join(lines).rstrip() + "\n"


def machine() -> str:
    """Return one line on where the numbers come from."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, {platform.system()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def write(findings: Sequence[Finding]) -> None:
    """Replace the sections of these findings in RESULTS.md; sections of other benchmarks stay with their date."""
    stamp = f"_{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()} · commit {_commit()}_"
    sections = _read_sections()
    for finding in findings:
        head, _, body = finding.text().partition("\n")
        sections[finding.key] = f"<!-- {finding.key} -->\n{head}\n{stamp}\n{body}"
    top = (
        "# Results\n\nMeasured by `./portal bench`, as ratios in one interleaved run: absolute numbers of this kind of "
        "machine drift by a third from minute to minute, ratios do not.\n\n"
    )
    RESULTS.write_text(top + "\n".join(sections[key] for key in sorted(sections)))


def _read_sections() -> dict[str, str]:
    sections: dict[str, str] = {}
    if RESULTS.exists():
        for part in RESULTS.read_text().split("<!-- ")[1:]:
            key = part.split(" -->", 1)[0]
            sections[key] = "<!-- " + part.rstrip() + "\n"
    return sections
