"""Run one command: `python -m postbag COMMAND …`.

Exit status 0: done. 1: refused, with a sentence on standard error. 2: wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing

from letters.campaigns.lists import NobodyToWriteTo, UnknownList
from letters.campaigns.store import ReservedSlug, UnknownCampaign
from letters.desk.organisers import UnknownOrganiser
from letters.files.toml_file import FaultyFile
from letters.sending.settling import CannotSettle
from letters.settings import SettingsError, read_settings
from letters.storage.database import Database, StorageUnavailable
from postbag import doctor, faults, record, restored, schema, settling
from postbag.campaign import campaigns, ledger, plan, webhooks
from postbag.people import areas, lists, offices, organisations, organisers, writers
from postbag.shell import Refused, Shell


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line: every command with its options."""
    parser = argparse.ArgumentParser(prog="postbag", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for group in (
        schema,
        record,
        ledger,
        campaigns,
        organisations,
        areas,
        lists,
        offices,
        settling,
        doctor,
        organisers,
        plan,
        webhooks,
        writers,
        restored,
    ):
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    os.umask(0o077)  # what a process of ours writes is for its owner's eyes
    options = make_parser().parse_args(arguments)
    act: Callable[[Shell, argparse.Namespace], int] = options.act
    try:
        settings = read_settings(os.environ)
        with closing(Database(settings.database_url, connections=2)) as database:
            return act(Shell(settings, database), options)
    except UnknownCampaign as error:
        sentence = f"There is no campaign {str(error)!r}: see /desk for those that are there."
    except UnknownList as error:
        sentence = f"There is no list {str(error)!r}: see `postbag list show`."
    except NobodyToWriteTo as error:
        sentence = (
            f"{error} has nobody to write to: load the list that it follows first, or give it "
            "targets of its own."
        )
    except ReservedSlug as error:
        sentence = f"{str(error)!r} is a word that our own pages use: choose another slug."
    except UnknownOrganiser as error:
        sentence = f"{error} is no organiser: see `postbag organiser list`."
    except StorageUnavailable:
        sentence = "The database cannot be reached: check DATABASE_URL and that it runs."
    except FaultyFile as error:
        sentence = "\n".join(map(faults.of_file, error.faults))
    except CannotSettle as error:
        sentence = settling.refusal(error)
    except (SettingsError, Refused) as error:
        sentence = str(error)
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:
        sys.exit(1)
