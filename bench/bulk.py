"""Fill a database with a campaign of any size in a few statements, as if it had been running."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from letters.campaigns import store
from letters.desk import figures
from letters.desk.figures import Series
from letters.files.campaign_file import read_campaign
from letters.states import Cause, State
from letters.storage.database import Database
from rig.campaigns import campaign_file

DAYS: Final = 30
MIXED: Final = {
    "delivered": 860, "queued": 930, "accepted": 950, "bounced": 975, "dropped": 985,
    "failed": 990, "cancelled": 994, "unconfirmed": 998, "unknown": 1_000,
}  # fmt: skip
_LATER: Final = {
    State.DELIVERED: Cause.DELIVER,
    State.BOUNCED: Cause.BOUNCE,
    State.DROPPED: Cause.DROP,
    State.FAILED: Cause.REFUSED,
    State.CANCELLED: Cause.CANCEL,
    State.UNKNOWN: Cause.LOST,
    State.ACCEPTED: Cause.TAKEN,
}
"""What a letter is by now, and what brought it there."""


def fill(
    database: Database,
    slug: str,
    letters: int,
    targets: int,
    *,
    states: Mapping[str, int] = MIXED,
    per_hour: int = 60,
) -> None:
    """Store letters of the last 30 days with all that belongs to them.

    Of a thousand letters, `states` says up to which number each state goes.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    addresses = [f"office{n}@harbours.example" for n in range(targets)]
    with database.write() as connection:
        paced = f"per_target_per_hour = {per_hour}"
        definition = campaign_file(slug, *addresses, pacing=paced)
        campaign_id = store.load(connection, read_campaign(definition), now)
    with database.write() as connection:
        if not database.is_sqlite:
            # The rows below agree with each other: checking each costs more than writing it.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        _rows(connection, campaign_id, letters, targets, now, states)
        _sums(connection, campaign_id, letters, now)
    settle(database)


def settle(database: Database) -> None:
    """Let a database be as it is a day later: in order, counted and on disk.

    Otherwise PostgreSQL does that while something else is weighed.
    """
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        else:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            connection.exec_driver_sql("CHECKPOINT")


def _rows(
    connection: Connection,
    campaign_id: int,
    letters: int,
    targets: int,
    now: datetime,
    states: Mapping[str, int],
) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    first = connection.execute(
        text("SELECT min(id) FROM target WHERE campaign_id = :c"), {"c": campaign_id}
    ).scalar_one()
    begin = now - timedelta(days=DAYS)
    step = DAYS * 86_400 / letters
    moment = f"'{begin:%Y-%m-%d %H:%M:%S}+00'::timestamptz + i * interval '{step} seconds'"
    identity = f"lpad(({campaign_id} * 10000000 + i)::text, 32, '0')"
    source = f"FROM generate_series(0, {letters - 1}) AS g(i)"
    if is_sqlite:
        moment = (
            f"strftime('%Y-%m-%d %H:%M:%f000', '{begin:%Y-%m-%d %H:%M:%S}',"
            f" (i * {step}) || ' seconds')"
        )
        identity = f"printf('%032d', {campaign_id} * 10000000 + i)"
        source = (
            f"FROM (WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g"
            f" WHERE i < {letters - 1}) SELECT i FROM g) AS g"
        )
    cases = " ".join(f"WHEN i % 1000 < {below} THEN '{state}'" for state, below in states.items())
    state = f"CASE {cases} END"
    later = ", ".join(f"'{state}'" for state in _LATER)
    cause = " ".join(f"WHEN '{state}' THEN '{cause}'" for state, cause in _LATER.items())
    for statement in (
        (
            f"INSERT INTO submission (id, campaign_id, token_id, address, name, email, points,"
            f" personal_share, submitted_at) SELECT {identity}, {campaign_id}, {identity},"
            f" 'writer' || i || '@readers.example', 'Ana Reed', "
            f"'writer' || i || '@readers.example',"
            f" '[]', (i % 7) / 10.0, {moment} {source}"
        ),
        (
            f"INSERT INTO letter (id, kind, campaign_id, target_id, submission_id, state, state_at)"
            f" SELECT {identity}, 'letter', {campaign_id}, {first} + i % {targets}, {identity},"
            f" {state}, {moment} {source}"
        ),
        (
            f"INSERT INTO writing (letter_id, once, subject, body) SELECT {identity},"
            f" ({first} + i % {targets}) || '/writer' || i || '@readers.example', 'Keep the trees',"
            f" 'Dear Minister, please keep all forty trees of the harbour.' {source}"
        ),
        (
            f"INSERT INTO history (letter_id, state, cause, at) SELECT {identity}, 'queued', "
            f"'written', {moment} {source}"
        ),
        (
            f"INSERT INTO history (letter_id, state, cause, at, detail) SELECT id, state,"
            f" CASE state {cause} END,"
            f" state_at, '550 5.1.1 no such mailbox here' FROM letter"
            f" WHERE campaign_id = {campaign_id} AND state IN ({later})"
        ),
        (
            f"INSERT INTO tally (target_id, state, letters) SELECT target_id, state, count(*)"
            f" FROM letter WHERE campaign_id = {campaign_id} GROUP BY target_id, state"
        ),
        (
            f"UPDATE target SET queued = coalesce((SELECT letters FROM tally"
            f" WHERE target_id = target.id AND state = 'queued'), 0)"
            f" WHERE campaign_id = {campaign_id}"
        ),
        "UPDATE reader SET history_id = (SELECT max(id) FROM history)",
    ):
        connection.exec_driver_sql(statement.replace("%", "%%") if not is_sqlite else statement)


def _sums(connection: Connection, campaign_id: int, letters: int, now: datetime) -> None:
    """Store the figures that reading all that history would have given, more or less."""
    hours = DAYS * 24
    last = figures.hour_of(now)
    counted = {}
    for n in range(hours):
        share = letters // hours or n % 2
        rise = round(share * (0.3 + 1.4 * ((n * 7) % 24) / 24))
        counted[campaign_id, Series.SUBMITTED, last - n] = rise
        counted[campaign_id, Series.DELIVERED, last - n] = round(rise * 0.86)
    for bucket in range(1, 24):
        counted[campaign_id, Series.SPEED, bucket] = round(letters * 0.86 * 0.6**bucket)
    for tenth in range(8):
        counted[campaign_id, Series.PERSONAL, tenth] = letters // 8
    figures.add(connection, counted)
