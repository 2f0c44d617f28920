"""E-mail by the operator's own server: a line and a link; the plate only where the settings allow it."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from plateward.node.node import Node
from plateward.node.sending.channels import Again, Never, Parcel
from plateward.node.settings import Mail

TIMEOUT_S = 20


async def deliver(node: Node, parcel: Parcel) -> None:
    """Send to one mailbox. Raises Again or Never."""
    settings = node.settings.delivery.mail
    if settings is None:
        raise Never("no mail server is set")
    message = letter(node, parcel, settings)
    secret = await asyncio.to_thread(_secret, node, settings)
    await asyncio.to_thread(_send, settings, secret, message)


def letter(node: Node, parcel: Parcel, settings: Mail) -> EmailMessage:
    """The message. Its id is the outbox's own, so a repetition is the same letter."""
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = str(parcel.message.address["to"])
    message["Subject"] = parcel.content.title
    message["Date"] = format_datetime(parcel.now)
    message["Message-ID"] = f"<{parcel.id}@{urlsplit(node.settings.address).hostname or 'plateward'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{parcel.content.text}\n\n{parcel.content.link}\n")
    return message


def _secret(node: Node, settings: Mail) -> str:
    return (node.settings.data / settings.password_file).read_text("utf-8").strip() if settings.password_file else ""


def _send(settings: Mail, secret: str, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    try:
        if settings.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
        with server:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, secret)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        if codes and all(500 <= code < 600 for code in codes):
            raise Never(f"the mail server refuses this mailbox ({codes[0]})") from None
        raise Again(f"the mail server did not take it ({codes[0] if codes else 'no reason'})") from None
    except (smtplib.SMTPException, OSError) as fault:
        raise Again(f"the mail server did not take it ({type(fault).__name__})") from None
