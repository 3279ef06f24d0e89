"""A statement that is put into words once takes what any other takes."""

import secrets
from datetime import UTC, datetime

from sqlalchemy import bindparam, select

from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.storage.batch import fetch
from letters.storage.database import Database
from letters.storage.schema import campaign, target
from rig.campaigns import campaign_file

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_moments_and_paths_of_json_are_turned_into_what_the_driver_takes(
    database: Database,
) -> None:
    made = read_campaign(campaign_file(f"trees-{secrets.token_hex(3)}"))
    with database.write() as connection:
        store.load(connection, made, NOW)
    loaded_at = campaign.c.loaded_at
    named = (
        select(target.c.definition["name"].as_string())
        .join(campaign)
        .where(campaign.c.slug == made.slug, loaded_at == bindparam("now", type_=loaded_at.type))
    )
    with database.read() as connection:
        assert [row[0] for row in fetch(connection, named, {"now": NOW})] == [made.targets[0].name]
        assert not fetch(connection, named, {"now": datetime(2026, 1, 1, tzinfo=UTC)})
