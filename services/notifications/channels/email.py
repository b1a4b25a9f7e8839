"""E-mail over SMTP: one connection for a batch, a time limit on every answer, TLS as the settings want it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from services.notifications.channels.base import Outcome, Outgoing
from services.notifications.domain.delivery import message_id
from services.notifications.settings import NotificationsSettings, settings


class Email:
    """The channel `email`."""

    @contextmanager
    def open(self) -> Iterator[EmailSession]:
        """Connect at the first message, close at the end of the batch."""
        session = EmailSession(settings())
        try:
            yield session
        finally:
            session.close()


class EmailSession:
    """One connection to the mail server; opened anew after trouble."""

    def __init__(self, config: NotificationsSettings) -> None:
        self._config = config
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: Outgoing) -> Outcome:
        """Send one message. A 5xx answer about the recipient or the message is final, everything else passes."""
        try:
            mail = build(message, self._config)
        except (ValueError, IndexError) as error:  # an address Python's e-mail library cannot write
            return Outcome.refused(f"not an address: {error}")
        try:
            smtp = self._connected()
            smtp.send_message(mail, from_addr=self._config.from_address, to_addrs=[with_ascii_domain(message.address)])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()), (450, b"refused"))
            return self._refused(code, text)
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Outcome.refused(str(error))
        except (smtplib.SMTPException, OSError) as error:
            # The sender refused, the login wrong, the server away: our trouble or theirs, not the addressee's.
            self.close()
            return Outcome.later(f"{type(error).__name__}: {error}")
        return Outcome.sent("accepted by the mail server", mail["Message-ID"])

    def _refused(self, code: int, text: bytes | str) -> Outcome:
        said = f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
        with suppress(smtplib.SMTPException, OSError):
            if self._smtp is not None:
                self._smtp.rset()
        return Outcome.refused(said) if 500 <= code < 600 else Outcome.later(said)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = _connect(self._config)
        return self._smtp

    def close(self) -> None:
        """Say goodbye; a server that is gone is no trouble any more."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()


def _connect(config: NotificationsSettings) -> smtplib.SMTP:
    url = urlsplit(config.smtp_url)
    host, timeout = url.hostname or "127.0.0.1", config.smtp_timeout
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if url.scheme == "smtps":
        smtp = smtplib.SMTP_SSL(host, url.port or 465, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(host, url.port or 25, timeout=timeout)
    try:
        if url.scheme != "smtps" and config.smtp_starttls != "never":
            smtp.ehlo_or_helo_if_needed()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=context)
            elif config.smtp_starttls == "required":
                raise smtplib.SMTPNotSupportedError("the mail server offers no TLS")
        if url.username:
            smtp.login(unquote(url.username), unquote(url.password or ""))
    except smtplib.SMTPNotSupportedError as error:
        smtp.close()
        # No fault of the message: wait until somebody mends the server or the settings.
        raise smtplib.SMTPServerDisconnected(str(error)) from error
    except BaseException:
        smtp.close()
        raise
    return smtp


def with_ascii_domain(address: str) -> str:
    """Return an address whose domain every mail server takes. Raises UnicodeError (a ValueError) for none."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address


def build(message: Outgoing, config: NotificationsSettings) -> EmailMessage:
    """Return the e-mail. Raises ValueError or IndexError for an address that is none."""
    mail = EmailMessage()
    name = config.from_name_en if message.language == "en" else config.from_name_lv
    mail["From"] = Address(name, addr_spec=config.from_address)
    mail["To"] = Address(addr_spec=with_ascii_domain(message.address))
    if config.reply_to:
        mail["Reply-To"] = Address(addr_spec=config.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message_id(message.reference, config.from_address)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    mail["Content-Language"] = message.language  # last: setting the content drops every Content- header
    return mail
