"""Hands a message to the mail server of the settings, or says in one sentence why not. No part of it is kept."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from nms.base.errors import MailFailed
from nms.base.settings import MailSettings
from nms.base.text import clean, say

PATIENCE_S = 8.0
"""For each answer of the server: less than the program takes to stop."""


def send(mail: MailSettings, message: EmailMessage) -> dict[str, str]:
    """Send a message to all its recipients; answers those whom the server refused, with its reason, when some passed.

    Raises:
        MailFailed: nobody got it; `code` is `mail_unreachable`, `mail_tls`, `mail_login` or `mail_refused`.
    """
    where = f"{mail.host}:{mail.port}"
    try:
        with smtplib.SMTP(mail.host, mail.port, timeout=PATIENCE_S) as server:
            if mail.starttls:
                server.starttls(context=ssl.create_default_context())
            if mail.user:
                server.login(mail.user, mail.password.reveal())
            refused = server.send_message(message, mail.sender, list(mail.recipients))
    except smtplib.SMTPRecipientsRefused as error:
        raise MailFailed(
            "mail_refused", say("{where} refused every recipient: {why}", where=where, why=_all(error.recipients))
        ) from None
    except smtplib.SMTPAuthenticationError as error:  # its text may repeat what was sent
        raise MailFailed(
            "mail_login",
            say("{where} refused the user or the password (code {code}).", where=where, code=error.smtp_code),
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        code = "mail_login" if mail.user and not mail.starttls else "mail_tls"
        raise MailFailed(code, say("{where} cannot do it: {why}", where=where, why=clean(str(error), 200))) from None
    except ssl.SSLError as error:
        raise MailFailed(
            "mail_tls",
            say("No safe connection with {where}: {why}", where=where, why=clean(str(error.reason or error), 200)),
        ) from None
    except smtplib.SMTPResponseException as error:
        why = f"{error.smtp_code} {clean(error.smtp_error, 200)}"
        raise MailFailed("mail_refused", say("{where} refused the message: {why}", where=where, why=why)) from None
    except (OSError, smtplib.SMTPException) as error:
        why = clean(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
        raise MailFailed(
            "mail_unreachable", say("{where} did not take the message: {why}", where=where, why=why)
        ) from None
    return {address: _reason(answer) for address, answer in refused.items()}


def _all(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address} ({_reason(answer)})" for address, answer in refused.items())


def _reason(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {clean(answer[1], 200)}"
