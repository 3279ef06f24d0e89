"""`postbag campaign` and `postbag targets`: campaigns from files, and back into files."""

import sys
from argparse import Namespace
from dataclasses import replace

from letters.campaign import Status
from letters.campaigns import copying, store
from letters.campaigns.copying import BadSlug, SlugTaken
from letters.desk import opening
from letters.files.campaign_file import faults_with_targets, read_campaign, write_campaign
from letters.files.organisation_file import not_named
from letters.files.spreadsheet import read_targets
from letters.files.toml_file import faulty
from letters.organisations.store import NotNamed
from postbag import faults
from postbag.campaign import checking
from postbag.campaign.targets import add_decisions
from postbag.reading import read_text, read_utf8
from postbag.shell import Commands, Refused, Shell
from postbag.waking import wake_workers


def add_commands(commands: Commands) -> None:
    """Add `campaign load|dump|copy|status|check|test` and `targets load`."""
    campaign = commands.add_parser("campaign", help="load, dump or steer a campaign")
    actions = campaign.add_subparsers(dest="action", required=True)
    load = actions.add_parser("load", help="create or update a campaign from a file")
    load.add_argument("file")
    load.set_defaults(act=_load)
    dump = actions.add_parser("dump", help="print a campaign as a file")
    dump.add_argument("slug")
    dump.set_defaults(act=_dump)
    copy = actions.add_parser("copy", help="make a draft of it, with everything but the letters")
    copy.add_argument("slug")
    copy.add_argument("new")
    copy.set_defaults(act=_copy)
    status = actions.add_parser("status", help="set what a campaign does now")
    status.add_argument("slug")
    status.add_argument("status", choices=[str(status) for status in Status])
    status.set_defaults(act=_status)
    check = actions.add_parser("check", help="say whether the desk would let it go live")
    check.add_argument("slug")
    check.add_argument("--json", action="store_true")
    check.set_defaults(act=checking.check)
    test = actions.add_parser("test", help="mail the letter to yourself, marked as a test")
    test.add_argument("slug")
    test.add_argument("email")
    test.set_defaults(act=_test)
    targets = commands.add_parser("targets", help="load targets, and decide about one")
    target_actions = targets.add_subparsers(dest="action", required=True)
    targets_load = target_actions.add_parser("load", help="take the targets from a spreadsheet")
    targets_load.add_argument("slug")
    targets_load.add_argument("file")
    targets_load.set_defaults(act=_load_targets)
    add_decisions(target_actions)


def _load(shell: Shell, options: Namespace) -> int:
    text = read_utf8(options.file)
    campaign = read_campaign(text)
    with shell.database.write() as connection:
        try:
            store.load(connection, campaign, shell.now())
        except NotNamed as error:
            raise faulty(text, (not_named(error.key, error.known),)) from error
        if campaign.status in opening.OPEN:
            checking.warn(shell, connection, store.find(connection, campaign.slug))
    wake_workers(shell)
    print(campaign.slug)
    return 0


def _dump(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
    sys.stdout.write(write_campaign(stored.campaign))
    return 0


def _copy(shell: Shell, options: Namespace) -> int:
    try:
        with shell.database.write() as connection:
            copying.copy(connection, options.slug, options.new, shell.now())
    except BadSlug as error:
        raise Refused(f"The slug of the copy {faults.words(error.flaw)}.") from error
    except SlugTaken as error:
        raise Refused(f"There is a campaign {error} already: choose another slug.") from error
    print(options.new)
    return 0


def _status(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        stored, status = store.find(connection, options.slug), Status(options.status)
        store.set_status(connection, options.slug, status, shell.now())
        if opening.opens(stored.campaign.status, status):
            checking.warn(shell, connection, stored)
    wake_workers(shell)
    shell.say(f"{options.slug} is {options.status}.")
    return 0


def _load_targets(shell: Shell, options: Namespace) -> int:
    table = read_targets(read_text(options.file))
    if table.reports:
        raise Refused("\n".join(faults.of_rows(table.reports)))
    for remark in faults.of_rows(table.remarks):
        shell.say(remark)
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
    # The whole must be a campaign that can be loaded. That is looked at before the write lock is
    # taken: for thousands of targets it takes seconds, in which nobody could hand in a letter.
    wrong = faults_with_targets(replace(stored.campaign, targets=table.targets))
    if wrong:
        raise Refused("\n".join(f"{fault.path[-1]} {faults.words(fault.flaw)}." for fault in wrong))
    with shell.database.write() as connection:
        before = store.find(connection, options.slug).campaign
        after = replace(before, targets=table.targets)
        store.load(connection, after, shell.now())
        if opening.must_be_looked_at(before, after):
            checking.warn(shell, connection, store.find(connection, options.slug))
    wake_workers(shell)
    shell.say(f"{options.slug} has {len(table.targets)} targets.")
    return 0


def _test(shell: Shell, options: Namespace) -> int:
    done = checking.send_test(shell, options)
    wake_workers(shell)
    return done
