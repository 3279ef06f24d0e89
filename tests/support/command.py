"""Run `postbag` commands in this process, as somebody at a terminal would."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from postbag.__main__ import main
from tests.support.books import settings_as_given


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit status, and what it printed and said."""

    status: int
    out: str
    said: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - whatever the JSON holds
        return json.loads(self.out)


class Terminal:
    """A terminal with the settings of one installation."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        database_url: str,
        redis_url: str,
    ) -> None:
        self._capsys = capsys
        given = settings_as_given(DATABASE_URL=database_url, REDIS_URL=redis_url)
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    def run(self, *arguments: str) -> Done:
        """Run one command to its end."""
        self._capsys.readouterr()
        try:
            status = main(arguments)
        except SystemExit as error:  # wrong usage
            status = int(error.code or 0)
        out, said = self._capsys.readouterr()
        return Done(status, out, said)
