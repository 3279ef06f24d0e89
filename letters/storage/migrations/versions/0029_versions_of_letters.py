"""Keep the version that each letter was written from: its target's may be another one later."""

import json
import tomllib

import sqlalchemy as sa
from alembic import op

from letters.text.versions import fits

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
narrows = False
# On PostgreSQL it is built afterwards, while letters are written (letters.storage.migrate).
concurrently = ("ix_letter_version",)

_HAS_ONE = sa.text("version <> ''")


def upgrade() -> None:
    op.add_column("letter", sa.Column("version", sa.String(64)))
    _fill()
    if op.get_bind().dialect.name != "postgresql":
        columns = ["campaign_id", "version", "state"]
        op.create_index("ix_letter_version", "letter", columns, sqlite_where=_HAS_ONE)


def _fill() -> None:
    """Give letters the version that their target gets today, as far as campaigns have versions.

    What it was when they were written is known to nobody.
    """
    connection = op.get_bind()
    campaigns = connection.execute(sa.text("SELECT id, definition FROM campaign")).all()
    for campaign_id, definition in campaigns:
        versions = tomllib.loads(definition).get("letter", {}).get("versions", [])
        targets = connection.execute(
            sa.text(
                "SELECT id, CAST(definition AS TEXT) FROM target WHERE campaign_id = :campaign"
            ),
            {"campaign": campaign_id},
        ).all()
        by_key: dict[str, list[int]] = {}
        for target_id, kept in targets if versions else ():
            found = json.loads(kept)
            known = {"role": found["role"], **(found.get("attributes") or {})}
            for version in versions:
                if fits(version["when"].items(), known):
                    by_key.setdefault(version["key"], []).append(target_id)
                    break
        for key, ids in by_key.items():
            connection.execute(
                sa.text(
                    "UPDATE letter SET version = :key WHERE campaign_id = :campaign"
                    " AND kind = 'letter' AND target_id IN :ids"
                ).bindparams(sa.bindparam("ids", expanding=True)),
                {"key": key, "campaign": campaign_id, "ids": ids},
            )


def downgrade() -> None:
    op.drop_index("ix_letter_version", "letter", if_exists=True)
    op.drop_column("letter", "version")
