"""The organisers' desk: write campaigns, see the books, decide what needs a person, steer."""

from webapp.desk import (
    answers,
    campaigns,
    checklist,
    dashboard,
    pace,
    passkeys,
    people,
    record,
    sessions,
    sign_in,
    status,
    targets,
)
from webapp.desk.door import OPEN, blueprint
from webapp.desk.editor import routes as editor

__all__ = [
    "OPEN",
    "answers",
    "blueprint",
    "campaigns",
    "checklist",
    "dashboard",
    "editor",
    "pace",
    "passkeys",
    "people",
    "record",
    "sessions",
    "sign_in",
    "status",
    "targets",
]
