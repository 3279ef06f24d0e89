"""Whatever is wrong, `doctor` says what it is and what to do, and fails where nothing is sent."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis import Redis
from sqlalchemy import insert, select, text, update

from letters.books.outgrown import MOST
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.reasons import Reason
from letters.sending import gate
from letters.storage.database import Database
from letters.storage.schema import account, tally, target
from postbag.__main__ import main
from postbag.doctor import stores
from rig.campaigns import campaign_file
from rig.servers import Valkey, free_port
from sandbox.keys import load_or_make, new_key, public_key
from tests.conftest import MakePostgres
from tests.support.books import Books, settings_as_given
from tests.support.stand_in import API_KEY, StandInProcess
from webapp.app import create_app

PUBLIC_URL = "http://localhost:8000"


class Doctor:
    """The command in this process, with an environment that a test breaks."""

    def __init__(
        self,
        environment: dict[str, str],
        stand_in: StandInProcess,
        patch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.environment, self.stand_in = environment, stand_in
        self._patch, self._capsys = patch, capsys

    def says(self, **changes: str) -> tuple[int, dict[str, str]]:
        """Give the exit status, and each check that found something with its sentence."""
        status, document = self.look(**changes)
        return status, {
            each["check"]: each["sentence"] for each in document["checks"] if each["level"] != "ok"
        }

    def look(self, **changes: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
        for name, value in {**self.environment, **changes}.items():
            self._patch.setenv(name, value)
        status = main(["doctor", "--json"])
        return status, json.loads(self._capsys.readouterr().out)


@pytest.fixture(scope="module")
def account_at_sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    key_file = tmp_path_factory.mktemp("keys") / "key.pem"
    load_or_make(key_file)
    options = ("--webhook", f"{PUBLIC_URL}/webhooks/sendgrid", "--signing-key", str(key_file))
    with StandInProcess(options) as running:
        running.key_file = key_file  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def doctor(
    account_at_sendgrid: StandInProcess,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Doctor]:
    of = redis.connection_pool.connection_kwargs
    key = load_or_make(account_at_sendgrid.key_file)  # type: ignore[attr-defined]
    environment = settings_as_given(
        DATABASE_URL=database.engine.url.render_as_string(hide_password=False),
        REDIS_URL=f"unix://{of['path']}?db={of['db']}",
        PUBLIC_URL=PUBLIC_URL,
        SENDGRID_API_KEY=API_KEY,
        SENDGRID_API_HOST=account_at_sendgrid.url,
        SENDGRID_EVENT_PUBLIC_KEY=public_key(key),
    )
    yield Doctor(environment, account_at_sendgrid, monkeypatch, capsys)
    account_at_sendgrid.request("DELETE", "/chaos")


IDLE = {"workers": "none is seen: without one nothing is sent"}


def test_where_all_is_well_it_says_ok(doctor: Doctor) -> None:
    assert doctor.says() == (0, IDLE)


def test_it_says_from_what_size_on_sqlite_should_be_postgresql(
    doctor: Doctor, database: Database
) -> None:
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file("trees")), datetime.now(UTC))
        target_id = connection.execute(select(target.c.id)).scalar_one()
        counted = {"target_id": target_id, "state": "delivered", "letters": MOST - 1}
        connection.execute(insert(tally).values(counted))
    assert doctor.says() == (0, IDLE)
    with database.write() as connection:
        connection.execute(update(tally).values(letters=MOST))
    status, said = doctor.says()
    assert status == 0
    assert ("from 1,000,000 on move to PostgreSQL" in said.get("database", "")) is (
        database.is_sqlite
    )


def test_this_machine_has_a_name_and_a_number(doctor: Doctor) -> None:
    """As under `./run`, whose stand-in posts to the number."""
    hook = "http://127.0.0.1:8000/webhooks/sendgrid"
    doctor.stand_in.order({"mode": "account", "webhook_url": hook})
    assert doctor.says() == (0, IDLE)


def test_the_sender_of_each_organisation_is_looked_at(doctor: Doctor, database: Database) -> None:
    with database.write() as connection:
        for key, mail_from in (("lantern", ""), ("heron", "post@heron.example"),
                               ("rookery", "letters@postbag.example")):  # fmt: skip
            of = Organisation(key, key.title(), mail_from=mail_from)
            organisations.load(connection, of, None, datetime.now(UTC))
    status, said = doctor.says()
    assert status == 1
    assert set(said) == {"workers", "sender of heron"}
    assert "heron.example is not authenticated" in said["sender of heron"]


BROKEN_SETTINGS = [
    ({"REDIS_URL": "redis://127.0.0.1:{free}"}, "redis", "does not listen"),
    ({"REDIS_URL": "redis://nowhere.invalid:1"}, "redis", "no machine has the name in REDIS_URL"),
    ({"REDIS_URL": "unix:///nowhere.sock"}, "redis", "has no socket there"),
    ({"REDIS_URL": "{redis}999"}, "redis", "no database of the number"),
    ({"SENDGRID_API_KEY": "SG.wrong"}, "sendgrid key", "is refused; make a new key"),
    ({"SENDGRID_API_HOST": "{host}/v3"}, "sendgrid key", "write it without a path such as /v3"),
    ({"SENDGRID_API_HOST": "http://127.0.0.1:{free}"}, "sendgrid key", "cannot be reached"),
    ({"SENDGRID_API_HOST": "http://nowhere.invalid"}, "sendgrid key", "no machine has the name"),
    ({"MAIL_FROM": "me@gmail.com"}, "sender", "gmail.com is not ours, and its owner has servers"),
    ({"MAIL_FROM": "me@other.example"}, "sender", "other.example is not authenticated"),
    ({"MAIL_FROM": "me@localhost"}, "sender", "has no full domain"),
    ({"PUBLIC_URL": "https://nowhere.invalid"}, "public address", "no machine has the name"),
    ({"PUBLIC_URL": "http://act.example"}, "public address", "PUBLIC_URL is not https"),
    ({"PUBLIC_URL": "http://localhost:9"}, "webhook", "posts no events to http://localhost:9/web"),
    ({"SENDGRID_EVENT_PUBLIC_KEY": "{key}"}, "webhook", "signs with another key"),
]


@pytest.mark.parametrize(("changes", "check", "sentence"), BROKEN_SETTINGS)
def test_a_broken_setting_is_told_with_its_cause(
    changes: dict[str, str], check: str, sentence: str, doctor: Doctor
) -> None:
    filled = {
        name: value.format(
            free=free_port(),
            host=doctor.stand_in.url,
            redis=doctor.environment["REDIS_URL"],
            key=public_key(new_key()),
        )
        for name, value in changes.items()
    }
    status, said = doctor.says(**filled)
    assert status == 1
    assert sentence in said[check]


ACCOUNTS = [
    ({"scopes": "stats.read"}, 1, "sendgrid key", "may not send mail"),
    ({"credits": False}, 1, "trial mail", "the account's credits are used up"),
    ({"valid": False}, 1, "sender", "does not find em1.postbag.example, s1._domainkey.postbag"),
    ({"webhook": False}, 1, "webhook", "is switched off"),
    ({"webhook_url": "https://other.example"}, 1, "webhook", "posts no events to"),
    ({"webhook_signed": False}, 1, "webhook", "signs nothing"),
    ({"webhook_without": "bounce dropped"}, 1, "webhook", "does not tell of bounce, dropped"),
    ({"scopes": "mail.send"}, 0, "webhook", "give a second one, with read access"),
]


@pytest.mark.parametrize(("order", "status", "check", "sentence"), ACCOUNTS)
def test_what_is_wrong_at_sendgrid_is_told(
    order: dict[str, object], status: int, check: str, sentence: str, doctor: Doctor
) -> None:
    doctor.stand_in.order({"mode": "account", **order})
    exit_status, said = doctor.says()
    assert exit_status == status
    assert sentence in said[check]


@pytest.mark.parametrize("status", [429, 503])
def test_a_sendgrid_that_cannot_answer_now_is_no_key_that_may_not_ask(
    status: int, doctor: Doctor
) -> None:
    doctor.stand_in.order({"mode": "account", "busy": status})
    inbound = {"REPLY_DOMAIN": "replies.postbag.example",
               "SENDGRID_INBOUND_PUBLIC_KEY": public_key(new_key())}  # fmt: skip
    exit_status, said = doctor.says(**inbound)
    assert exit_status == 0
    for check in ("sender", "webhook", "inbound parse"):
        assert said[check] == f"cannot be checked: SendGrid answered {status}; try again later"


def test_behind_a_refused_key_nothing_else_is_said_of_keys(doctor: Doctor) -> None:
    _, said = doctor.says(SENDGRID_API_KEY="SG.wrong")
    assert said["sender"] == "is not checked before the key is right"


def test_a_database_says_why_it_cannot_be_reached(
    doctor: Doctor, postgres_url: MakePostgres, tmp_path: Path
) -> None:
    url = postgres_url()
    made = Database(url).engine.url
    nowhere = made.set(host="nowhere.invalid", query={})
    closed = made.set(host="127.0.0.1", port=free_port(), query={})
    for broken, sentence in (
        (url, "is empty: run the release line"),
        (made.set(database="nowhere"), "no such database"),
        (made.set(username="nobody"), "has no such role"),
        (nowhere, "no machine has the name"),
        (closed, "does not listen at the host and port"),
        (f"sqlite:///{tmp_path / 'nowhere' / 'postbag.db'}", "its folder has to exist"),
    ):
        given = broken if isinstance(broken, str) else broken.render_as_string(hide_password=False)
        status, said = doctor.says(DATABASE_URL=given)
        assert status == 1
        assert sentence in said["database"]


def test_a_schema_that_is_older_or_newer_is_told_as_that(
    doctor: Doctor, database: Database
) -> None:
    def at(revision: str, oldest_code: str) -> str:
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
            connection.execute(update(account).values(oldest_code=oldest_code))
        return doctor.says()[1]["database"]

    assert "older schema than this code" in at("0005", "0001")
    assert "newer schema than this code can work with" in at("9999", "9998")
    assert "its schema is newer than this code's" in at("9999", "0001")


def test_a_probe_tells_of_a_redis_that_is_full(
    doctor: Doctor, tmp_path: Path, database: Database
) -> None:
    with Valkey(tmp_path) as own:
        app = create_app({**doctor.environment, "REDIS_URL": f"unix://{own.socket}"})
        client, redis = app.test_client(), Redis(unix_socket_path=str(own.socket))
        assert client.get("/readyz").json == {"database": "ok", "redis": "ok"}
        redis.config_set("maxmemory", 1)
        probe = client.get("/readyz")
        assert (probe.status_code, (probe.json or {})["redis"]) == (503, "full")
        app.extensions["postbag"].database.close()


def test_redis_says_why_it_takes_nothing(doctor: Doctor, tmp_path: Path) -> None:
    with Valkey(tmp_path) as own:
        url = f"unix://{own.socket}"
        redis = Redis(unix_socket_path=str(own.socket))
        redis.config_set("maxmemory", 1)
        assert "is full, so nothing leaves" in doctor.says(REDIS_URL=url)[1]["redis"]
        redis.config_set("maxmemory", 0)
        redis.config_set("maxmemory-policy", "allkeys-lru")
        status, said = doctor.says(REDIS_URL=url)
        assert (status, "may forget how far" in said["redis"]) == (0, True)
        redis.replicaof("127.0.0.1", free_port())
        assert "replica that only reads" in doctor.says(REDIS_URL=url)[1]["redis"]
        redis.replicaof("NO", "ONE")
        redis.config_set("requirepass", "a-password")
        assert "asks for a password" in doctor.says(REDIS_URL=url)[1]["redis"]
        wrong = f"unix://:wrong@{own.socket}"
        assert "refuses the password" in doctor.says(REDIS_URL=wrong)[1]["redis"]
        redis.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("unix:///run/valkey.sock", ""),
        ("redis://localhost:6379/0", ""),
        ("redis://127.0.0.1", ""),
        ("redis://[::1]:6379", ""),
        ("redis://10.0.0.5:6379", "no password"),
        ("redis://cache.example", "no password"),
        ("rediss://cache.example", "no password"),
        ("redis://:word@cache.example", "in clear"),
        ("rediss://:word@cache.example", ""),
    ],
)
def test_a_redis_that_others_may_reach_is_told(url: str, told: str) -> None:
    said = stores.exposed(url)
    assert told in said
    assert bool(told) == bool(said)


def test_tls_where_there_is_none_is_told(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]
        plain.settimeout(0.1)
        status, said = doctor.says(REDIS_URL=f"rediss://127.0.0.1:{port}")
    assert status == 1
    assert "does not answer" in said["redis"] or "TLS" in said["redis"]


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[int]:
    """Give the port of a server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    shown = tmp_path / "shown.pem"
    pem = serialization.Encoding.PEM
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    shown.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    context.wrap_socket(connection, server_side=True).close()

        Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_certificate_that_nobody_vouches_for_is_told(doctor: Doctor, self_signed: int) -> None:
    status, said = doctor.says(REDIS_URL=f"rediss://localhost:{self_signed}")
    assert (status, "shows a certificate that cannot be checked" in said["redis"]) == (1, True)
    status, said = doctor.says(
        REDIS_URL=doctor.environment["REDIS_URL"],
        SENDGRID_API_HOST=f"https://localhost:{self_signed}",
    )
    assert (status, "no secure connection can be made" in said["sendgrid key"]) == (1, True)


