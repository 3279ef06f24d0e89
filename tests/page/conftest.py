"""The action page in a real browser. What kind of database lies behind it makes no difference."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from letters.campaign_file import read_campaign
from letters.storage import campaigns
from tests.page.campaign import NOW, campaign_file
from tests.stack import Stack, Valkey

_numbers = count(1)


@pytest.fixture(scope="session")
def stack(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("page-stack")
    with Stack(folder, f"sqlite:///{folder}/postbag.db", valkey.new_database()) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Give a page in a browser without JavaScript."""
    made = browser.new_context(java_script_enabled=False)
    made.set_default_timeout(15_000)
    yield made.new_page()
    made.close()


@pytest.fixture
def load(stack: Stack) -> Callable[..., str]:
    """Give a function that loads a campaign of its own for a test, and gives its slug."""

    def load_campaign(**changes: str) -> str:
        slug = f"page-{next(_numbers)}"
        with stack.database.write() as connection:
            campaigns.load(connection, read_campaign(campaign_file(slug, **changes)), NOW)
        return slug

    return load_campaign
