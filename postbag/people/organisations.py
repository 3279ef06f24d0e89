"""`postbag organisation load|dump|list`: whose campaigns they are, and what their pages say."""

import sys
from argparse import Namespace
from pathlib import Path

from letters.files.faults import Fault, Flaw, What
from letters.files.logo_file import MOST_BYTES, UnusableLogo, as_data, from_data, read_logo
from letters.files.organisation_file import read_organisation, write_organisation
from letters.files.toml_file import faulty
from letters.organisations import store
from postbag.reading import read_utf8
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `organisation load|dump|list`."""
    group = commands.add_parser("organisation", help="whose campaigns they are")
    actions = group.add_subparsers(dest="action", required=True)
    load = actions.add_parser("load", help="create or update an organisation from a file")
    load.add_argument("file")
    load.set_defaults(act=_load)
    dump = actions.add_parser("dump", help="print an organisation as a file that `load` takes")
    dump.add_argument("key")
    dump.set_defaults(act=_dump)
    list_ = actions.add_parser("list", help="list the organisations that there are")
    list_.add_argument("--json", action="store_true")
    list_.set_defaults(act=_list)


def _load(shell: Shell, options: Namespace) -> int:
    text = read_utf8(options.file)
    organisation, named = read_organisation(text)
    with shell.database.read() as connection:
        kept = store.picture_of(connection, organisation.key)
    try:
        data = _logo(options.file, named) if named else b""
        # What `dump` gave is our own: written anew once more, it would get worse each time.
        is_kept = kept is not None and kept.content == data
        picture = kept if is_kept else read_logo(data) if named else None
    except UnusableLogo as error:
        raise faulty(text, (Fault(("logo",), error.flaw),)) from error
    with shell.database.write() as connection:
        store.load(connection, organisation, picture, shell.now())
    for lack in organisation.lacks:
        shell.say(f"Look at this: {lack} is missing, and without it no campaign goes live.")
    print(organisation.key)
    return 0


def _logo(path: str, named: str) -> bytes:
    """Return what a file names as its logo: a file beside it, or the picture itself."""
    inside = from_data(named)
    if inside is not None:
        return inside
    folder = Path() if path == "-" else Path(path).parent
    if Path(named).name != named:
        raise UnusableLogo(Flaw(What.NO_SUCH_FILE, found=named))
    try:
        with (folder / named).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableLogo(Flaw(What.NO_SUCH_FILE, found=named)) from error


def _dump(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        try:
            found = store.find(connection, options.key)
            picture = store.picture_of(connection, options.key)
        except store.UnknownOrganisation as error:
            raise Refused(
                f"There is no organisation {str(error)!r}: see `postbag organisation list`."
            ) from error
    sys.stdout.write(write_organisation(found, as_data(picture) if picture else ""))
    return 0


def _list(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        found = store.find_all(connection)
    if options.json:
        shell.document(
            {
                "organisations": [
                    {"key": one.key, "name": one.name, "lacks": list(map(str, one.lacks))}
                    for one in found
                ]
            }
        )
        return 0
    for one in found:
        lacks = f" (lacks {', '.join(one.lacks)})" if one.lacks else ""
        print(f"{one.key}: {one.name or 'without a name'}{lacks}")
    return 0
