"""Make the links that notices carry."""

from dataclasses import dataclass

from letters.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Links:
    """What a link is made of: where our pages are, and the keys that sign it."""

    public_url: str
    tokens: Tokens

    def receipt(self, submission_id: str) -> str:
        """Return the link to a submission's receipt."""
        return f"{self.public_url}/l/{self.tokens.receipt(submission_id)}"

    def not_me(self, submission_id: str) -> str:
        """Return the link to say that somebody else wrote with this address."""
        return f"{self.receipt(submission_id)}/not-me"

    def first(self, submission_id: str, *, must_confirm: bool) -> str:
        """Return the link that a first notice carries: to confirm, or to the receipt."""
        link = self.receipt(submission_id)
        return f"{link}/confirm" if must_confirm else link

    def updates(self, submission_id: str) -> str:
        """Return the link that ends updates to a writer."""
        return f"{self.public_url}/u/{self.tokens.updates(submission_id)}"

    def office(self, target_id: int) -> str:
        """Return the link to an office's own page."""
        return f"{self.public_url}/o/{self.tokens.office(target_id)}"

    def privacy(self, slug: str = "") -> str:
        """Return the link to what is kept of whoever writes in a campaign, or in any, and why."""
        return f"{self.public_url}/c/{slug}/privacy" if slug else f"{self.public_url}/privacy"

    def desk(self, slug: str = "") -> str:
        """Return the link to a campaign on the desk, or to the list of them."""
        return f"{self.public_url}/desk/{slug}" if slug else f"{self.public_url}/desk"

    def sign_in(self, token: str) -> str:
        """Return the link that signs an organiser in."""
        return f"{self.public_url}/desk/sign-in/{token}"
