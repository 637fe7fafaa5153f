"""Nobody answers a request in time: its sender learns it on the first page, and goes on."""

from datetime import timedelta

from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation
from tests.factories.referrals import as_jobs, sent
from tests.factories.staff import as_user, team


def test_c1_silence_past_the_limit_escalates_to_the_sender(fresh_db: str) -> None:
    organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    referral = sent(danger_now="danger")
    due = referral.reply_due_at
    assert due is not None
    before = words(client_of("nigora", "en").get("/"))
    assert "Nobody answered a request" not in before
    with as_jobs():
        referrals.escalate_overdue(at=due + timedelta(minutes=1))
    sender = client_of("nigora", "en")
    page = sender.get("/")
    assert "Nobody answered a request: call or ask elsewhere" in words(page)
    page = sender.get(f"/requests/{referral.ref}/")
    assert "Nobody answered in time" in words(page) and "Call them" in words(page)
    # The late answer still counts, and the sender is told of it.
    client_of("shirin").post(f"/requests/{referral.ref}/accept/")
    with as_user("nigora"):
        assert Referral.objects.get(pk=referral.pk).confirmed_at is not None
    assert "Accepted" in words(sender.get(f"/requests/{referral.ref}/"))
