"""A campaign that uses everything the action page can show."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 1, tzinfo=UTC)

TARGETS = """
[[targets]]
name = "The Hon. A. Example"
salutation = "Minister Example"
role = "Minister for Harbours"
address = "1 Quay Street\\nPorttown"
email = "delivered@{slug}.example"
"""
TWO_TARGETS = (
    TARGETS
    + """
[[targets]]
name = "Dr B. Mayor"
salutation = "Mayor"
role = "Mayor of Porttown"
address = "Town Hall"
email = "delivered@second-{slug}.example"
"""
)


def campaign_file(
    slug: str,
    *,
    language: str = "en",
    more: str = 'confirm = "none"',
    subjects: str = '["Keep the trees", "Forty trees on the quay", "The trees of Porttown"]',
    targets: str = TARGETS,
) -> str:
    """Give the text of a campaign file; `more` are further keys of its head."""
    return f"""
slug = "{slug}"
title = "Keep the harbour's trees"
summary = "The council wants to fell **forty trees**. [Read why](https://harbours.example/why)."
status = "live"
language = "{language}"
goal = 5000
opt_in = "Keep me posted about this campaign."
{more}

[pacing]
per_target_per_hour = 3600000

[letter]
subjects = {subjects}
salutation = "Dear {{salutation}},"
opening = "I walk under the harbour's trees each day, and I hear that they are to be felled."
closing = "Thank you for reading this.\\n\\nYours sincerely,\\n{{name}}"
prompts = ["When were you last under these trees?", "Who in your family would miss them?"]
[[letter.points]]
key = "trees"
lead = "Keep all forty trees."
text = "They are older than the cranes, and no sapling will take their place in our time."
[[letter.points]]
key = "shade"
lead = "Plant ten more."
text = "The quay has no shade at noon."
[[letter.points]]
key = "ask"
lead = "Ask the people who live here first."
text = "Nobody has asked us what we think of the plan."
""" + targets.replace("{slug}", slug)