# TLS from the first byte (libpq 17): what answers need not speak PostgreSQL's language before it.
DIRECT_TLS = "sslmode=verify-full&sslrootcert=system&sslnegotiation=direct"


def test_a_database_with_such_a_certificate_is_away_and_told(
    doctor: Doctor, self_signed: int
) -> None:
    url = f"postgresql://postbag@127.0.0.1:{self_signed}/postbag?{DIRECT_TLS}"
    status, said = doctor.says(DATABASE_URL=url)
    assert (status, "shows a certificate that cannot be checked" in said["database"]) == (1, True)
    app = create_app({**doctor.environment, "DATABASE_URL": url})
    client = app.test_client()
    page = client.get("/c/trees")
    assert (page.status_code, "Please try again in a few minutes" in page.text) == (503, True)
    probe = client.get("/readyz")
    assert (probe.status_code, (probe.json or {})["database"]) == (503, "unreachable")
    app.extensions["postbag"].database.close()


def test_a_page_and_a_probe_go_on_where_redis_shows_such_a_certificate(
    doctor: Doctor, self_signed: int, database: Database
) -> None:
    Books(database).load("trees")
    app = create_app({**doctor.environment, "REDIS_URL": f"rediss://localhost:{self_signed}"})
    client = app.test_client()
    assert client.get("/c/trees").status_code == 200  # the database is all that it needs
    assert (client.get("/readyz").json or {})["redis"] == "unreachable"
    app.extensions["postbag"].database.close()


