"""One stand-in and one webhook serve all tests here; each test starts with them at peace."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stand_in import StandInProcess, WebhookReceiver


@pytest.fixture(scope="package")
def signing_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "signing-key.pem"


@pytest.fixture(scope="package")
def _webhook() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="package")
def _stand_in(_webhook: WebhookReceiver, signing_key_file: Path) -> Iterator[StandInProcess]:
    arguments = ("--webhook", _webhook.url, "--signing-key", str(signing_key_file))
    with StandInProcess(arguments) as stand_in:
        yield stand_in


@pytest.fixture
def webhook(_webhook: WebhookReceiver) -> WebhookReceiver:
    _webhook.statuses = itertools.repeat(204)
    _webhook.posts.clear()
    return _webhook


@pytest.fixture
def stand_in(_stand_in: StandInProcess, webhook: WebhookReceiver) -> Iterator[StandInProcess]:
    yield _stand_in
    _stand_in.request("DELETE", "/chaos")
