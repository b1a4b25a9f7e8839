"""`python -m bench [what...]`: run the benchmarks against the stack of PORTAL_RUN_DIR and write RESULTS.md."""

from __future__ import annotations

import importlib
import sys

from bench import report

# name on the command line -> module with `run() -> Finding`
BENCHMARKS = {
    "permit-read": "bench.permit_read",
    "overview": "bench.overview",
    "events": "bench.events",
    "fee-run": "bench.fee_run",
    "scale": "bench.scale",
    "sign_in": "bench.sign_in",
}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; exit 1 when a bar is missed."""
    wanted = arguments or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    findings: list[report.Finding] = []
    for name in wanted:
        print(f"— {name}", flush=True)
        finding = importlib.import_module(BENCHMARKS[name]).run()
        findings.append(finding)
        print(finding.text(), flush=True)
        report.write([finding])
    return 0 if all(bar.reached for finding in findings for bar in finding.bars) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
