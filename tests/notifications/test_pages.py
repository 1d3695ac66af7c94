"""The notices of a person: theirs alone, read when they say so."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from notifications.models import Notice, NoticeKind
from notifications.services import notify, unread_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(world):
    def write(recipient, *, key="key", kind=NoticeKind.FOLLOW_UP_DUE):
        with acting_as(world.officer):
            notify(recipients=[recipient], kind=kind, path="/followups/", dedupe_key=key)
        with acting_as(recipient):
            return Notice.objects.get(dedupe_key=key)

    return write


def unread(member):
    with acting_as(member):
        return unread_count(member)


def test_reading_the_list_marks_nothing(world, tell, client):
    tell(world.eva)
    client.force_login(world.eva.user)
    page = client.get(reverse("notifications:list")).content.decode()
    assert "Un suivi est à faire" in page
    assert "Nouveau" in page
    assert unread(world.eva) == 1


def test_opening_one_marks_it_and_goes_there(world, tell, client):
    notice = tell(world.eva)
    client.force_login(world.eva.user)
    answer = client.post(reverse("notifications:open", args=[notice.pk]))
    assert answer.status_code == 302 and answer["Location"] == "/followups/"
    assert unread(world.eva) == 0


def test_one_or_all_marked_as_read(world, tell, client):
    first, _second, _third = (tell(world.eva, key=key) for key in "abc")
    client.force_login(world.eva.user)
    client.post(reverse("notifications:read", args=[first.pk]))
    assert unread(world.eva) == 2
    client.post(reverse("notifications:read_all"))
    assert unread(world.eva) == 0
    assert "Nouveau" not in client.get(reverse("notifications:list")).content.decode()


def test_nobody_reads_or_marks_the_notice_of_another(world, tell, client):
    notice = tell(world.eva)
    client.force_login(world.eva_referent.user)
    assert "Un suivi est à faire" not in client.get(reverse("notifications:list")).content.decode()
    for name in ("open", "read"):
        assert client.post(reverse(f"notifications:{name}", args=[notice.pk])).status_code == 404
    client.post(reverse("notifications:read_all"))
    assert unread(world.eva) == 1


def test_a_get_marks_nothing(world, tell, client):
    notice = tell(world.eva)
    client.force_login(world.eva.user)
    for address in (
        reverse("notifications:open", args=[notice.pk]),
        reverse("notifications:read", args=[notice.pk]),
        reverse("notifications:read_all"),
    ):
        assert client.get(address).status_code == 405
    assert unread(world.eva) == 1


def test_silence_is_told_with_the_duty_phone(world, tell, client):
    tell(world.eva, kind=NoticeKind.FOLLOW_UP_UNANSWERED)
    client.force_login(world.eva.user)
    assert "02 555 02 02" in client.get(reverse("notifications:list")).content.decode()


def test_the_pages_of_the_list_hold_every_notice_once(world, tell, client):
    for number in range(30):
        tell(world.eva, key=str(number))
    client.force_login(world.eva.user)
    first = client.get(reverse("notifications:list")).context["page"]
    second = client.get(reverse("notifications:list"), {"cursor": first.next_cursor}).context["page"]
    keys = [notice.dedupe_key for notice in [*first.items, *second.items]]
    assert keys == [str(number) for number in reversed(range(30))] and second.next_cursor is None
