"""Spans for OpenTelemetry: of a request, the submission that it stores, and each attempt."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis import Redis

from letters import tracing
from letters.storage.database import Database
from rig.campaigns import form_fields
from rig.servers import Valkey
from tests.support.books import Books, settings_as_given
from tests.support.played import TAKEN
from tests.support.stack import supporter
from tests.worker.test_drain import NOW, PER_SECOND, run
from webapp.app import create_app
from worker.bookkeeper import OpenBooks
from worker.rate import Rate

SEEN = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Set up a place for spans, as `opentelemetry-instrument` does round a process."""
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(SEEN))
    trace.set_tracer_provider(made)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    tracing.configure("opentelemetry")
    yield SEEN
    tracing.configure("off")
    SEEN.clear()


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, now=datetime.now(UTC) - timedelta(minutes=1))
    made.load("trees", "minister@harbours.example")
    return made


def told(span: ReadableSpan) -> dict[str, object]:
    return {key.removeprefix("postbag."): value for key, value in (span.attributes or {}).items()}


def named(spans: Sequence[ReadableSpan], name: str) -> list[dict[str, object]]:
    return [told(span) for span in spans if span.name == f"postbag {name}"]


def test_a_request_and_its_submission_are_one_trace_of_ids(
    spans: InMemorySpanExporter, books: Books, valkey: Valkey
) -> None:
    url = books.database.engine.url.render_as_string(hide_password=False)
    redis_url = valkey.new_database()
    app = create_app(
        settings_as_given(
            DATABASE_URL=url, REDIS_URL=redis_url, FORM_MIN_SECONDS="0", TRACING="opentelemetry"
        )
    )
    client = app.test_client()
    page = client.get("/c/trees").text
    spans.clear()
    who = supporter()
    assert client.post("/c/trees", data={**form_fields(page), **who}).status_code == 303
    app.extensions["postbag"].database.close()
    seen = spans.get_finished_spans()
    assert named(seen, "request") == [{"route": "/c/<slug>", "method": "POST"}]
    (stored,) = named(seen, "submission")
    assert stored == {"submission_id": books.submission(str(who["email"])), "campaign": "trees"}
    assert len({span.context.trace_id for span in seen if span.context}) == 1
    assert str(who["email"]) not in "".join(span.to_json() for span in seen)


def test_each_attempt_is_a_span_by_its_ids(
    spans: InMemorySpanExporter, books: Books, valkey: Valkey
) -> None:
    books.write("trees")
    with Redis.from_url(valkey.new_database()) as redis:
        ran = run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND), *[TAKEN] * 9)
    attempts = named(spans.get_finished_spans(), "attempt")
    assert len(attempts) == ran.claimed == 2  # the letter and its writer's notice
    for attempt in attempts:
        assert any(str(attempt["attempt_id"]).encode() in body for body in ran.played.bodies)


def test_off_nothing_of_it_is_imported_and_a_span_is_nothing() -> None:
    assert isinstance(tracing.span("attempt", letter_id="x"), nullcontext)
    asked = (
        "import sys, redis\n"  # which looks for it by itself, where it is installed
        "before = set(sys.modules)\n"
        "import webapp.app, worker.jobs, worker.sweep\n"
        f"webapp.app.create_app({settings_as_given()!r})\n"
        "print([name for name in {*sys.modules} - before if name.startswith('opentelemetry')])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asked], check=False, capture_output=True, text=True
    )
    assert ended.stdout == "[]\n", ended.stderr
