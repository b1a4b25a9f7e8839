"""A visitor with a real browser: one context, one page, and a memory of everything the browser complained about."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Response, expect

from deploy.local import browsers
from tests.journeys.people import PASSWORD, Person

PROGRAM = browsers.program() or "chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]
WIDE, PHONE, NARROWEST = (1280, 900), (390, 844), (360, 740)
# Written into every document, so that a refused script or style is noticed even where nothing looks broken.
_LISTEN = """document.addEventListener('securitypolicyviolation', e =>
  console.error(`CSP: ${e.violatedDirective} refused ${e.blockedURI}`));"""
PATIENCE = 10.0  # seconds
expect.set_options(timeout=PATIENCE * 1000)


class Visitor:
    """Somebody at a browser. `troubles` gathers script errors, refused content and answers of 500 and more."""

    def __init__(
        self,
        browser: Browser,
        base: str,
        *,
        size: tuple[int, int] = WIDE,
        language: str | None = None,
        dark: bool = False,
        javascript: bool = True,
    ) -> None:
        self.base = base.rstrip("/")
        self.context: BrowserContext = browser.new_context(
            base_url=self.base, viewport={"width": size[0], "height": size[1]}, locale="lv-LV",
            timezone_id="Europe/Riga", color_scheme="dark" if dark else "light", java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(10_000)
        self.troubles: list[str] = []
        if javascript:
            self.context.add_init_script(_LISTEN)
        if language:
            self.set_cookie("language", language)
        self.page: Page = self.context.new_page()
        self._watch(self.page)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.troubles.append(f"script error at {page.url}: {error}"))
        page.on("console", lambda message: self._heard(message.type, message.text, page.url))
        page.on("response", self._answered)

    def _heard(self, kind: str, text: str, url: str) -> None:
        # Chromium reports every 4xx answer as a console error; refusals are part of the tests.
        if kind == "error" and not re.search(r"status of 4\d\d", text):
            self.troubles.append(f"console at {url}: {text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 and response.url.startswith(self.base):
            self.troubles.append(f"{response.status} from {response.request.method} {response.url}")

    def set_cookie(self, name: str, value: str) -> None:
        cookie = {"name": name, "value": value, "url": self.base, "sameSite": "Lax", "httpOnly": True}
        self.context.add_cookies([cookie])  # type: ignore[list-item]

    def cookie(self, name: str) -> str | None:
        """The value of a cookie the browser holds."""
        return next((one["value"] for one in self.context.cookies() if one["name"] == name), None)

    def adopt(self, person: Person, secret: str) -> Visitor:
        """Take over a session made elsewhere, so that not every test fills in the form."""
        self.set_cookie(person.cookie, secret)
        return self

    def sign_in(self, person: Person, password: str = PASSWORD) -> None:
        """Sign in by the form, in whatever language the page is; accept the terms when they are asked for."""
        self.go(person.sign_in_page)
        self.page.locator("input[name=email]").fill(person.email)
        self.page.locator("input[name=password]").fill(password)
        self.lead_on(self.page.locator("main form button:not([type=button])").first)
        if "/terms/accept" in self.page.url:
            self.page.locator("input[name=agree]").check()
            self.lead_on(self.page.locator("main form.form button"))

    def lead_on(self, button: Locator) -> None:
        """Press a button and stay until the answer is there: what follows may not overtake it on a slow machine."""
        with self.page.expect_navigation():
            button.click()

    def go(self, path: str, status: int | None = 200) -> Response:
        """Open an address; the answer's status must be `status` unless that is None."""
        response = self.page.goto(path)
        assert response is not None, path
        if status is not None:
            assert response.status == status, f"{path} answered {response.status}: {self.text()[:500]}"
        return response

    def text(self) -> str:
        """The words of the page's main part, spaces as on the screen (non-breaking ones made plain)."""
        main = self.page.locator("main")
        words = main.inner_text() if main.count() else self.page.locator("body").inner_text()
        return re.sub(r"[\u00a0\u202f]", " ", words)

    def sees(self, *words: str) -> None:
        """Fail unless the main part of the page shows each of the words, at once or when it has come."""
        until = time.monotonic() + PATIENCE
        while missing := [word for word in words if word not in (shown := self._shown())]:
            assert time.monotonic() < until, f"{self.page.url} does not show {missing}; it shows:\n{shown[:3000]}"
            self.page.wait_for_timeout(100)

    def _shown(self) -> str:
        try:
            return self.text()
        except Error:  # the page is being exchanged for the next one
            return ""

    def does_not_see(self, *words: str) -> None:
        shown = self.text()
        present = [word for word in words if word in shown]
        assert not present, f"{self.page.url} shows {present}"

    def click(self, name: str, *, role: Any = "button", exact: bool = False) -> None:
        """Press the button (or link) with this name in the main part of the page."""
        self.main.get_by_role(role, name=name, exact=exact).first.click()

    def submit(self) -> None:
        """Press the main button of the page's form."""
        self.main.locator("form.form button:not([type=button])").first.click()

    def follow(self, name: str, *, exact: bool = False) -> None:
        """Follow a link of the main part of the page."""
        self.click(name, role="link", exact=exact)

    def fill(self, **values: str) -> None:
        """Fill fields by their names; choices are chosen, boxes checked by `1`."""
        for name, value in values.items():
            self.field(name, value)

    def field(self, name: str, value: str) -> None:
        found = self.main.locator(f"[name='{name}']")
        kind = found.first.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "select":
            found.select_option(value)
        elif kind in ("radio", "checkbox"):
            found.and_(self.page.locator(f"[value='{value}']")).check()
        else:
            found.fill(value)

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def picture(self, folder: Path, name: str) -> Path:
        """Keep a picture of what is seen of the page at once.

        With PICTURES=whole of the whole page, at six times the cost; with PICTURES=phone of the telephone's only.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path, asked = folder / f"{name}.jpg", os.environ.get("PICTURES")
        if asked == "phone" and not name.endswith(".lv.390"):
            return path
        whole = asked == "whole"
        for last in (False, False, True):
            try:
                self.page.screenshot(path=path, full_page=whole, type="jpeg", quality=70)
                break
            except Error as error:  # a busy browser without a window refuses one now and then, right after a new size
                if last or "Unable to capture" not in str(error):
                    raise
                self.page.wait_for_timeout(200)
        return path

    def close(self) -> None:
        self.context.close()
