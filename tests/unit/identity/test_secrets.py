"""No request shows its secrets when it is printed, logged or part of an error."""

from __future__ import annotations

from services.identity.messages import (
    ChangeEmail,
    CloseAccess,
    ConfirmEmail,
    JudgePassword,
    LinkToken,
    LookAtLink,
    MailedLink,
    TradeCode,
    UseLink,
)

TOKEN, WORD = "t" * 54, "zils-kalns-7"


def test_secrets_are_not_shown() -> None:
    shown = [
        UseLink(token=TOKEN, new_password=WORD), CloseAccess(token=TOKEN), ConfirmEmail(token=TOKEN),
        JudgePassword(password=WORD, token=TOKEN), ChangeEmail(email="a@example.com", password=WORD),
        LookAtLink(token=TOKEN), TradeCode(email="a@example.com", code=WORD), LinkToken(token=TOKEN),
        MailedLink(state="open", token=TOKEN, code=WORD),
    ]  # fmt: skip
    for one in shown:
        assert TOKEN not in repr(one) and WORD not in repr(one), type(one).__name__
