"""Messages that carry a one-time link: kept without its secret, completed at the moment of sending."""

from __future__ import annotations

# What stands in the kept message where the mail has the code, and where its button leads in the portal.
HIDDEN_CODE = "•••••-•••••"
PAGE = "/link"


def path_of(token: str) -> str:
    """Return the path in the portal that opens a link."""
    return f"{PAGE}?t={token}"


def completed(text: str, portal: str, token: str, code: str) -> str:
    """Return a kept text or HTML with the code and the address of the link in their places."""
    shown = text.replace(HIDDEN_CODE, code)
    return shown.replace(f'href="{portal}{PAGE}"', f'href="{portal}{path_of(token)}"')
