"""The organisers' desk: write campaigns, see the books, decide what needs a person, steer."""

from webapp.desk import (
    answers,
    campaigns,
    checklist,
    keeping,
    organisations,
    pace,
    people,
    record,
    share,
    status,
    targets,
    updates,
)
from webapp.desk.editor import routes as editor
from webapp.desk.entry import passkeys, sessions, sign_in
from webapp.desk.entry.door import OPEN, blueprint
from webapp.desk.figures import dashboard, sources
from webapp.desk.offices import listed, one
from webapp.desk.seek import finding, one_letter

__all__ = [
    "OPEN",
    "answers",
    "blueprint",
    "campaigns",
    "checklist",
    "dashboard",
    "editor",
    "finding",
    "keeping",
    "listed",
    "one",
    "one_letter",
    "organisations",
    "pace",
    "passkeys",
    "people",
    "record",
    "sessions",
    "share",
    "sign_in",
    "sources",
    "status",
    "targets",
    "updates",
]
