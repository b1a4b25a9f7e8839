"""Benchmarks: ratios measured in one run, never timed assertions. `./portal bench [what]`."""
