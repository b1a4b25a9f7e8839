"""Somebody at a browser without scripts: goes to a provider, picks a person there, and comes back to the portal."""

from __future__ import annotations

import html
import random
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests

from tests import stack


def new_code() -> str:
    """A personal code nobody has; of the new form, whose check digit is not documented."""
    return f"32{random.SystemRandom().randrange(10**9):09d}"


@dataclass
class Human:
    """A test person as the providers' page asks for one."""

    code: str = field(default_factory=new_code)
    given_name: str = "Žanis"
    family_name: str = "Šķēle"
    former: tuple[str, ...] = ()
    reg_no: str = ""
    level: str = "high"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def form(self) -> dict[str, str]:
        return {
            "person": "other", "given_name": self.given_name, "family_name": self.family_name,
            "codes": ", ".join((self.code, *self.former)), "reg_no": self.reg_no, "level": self.level,
        }  # fmt: skip


def provider_url(name: str) -> str:
    """Where `oidc-provider` or `wsfed-provider` of this stack answers."""
    return f"http://127.0.0.1:{stack.endpoints()['ports'][name]}"


class Browser:
    """Follows redirects, keeps cookies, sends forms."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = requests.Session()
        self.http.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.http.get(urljoin(self.base, path), timeout=60, **how)

    def send(self, page: requests.Response, **values: str) -> requests.Response:
        """Send the first form of a page's content with its hidden fields and these values."""
        content = page.text[page.text.index("<main") :]
        found = re.search(r"<form[^>]*method=\"post\"[^>]*>(.*?)</form>", content, re.S)
        assert found, page.text[:500]
        action = re.search(r"action=\"([^\"]*)\"", found[0][: found[0].index(">")])
        fields = {
            html.unescape(name): html.unescape(value)
            for name, value in re.findall(r"<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", found[1])
        }
        address = urljoin(page.url, html.unescape(action[1]) if action and action[1] else page.url)
        return self.http.post(address, data=fields | values, timeout=60)

    def pick(self, page: requests.Response, human: Human) -> requests.Response:
        """Pick a person at a provider, and carry its answer to the portal where that takes a form."""
        assert "Izmēģinājuma vide" in page.text, page.text[:500]
        action = re.search(r"<form method=\"post\" action=\"([^\"]*)\"", page.text)
        assert action
        answered = self.http.post(urljoin(page.url, html.unescape(action[1])), data=human.form, timeout=60)
        return self.carry(answered) if 'name="wresult"' in answered.text else answered

    def carry(self, page: requests.Response) -> requests.Response:
        """Send the form that carries a token to the portal."""
        return self.send(page)

    def sign_in_with(self, provider: str, human: Human, target: str = "/") -> requests.Response:
        """From the sign-in page to a provider and back; return the page one lands on."""
        page = self.get("/sign-in")
        assert f"/sign-in/with/{provider}" in page.text
        return self.pick(self.get(f"/sign-in/with/{provider}", params={"next": target}), human)

    @property
    def secret(self) -> str | None:
        """The session's cookie."""
        return self.http.cookies.get("portal")

    def send_to(self, page: requests.Response, action: str) -> requests.Response:
        """Send the form of a page that goes to `action`, with its hidden fields."""
        found = re.search(rf"<form[^>]*action=\"{re.escape(action)}\"[^>]*>(.*?)</form>", page.text, re.S)
        assert found, page.text[:500]
        fields = re.findall(r"<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", found[1])
        values = {html.unescape(name): html.unescape(value) for name, value in fields}
        return self.http.post(urljoin(self.base, action), data=values, timeout=60)

    def follow(self, page: requests.Response) -> requests.Response:
        """Go on by the page's link that leads out of the portal."""
        found = re.search(r"<a class=\"btn btn-primary[^\"]*\" href=\"(http[^\"]*)\"", page.text)
        assert found, page.text[:500]
        return self.http.get(html.unescape(found[1]), timeout=60)

    def without_provider(self) -> Browser:
        """The same browser, signed out at every provider: cookies of one machine do not tell its ports apart."""
        other = Browser(self.base)
        for name in ("portal", "login", "visit", "language"):
            if name in self.http.cookies:
                other.http.cookies.set(name, self.http.cookies[name], domain="127.0.0.1", path="/")
        return other
