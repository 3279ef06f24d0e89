"""The action page in a real browser. What kind of database lies behind it makes no difference."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from rig.servers import Valkey
from tests.page.campaign import NOW, campaign_file
from tests.support.stack import Stack

_numbers = count(1)


@pytest.fixture(scope="package")
def stack(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("page-stack")
    with Stack(folder, f"sqlite:///{folder}/postbag.db", valkey.new_database()) as running:
        yield running


@pytest.fixture(scope="package")
def still(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a site that sends nothing, so a letter stays in the state that a test puts it into.

    A client there is whoever it says in `X-Forwarded-For`, and each may do little.
    """
    folder = tmp_path_factory.mktemp("still-stack")
    with Stack(
        folder,
        f"sqlite:///{folder}/postbag.db",
        valkey.new_database(),
        worker_count=0,
        TRUSTED_PROXIES="1",
        FORM_LIMIT="2/hour",
    ) as running:
        yield running


@pytest.fixture
def languages(*, is_long: bool) -> tuple[str, ...]:
    """Give English, and with --long all languages of the interface."""
    return ("en", "es", "ar") if is_long else ("en",)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Give a page in a browser without JavaScript."""
    made = browser.new_context(java_script_enabled=False)
    made.set_default_timeout(60_000)
    yield made.new_page()
    made.close()


def load_into(stack: Stack, **changes: str) -> str:
    """Load a campaign of its own for a test, and give its slug."""
    slug = f"page-{next(_numbers)}"
    with stack.database.write() as connection:
        store.load(connection, read_campaign(campaign_file(slug, **changes)), NOW)
    return slug


@pytest.fixture
def load(stack: Stack) -> Callable[..., str]:
    return partial(load_into, stack)


@pytest.fixture
def load_still(still: Stack) -> Callable[..., str]:
    return partial(load_into, still)
