"""Notices: once per person and act, a neutral mail with each, nobody else's to read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from agencies.acting import acting_as
from common.acting import SystemContext, system_context
from notifications.models import Notice, NoticeKind
from notifications.services import notify, unread_count
from tests.outbox import outbox


def tell(by, *recipients, key="key"):
    with acting_as(by):
        notify(recipients=recipients, kind=NoticeKind.REFERRAL_RECEIVED, path="/referrals/", dedupe_key=key)


def written():
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.values_list("recipient_id", "agency_id", "dedupe_key"))


@pytest.mark.django_db
def test_an_act_writes_a_notice_and_a_mail_to_each_once(world):
    for _again in range(2):
        tell(world.officer, world.eva, world.eva_referent, world.eva)
    assert sorted(written()) == sorted(
        (member.user_id, member.agency_id, "key") for member in (world.eva, world.eva_referent)
    )
    assert sorted(mail.to for mail in outbox()) == sorted([world.eva.user.email, world.eva_referent.user.email])
    assert len(outbox(state="waiting", language="fr")) == 2


@pytest.mark.django_db
def test_somebody_told_already_does_not_keep_the_others_from_being_told(world):
    tell(world.officer, world.eva)
    tell(world.officer, world.eva, world.eva_referent)
    assert len(outbox()) == 2 and len(written()) == 2


@pytest.mark.django_db
def test_nobody_to_tell_is_no_error(world):
    tell(world.officer)
    assert written() == [] and not outbox()


@pytest.mark.django_db(transaction=True)
def test_the_same_notice_written_at_once_by_several_is_one(committed_world):
    def write(_number):
        try:
            tell(committed_world.officer, committed_world.eva)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(write, range(5)))
    assert len(written()) == 1 and len(outbox()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_its_recipients_alone(committed_world):
    tell(committed_world.officer, committed_world.eva)
    with acting_as(committed_world.eva):
        assert Notice.objects.count() == 1 and unread_count(committed_world.eva) == 1
    for other in (committed_world.officer, committed_world.eva_referent, committed_world.stranger):
        with acting_as(other):
            assert not Notice.objects.exists() and unread_count(other) == 0
    assert not Notice.objects.exists(), "outside any context the table is empty"
