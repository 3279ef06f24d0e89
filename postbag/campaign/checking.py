"""`postbag campaign check|test`: what the desk shows before a campaign goes live."""

from argparse import Namespace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from letters.campaigns import following, store
from letters.campaigns.stored import StoredCampaign
from letters.desk import opening
from letters.notices import trial
from letters.notices.links import Links
from letters.pacing.crowd import Crowd, crowd
from letters.pacing.readiness import Readiness
from letters.sending import outlook
from letters.text.addresses import address_in
from letters.text.first_lines import odd_lines
from letters.text.versions import version_key
from letters.tokens import Tokens
from postbag.reasons import (
    cautions,
    of_crowd,
    of_gaps,
    of_lacks,
    of_last,
    of_terms,
    sentence,
    ways,
    what,
)
from postbag.shell import Refused, Shell


def warn(shell: Shell, connection: Connection, stored: StoredCampaign) -> None:
    """Say on standard error why the desk would not let a campaign go live, and record it.

    The command line does it all the same: who can run it is trusted to know why.
    """
    foreseen = _foreseen(shell, connection, stored)
    reasons = foreseen.reasons
    outlook.overrule(connection, stored.id, reasons, shell.now())
    for reason in reasons:
        shell.say(f"Warning: {sentence(reason)}")
    for lack in of_lacks(stored.organisation):
        shell.say(f"Warning: {lack}")
    together = _crowd(shell, stored)
    told = [*of_terms(foreseen.terms_over), *_cautions(connection, stored)]
    told += [of_crowd(together)] if together.is_tight else []
    for caution in told:
        shell.say(f"Look at this: {caution}")


def check(shell: Shell, options: Namespace) -> int:
    """Print whether the desk would let a campaign go live; exit status 1 if not."""
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
        foreseen = _foreseen(shell, connection, stored)
        told = [*of_terms(foreseen.terms_over), *_cautions(connection, stored)]
    reasons, last = foreseen.reasons, foreseen.plan.ends_at
    together = of_crowd(_crowd(shell, stored))
    lacks = of_lacks(stored.organisation)
    if options.json:
        shell.document(
            {
                "ready": not (reasons or lacks),
                "reasons": [
                    {"kind": str(one.kind), "what": what(one), "ways": list(ways(one))}
                    for one in reasons
                ],
                "lacks": lacks,
                "cautions": [
                    {"kind": str(odd.oddity), "target": odd.target.email, "line": odd.line}
                    for odd in odd_lines(stored.campaign)
                ],
                "told": [*told, together],
                "versions": _versions(stored),
            }
        )
    else:
        against = [*map(sentence, reasons), *lacks]
        print("\n".join(against) or f"{options.slug} can go live.")
        for caution in told:
            print(f"Look at this: {caution}")
        if last is not None and not reasons:
            print(of_last(foreseen.letters, last.astimezone(ZoneInfo(stored.campaign.timezone))))
        print(together)
    return 1 if reasons or lacks else 0


def send_test(shell: Shell, options: Namespace) -> int:
    """Mail the letter to one address, marked as a test and outside the books."""
    email = address_in(options.email)
    if email is None:
        raise Refused(f"{options.email} is no e-mail address: it should read like name@host.org.")
    now = shell.now()
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        links = Links(shell.settings.public_url, Tokens(shell.settings.secret_keys))
        trial.send(connection, links, stored, email, now)
    shell.say(f"A test is on its way to {email}.")
    return 0


def _cautions(connection: Connection, stored: StoredCampaign) -> list[str]:
    found = of_gaps(following.gaps(connection, stored.campaign))
    return [*found, *cautions(stored.campaign)]


def _versions(stored: StoredCampaign) -> dict[str, str]:
    """Return the version of the letter that each target gets, by address; empty: the letter."""
    letter = stored.campaign.letter
    return {each.email: version_key(letter, each) for each in stored.campaign.targets}


def _crowd(shell: Shell, stored: StoredCampaign) -> Crowd:
    limit = shell.settings.form_limit
    return crowd(limit.count, limit.period_seconds, stored.campaign.pacing)


def _foreseen(shell: Shell, connection: Connection, stored: StoredCampaign) -> Readiness:
    now, send_rate = shell.now(), shell.settings.send_rate
    return opening.look(connection, stored, stored.campaign, now=now, send_rate=send_rate)
