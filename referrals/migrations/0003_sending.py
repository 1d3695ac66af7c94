"""Sending once, what the receiver reads of the person, pages by position; and who may read a referral.

The receiver reads the row before it sees the case, unless the person is excluded from that case; the sender reads it
through the case, so that exclusions and restrictions hold for colleagues too.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

import common.ids
from cases import security
from common.security import instead, policy

before = import_module("referrals.migrations.0002_security")

CASE, OWN = "referrals_referral.case_id", "(SELECT move_agency())"
MINE = (
    f"(referrals_referral.to_agency_id = {OWN} AND {security.not_excluded(CASE)})"
    f" OR (referrals_referral.from_agency_id = {OWN} AND {security.case_visible(CASE)})"
)
LOCK = policy(
    "referrals_referral",
    read=f"{MINE} OR ({security.case_visible(CASE)} AND {security.granted(CASE, before.NETWORK)})",
    write=MINE,
    contexts=("reminders",),
)


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0001_initial"),
        ("cases", "0005_hard_refusals"),
        ("referrals", "0002_security"),
        ("sharing", "0003_withdrawal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="referral",
            name="referrals_inbox",
        ),
        migrations.RemoveIndex(
            model_name="referral",
            name="referrals_outbox",
        ),
        migrations.AddField(
            model_name="referral",
            name="contributes",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="referral",
            name="request_key",
            field=models.UUIDField(default=common.ids.uuid7, editable=False),
        ),
        migrations.AddField(
            model_name="referral",
            name="subject_role",
            field=models.CharField(
                choices=[
                    ("victim", "victim"),
                    ("presumed_perpetrator", "presumed perpetrator"),
                    ("convicted", "convicted person"),
                    ("child", "child"),
                    ("third_party", "third party"),
                    ("witness", "witness"),
                ],
                default="victim",
                editable=False,
                max_length=30,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="referral",
            name="valid_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                models.F("to_agency"),
                models.OrderBy(models.F("sent_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="referrals_received",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                models.F("from_agency"),
                models.OrderBy(models.F("sent_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="referrals_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("state__in", ["sent", "received"])),
                fields=["to_agency", "answer_due_at", "id"],
                name="referrals_to_answer",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("state__in", ["sent", "received"])),
                fields=["from_agency", "answer_due_at", "id"],
                name="referrals_awaited",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(fields=("from_agency", "request_key"), name="referrals_sent_once"),
        ),
        migrations.RunSQL(*instead(before.LOCK, LOCK)),
    ]
