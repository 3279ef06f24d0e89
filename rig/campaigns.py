"""A small campaign, and its form as a program reads it."""

import html
import re
from typing import Any


def form_fields(page: str) -> dict[str, Any]:
    """Read the fields of a page's form as a program without a browser would."""
    fields: dict[str, Any] = {"points": []}
    for tag in re.findall(r"<input\b[^>]*>", page):
        found = {
            name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)
        }
        name, kind = found.get("name", ""), found.get("type", "text")
        if kind == "checkbox":
            if re.search(r"\schecked\b", tag):
                fields.setdefault(name, [])
                fields[name] = [*fields[name], found.get("value", "on")]
        elif name:
            fields[name] = found.get("value", "")
    for attributes, text in re.findall(r"<textarea\b([^>]*)>(.*?)</textarea>", page, re.DOTALL):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        fields[found["name"]] = html.unescape(text.removeprefix("\n"))
    return fields


def campaign_file(slug: str, *targets: str, pacing: str = "", more: str = "") -> str:
    """Give the text of a small campaign file, live and without confirmation."""
    addresses = targets or ("minister@harbours.example",)
    confirm = "" if "confirm" in more else 'confirm = "none"\n'
    head = f"""
slug = "{slug}"
title = "Keep the harbour's trees"
status = "live"
{confirm}{more}
[pacing]
{pacing or "per_target_per_hour = 3600000"}

[letter]
subject = "Keep the trees"
salutation = "Dear {{salutation}},"
opening = "I walk under the harbour's trees each day."
closing = "Yours sincerely,\\n{{name}}"
[[letter.points]]
key = "trees"
lead = "Keep all forty trees."
text = "They are older than the cranes."
[[letter.points]]
key = "shade"
lead = "Plant ten more."
text = "The quay has no shade at noon."
"""
    return head + "".join(
        f"""
[[targets]]
name = "Minister {n}, the Second"
salutation = "Minister {n}"
role = "Minister for Harbours"
address = "1 Quay Street\\nPorttown"
email = "{address}"
"""
        for n, address in enumerate(addresses, start=1)
    )
