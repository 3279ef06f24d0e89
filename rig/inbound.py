"""Post mail as SendGrid's Inbound Parse does: both of its forms, signed."""

import json
import secrets
from collections.abc import Mapping, Sequence

PATH = "/webhooks/sendgrid/inbound"
SENDER = "office@harbours.example"


def raw_message(
    to: str,
    text: str = "Dear Ana,\n\nYes.",
    subject: str = "Re: Keep the trees",
    *headers: str,
    sender: str = SENDER,
    message_id: str | None = None,
) -> bytes:
    """Give a plain message."""
    head = [
        f"From: The Office <{sender}>",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: {message_id or f'<{secrets.token_hex(8)}@office.example>'}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        *headers,
    ]
    return "\r\n".join([*head, "", text.replace("\n", "\r\n")]).encode()


def form(
    fields: Mapping[str, str | bytes], files: Sequence[tuple[str, str, bytes]] = ()
) -> tuple[bytes, str]:
    """Give a multipart form's body and content type."""
    mark = "xYzZY"  # as SendGrid has it
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + (value if isinstance(value, bytes) else value.encode())
        + b"\r\n"
        for name, value in fields.items()
    ]
    for n, (name, kind, content) in enumerate(files, 1):
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="attachment{n}"; '
            f'filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def raw_post(
    to: str | Sequence[str], message: bytes, return_path: str = SENDER
) -> tuple[bytes, str]:
    """Give a post as with `send_raw`: the whole message in one field."""
    recipients = [to] if isinstance(to, str) else [*to]
    return form(
        {
            "dkim": "none",
            "email": message,
            "to": ", ".join(recipients),
            "sender_ip": "192.0.2.1",
            "envelope": json.dumps({"to": recipients, "from": return_path}),
            "charsets": '{"to":"UTF-8","subject":"UTF-8","from":"UTF-8"}',
            "SPF": "pass",
        }
    )


def parsed_post(  # noqa: PLR0913, PLR0917 - its fields
    to: str,
    text: str | None = "Dear Ana,\n\nYes.",
    subject: str = "Re: Keep the trees",
    html: str | None = None,
    charset: str = "UTF-8",
    headers: Sequence[str] = (),
    files: Sequence[tuple[str, str, bytes]] = (),
    return_path: str = SENDER,
) -> tuple[bytes, str]:
    """Give a post with the fields that SendGrid took out of a message."""
    own_id = f"Message-ID: <{secrets.token_hex(8)}@office.example>"
    fields: dict[str, str | bytes] = {
        "headers": "\n".join([own_id, f"From: The Office <{SENDER}>", f"To: {to}", *headers]),
        "dkim": "none",
        "to": to,
        "from": f"The Office <{SENDER}>",
        "subject": subject,
        "envelope": json.dumps({"to": [to], "from": return_path}),
        "attachments": str(len(files)),
        "charsets": json.dumps({"subject": "UTF-8", "text": charset, "html": charset}),
        "SPF": "pass",
    }
    if text is not None:
        fields["text"] = text.encode(charset)
    if html is not None:
        fields["html"] = html.encode(charset)
    return form(fields, files)
