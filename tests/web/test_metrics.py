"""What anybody may count."""

from tests.support.stack import Stack


def test_a_campaign_in_preparation_is_not_counted_in_public(stack: Stack) -> None:
    stack.load("in-preparation", more="")
    assert 'campaign="in-preparation"' in stack.get("/metrics").body.decode()
    stack.postbag("campaign", "status", "in-preparation", "draft")
    assert "in-preparation" not in stack.get("/metrics").body.decode()
    assert stack.get("/c/in-preparation").status == 404