Break = Callable[[Books], None]


def behind(books: Books) -> None:
    with books.database.write() as connection:
        connection.execute(update(account).values(behind_since=books.now))


def refused(books: Books) -> None:
    with books.database.write() as connection:
        gate.refuse(connection, "401: revoked", books.now)


def out_of_credits(books: Books) -> None:
    with books.database.write() as connection:
        gate.refuse(connection, "401: Maximum credits", books.now, Reason.OUT_OF_CREDITS)


def strange_news(books: Books) -> None:
    with books.database.write() as connection:
        connection.execute(update(account).values(strange_news_at=books.now))


def no_worker(books: Books) -> None:
    books.load("trees")
    books.now -= timedelta(minutes=10)
    books.write("trees")
    with books.database.write() as connection:
        connection.execute(text("UPDATE target SET next_slot_at = '2026-01-01'"))
        connection.execute(text("DELETE FROM notice"))
        connection.execute(text("DELETE FROM writing WHERE to_email IS NOT NULL"))
        connection.execute(text("DELETE FROM letter WHERE kind = 'notice'"))


@pytest.mark.parametrize(
    ("happens", "check", "sentence"),
    [
        (behind, "sending", "the database is older than what was sent"),
        (refused, "sending", "SendGrid refuses the key (401: revoked)"),
        (out_of_credits, "sending", "the credits of the SendGrid account are used up"),
        (strange_news, "sending", "tells of letters that this database has not sent"),
        (no_worker, "workers", "none is seen: start the Procfile's worker line; a letter has been"),
    ],
)
def test_what_stops_sending_is_told(
    happens: Break, check: str, sentence: str, doctor: Doctor, database: Database
) -> None:
    happens(Books(database, now=datetime.now(UTC)))
    status, said = doctor.says()
    assert status == 1
    assert sentence in said[check]


def test_without_json_it_is_a_line_each(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in doctor.environment.items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["settings: ok", "database: ok", "redis: ok"]
    assert "workers: ok; none is seen: without one nothing is sent" in lines


def test_a_secret_may_stand_in_a_file(doctor: Doctor, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(f"{API_KEY}\n")
    changed = {"SENDGRID_API_KEY": "", "SENDGRID_API_KEY_FILE": str(secret)}
    assert doctor.says(**changed) == (0, IDLE)
    with pytest.raises(json.JSONDecodeError):
        doctor.says(**{**changed, "SENDGRID_API_KEY_FILE": str(tmp_path / "nowhere")})
