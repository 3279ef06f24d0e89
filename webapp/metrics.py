"""What Prometheus reads. Every name stands in docs/operations/metrics.md, with what it is for."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import cast

from flask import current_app
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from redis import RedisError

from letters.books import ledger
from letters.campaign import Status
from letters.campaigns import store
from letters.reasons import Reason
from letters.sending import tallied
from letters.sending.gate import Gate
from letters.sending.watch import watch
from letters.states import State
from letters.storage.database import StorageUnavailable
from webapp.site.guards.measured import Measured
from webapp.site.guards.refused import Refusals
from webapp.site.services import services
from webapp.site.wake import workers_seen


def text() -> str:
    """Return everything as Prometheus reads it. What cannot be read is left out."""
    registry = CollectorRegistry()
    registry.register(_Books())
    registry.register(_Workers())
    registry.register(_Doors())
    measured = cast("Measured", current_app.extensions["measured"])
    return (generate_latest(registry) + generate_latest(measured.registry())).decode()


class _Books(Collector):
    """What stands in the database."""

    def collect(self) -> Iterator[Metric]:
        """Read the database once, in one picture."""
        letters = GaugeMetricFamily(
            "postbag_letters", "Letters, by campaign and state.", labels=("campaign", "state")
        )
        up = GaugeMetricFamily("postbag_database_up", "1 while the database can be read.")
        delivered: dict[str, int] = {}
        part = services()
        try:
            with part.database.read() as connection:
                for stored in store.find_all(connection):
                    books = ledger.shown(connection, stored.id)
                    if stored.campaign.status is Status.DRAFT and not books.submitted:
                        continue  # what is being prepared is nobody's business
                    slug = stored.campaign.slug
                    delivered[slug] = books.states.get(State.DELIVERED, 0)
                    for state in State:
                        letters.add_metric((slug, str(state)), books.states.get(state, 0))
                seen = watch(connection, part.now(), part.settings.unknown_grace_seconds)
        except StorageUnavailable:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield letters
        yield _stopped(seen.gate)
        yield CounterMetricFamily("postbag_claims", "Requests ever begun.", seen.claims)
        yield GaugeMetricFamily(
            "postbag_oldest_due_seconds", "For how long a letter has been due.", seen.due_seconds
        )
        yield GaugeMetricFamily(
            "postbag_waiting_for_word",
            "Letters that a person has to decide about.",
            seen.waiting_for_word,
        )
        yield GaugeMetricFamily(
            "postbag_strange_news",
            "1 while SendGrid tells of letters that the books have not sent.",
            int(seen.gate.hears_strange_news(part.now())),
        )
        if seen.heard_at is not None:
            yield GaugeMetricFamily(
                "postbag_last_event_timestamp_seconds",
                "When SendGrid's latest event came.",
                seen.heard_at.timestamp(),
            )
        complaints = GaugeMetricFamily(
            "postbag_complaint_ratio",
            "Targets that reported a letter as unwanted, for each letter delivered.",
            labels=("campaign",),
        )
        for slug, arrived in delivered.items():
            complaints.add_metric((slug,), seen.complaints.get(slug, 0) / max(arrived, 1))
        yield complaints


def _stopped(gate: Gate) -> Metric:
    stopped = GaugeMetricFamily(
        "postbag_sending_stopped", "1 for why nothing is sent.", labels=("reason",)
    )
    is_poor = gate.reason is Reason.OUT_OF_CREDITS
    for reason, is_so in (
        ("behind", gate.behind_since is not None),
        ("key_refused", gate.refused and not is_poor),
        ("out_of_credits", gate.refused and is_poor),
        ("unreachable", gate.since is not None and not gate.refused),
    ):
        stopped.add_metric((reason,), int(is_so))
    return stopped


class _Workers(Collector):
    """What the workers have left in Redis."""

    def collect(self) -> Iterator[Metric]:
        """Read Redis once."""
        redis = services().redis
        up = GaugeMetricFamily("postbag_redis_up", "1 while Redis answers.")
        try:
            answered, swept_at = tallied.answers(redis), tallied.swept_at(redis)
            workers = workers_seen(redis)
        except RedisError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        answers = CounterMetricFamily(
            "postbag_sendgrid_answers", "What became of requests.", labels=("answer",)
        )
        for answer, number in answered.items():
            answers.add_metric((str(answer),), number)
        yield answers
        yield GaugeMetricFamily("postbag_workers", "Workers that Redis has heard of.", workers)
        if swept_at is not None:
            yield GaugeMetricFamily(
                "postbag_last_sweep_timestamp_seconds",
                "When a worker last swept.",
                swept_at.timestamp(),
            )


class _Doors(Collector):
    """What this web server has seen, and what it is."""

    def collect(self) -> Iterator[Metric]:
        """Return what was refused, and the version."""
        refused = CounterMetricFamily(
            "postbag_refused", "Requests refused, by door and status.", labels=("door", "status")
        )
        refusals = cast("Refusals", current_app.extensions["refusals"])
        for (door, status), number in refusals.counted().items():
            refused.add_metric((door, str(status)), number)
        yield refused
        about = GaugeMetricFamily("postbag_build_info", "1, with the version.", labels=("version",))
        about.add_metric((_version(),), 1)
        yield about


def _version() -> str:
    try:
        return version("postbag")
    except PackageNotFoundError:
        return "checkout"
