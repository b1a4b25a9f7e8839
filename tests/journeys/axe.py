"""Accessibility by axe-core, and the checks it does not make: overflow, language, what the console said."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules that hang on colours and sizes, and not on the elements alone.
LOOKS = ["color-contrast", "target-size", "scrollable-region-focusable"]
# A list's rows are written by the same lines of a template: what is wrong with one is wrong with the first ones, and
# what colours are asked about grows with the square of the elements.
ROWS_BEYOND = "tbody tr:nth-child(n+7)"
_RUN = """async ([beyond, options]) => {
  const found = await axe.run({ exclude: [[beyond]] }, options);
  return found.violations.map(v => ({
    id: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.map(n => ({ target: n.target.join(' '), html: n.html.slice(0, 200), why: n.failureSummary })),
  }));
}"""
_WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [];
  for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (box.right <= room + 1 || !box.width) continue;
    wide.push(`${element.tagName}.${element.className} to ${Math.round(box.right)}`);
  }
  return [`page is ${document.documentElement.scrollWidth} wide in ${room}`, ...wide.slice(0, 5)];
}"""


@lru_cache(maxsize=1)
def _source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """Every violation on the page as one line each; of these rules, or of all."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_source())
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    # preload: axe would fetch every style sheet once more, for a rule (orientation lock) we have nothing for.
    found = page.evaluate(_RUN, [ROWS_BEYOND, {"runOnly": only, "resultTypes": ["violations"], "preload": False}])
    return [
        f"{one['id']} ({one['impact']}): {one['help']} at {node['target']} {node['html']} | {node['why']}"
        for one in found
        for node in one["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    return list(page.evaluate(_WIDER))
