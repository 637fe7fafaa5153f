"""Emergency access on the pages: one answer for a file there is and one there is not."""

import re
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from panoh.audit import queries as audit
from panoh.cases import actions as cases
from panoh.cases.rules import SafetyKind
from panoh.duties.models import Duty
from panoh.people import actions as people
from panoh.people.models import EmergencyCall
from tests.factories.cases import contact
from tests.factories.clients import client_of, hidden, words
from tests.factories.emergency import REASON, ask, file_of_ngo, hotline, wait_over
from tests.factories.people import LOLA, PHONE
from tests.factories.staff import as_user

Connect = Callable[[str], psycopg.Connection]
SAID = "If there is a file, its holder has been called."


def asked(ref: str, who: str = "hadia") -> str:
    client = client_of(who, "en")
    given = {"danger": "danger", "reason": REASON, "ref": ref, "submission": str(uuid4())}
    page = client.post(reverse("desk:emergency"), given, follow=True)
    assert page.status_code == 200
    return words(page)


def test_break_glass_pages_say_the_same_for_a_file_and_for_none(db: None) -> None:
    dossier = file_of_ngo()
    # The two were asked one after the other: between them a minute may begin.
    there, absent = (
        re.sub(r"\b\d\d:\d\d\b", "hh:mm", asked(ref)) for ref in (dossier.ref, "ZZZZZZZZZZ")
    )
    assert SAID in there and "hh:mm" in there
    assert there == absent


@pytest.mark.parametrize("how", ["{0}-{1}", "{0}\xa0{1}", "{0}. {1}"])
def test_a_reference_is_found_however_it_was_written_down(db: None, how: str) -> None:
    """Typed with a dash it opened nothing and rang nobody, and the page said the same."""
    ref = file_of_ngo().ref
    alike = str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")
    asked(how.format(ref[:5].lower(), ref[5:].translate(alike)))
    with as_user("nigora"):
        assert Duty.objects.filter(kind="emergency.ring").count() == 1


def test_what_cannot_be_a_reference_is_said_and_costs_no_call(db: None) -> None:
    file_of_ngo()
    said = asked("ABCDE2345")
    assert "This is not a reference" in said and SAID not in said
    assert not EmergencyCall.objects.exists()


def test_break_glass_pages_from_ring_to_review(fresh_db: str, connect: Connect) -> None:
    dossier = file_of_ngo()
    call = ask("mavluda", "clinic-cases", ref=dossier.ref)
    with as_user("nigora"):
        duty = Duty.objects.get(kind="emergency.ring")
    holder = client_of("nigora", "en")
    ring = words(holder.get(reverse("desk:emergency_ring", args=[duty.pk])))
    assert "Fictional Clinic" in ring
    # "I will see to it" answers nothing yet: it leads to the answer.
    taken = holder.post(reverse("desk:take", args=[duty.pk]))
    assert taken.headers["Location"] == reverse("desk:emergency_ring", args=[duty.pk])
    assert "Without an answer" in ring
    wait_over(connect("owner"), call)
    hotline = client_of("hadia", "en")
    show = hotline.get(reverse("desk:emergency_show", args=[call.pk]))
    button = {"csrfmiddlewaretoken": hidden(show, "csrfmiddlewaretoken")}
    for said in ("open for the service that asked", "Nothing was done twice."):  # pressed twice
        page = hotline.post(reverse("desk:emergency_open", args=[call.pk]), button, follow=True)
        assert page.status_code == 200 and said in words(page)
    assert PHONE not in words(page)
    asker = client_of("mavluda", "en")
    shown = words(asker.get(reverse("desk:emergency_show", args=[call.pk])))
    assert PHONE in shown
    assert LOLA.given not in shown
    for name in ("case", "answers", "consent", "knows", "emergency_rings"):
        assert asker.get(reverse(f"desk:{name}", args=[dossier.ref])).status_code == 404
    assert words(asker.get(reverse("desk:today")))
    assert asker.post(reverse("desk:emergency_review", args=[call.pk]), {"review": "right"}).context
    form = hotline.get(reverse("desk:emergency_review", args=[call.pk]))
    assert hidden(form, "csrfmiddlewaretoken")
    done = hotline.post(
        reverse("desk:emergency_review", args=[call.pk]), {"review": "right"}, follow=True
    )
    assert "Thank you" in words(done)
    stop = reverse("desk:emergency_stop", args=[dossier.ref, call.pk])
    assert "ended" in words(holder.post(stop, follow=True))
    assert PHONE not in words(asker.get(reverse("desk:emergency_show", args=[call.pk])))


def test_break_glass_shows_who_threatens_and_the_reading_is_recorded(
    fresh_db: str, connect: Connect
) -> None:
    hotline()
    with as_user("nigora") as by:
        at = timezone.now()
        dossier = contact(by, at).dossier
        people.add_contact(dossier, kind="phone", value=PHONE, by=by, at=at)
        for kind, code, text in (
            (SafetyKind.THREAT, "killing", "Бародараш бо корд"),
            (SafetyKind.CONTACT, "never_call", "Танҳо паём"),
        ):
            cases.write_safety(dossier, kind=kind, code=code, text=text, by=by, at=at)
    call = ask(ref=dossier.ref)
    wait_over(connect("owner"), call)
    asking = client_of("hadia", "en")
    asking.post(reverse("desk:emergency_open", args=[call.pk]))
    shown = words(asking.get(reverse("desk:emergency_show", args=[call.pk])))
    assert "Threats: Threat to killБародараш бо корд" in shown
    assert "How to reach the person safely: Never callТанҳо паём" in shown
    assert "Nothing is written here" not in shown
    with as_user("nigora"):
        read = [row for row in audit.who_saw(dossier.pk) if row.event == "note.read"]
        assert [row.fields for row in read] == [["safety"]]


def test_break_glass_page_of_a_call_is_for_the_asking_team_and_the_hotline(db: None) -> None:
    dossier = file_of_ngo()
    call = ask("mavluda", "clinic-cases", ref=dossier.ref)
    for who in ("nigora", "shirin", "pulod"):
        page = client_of(who, "en").get(reverse("desk:emergency_show", args=[call.pk]))
        assert page.status_code == 404


@pytest.mark.parametrize("who", ["pulod", "nigora", "latif", "ibrohim", "rustam", "tahmina"])
def test_break_glass_has_no_button_for_others(db: None, who: str) -> None:
    client = client_of(who, "en")
    assert reverse("desk:emergency") not in client.get(reverse("desk:more")).content.decode()
    assert client.get(reverse("desk:emergency")).status_code == 403


def test_break_glass_hotline_is_named_on_its_page(db: None) -> None:
    client = client_of("admin", "en")
    page = client.get(reverse("access:emergency"))
    assert "Fictional Line" in words(page)
    assert "Fictional Post" not in words(page)
