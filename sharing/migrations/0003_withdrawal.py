"""Consents are withdrawn by rows of their own, and a consent says no more than its reader may know.

Who follows her stands on her consents: an agency that may read her name, but not which services take part on her side,
reads neither the consent nor whom it names, unless it rests on it itself.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.ids
from cases import security
from common.security import append_only, instead, policy

CONSENT_BEFORE, RECIPIENT_BEFORE, *_others = import_module("sharing.migrations.0002_security").LOCKS
OWN = "(SELECT move_agency())"


def network(table: str) -> str:
    return security.granted(f"{table}.case_id", f"move_codename('network', {table}.side)")


CONSENT = policy(
    "sharing_consent",
    read=f"{security.case_visible('sharing_consent.case_id')} AND (sharing_consent.agency_id = {OWN}"
    f" OR ({network('sharing_consent')}"
    f" AND {security.granted('sharing_consent.case_id', 'move_codename(' + chr(39) + 'identity' + chr(39) + ', sharing_consent.side)')})"
    f" OR EXISTS (SELECT 1 FROM sharing_sharingdecision d WHERE d.consent_id = sharing_consent.id AND d.recipient_id = {OWN}))",
    contexts=("grants", "reminders"),
)
RECIPIENT = policy(
    "sharing_consentrecipient",
    read="EXISTS (SELECT 1 FROM sharing_consent s WHERE s.id = sharing_consentrecipient.consent_id"
    f" AND (sharing_consentrecipient.agency_id = {OWN} OR s.agency_id = {OWN} OR {network('s')}))",
    contexts=("grants",),
)
WITHDRAWAL = policy(
    "sharing_consentwithdrawal",
    read="EXISTS (SELECT 1 FROM sharing_consent s WHERE s.id = sharing_consentwithdrawal.consent_id)",
    contexts=("grants", "reminders"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0001_initial"),
        ("cases", "0005_hard_refusals"),
        ("sharing", "0002_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentWithdrawal",
            fields=[
                (
                    "id",
                    models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("withdrawn_at", models.DateTimeField(default=common.clock.now)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "consent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="sharing.consent",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "withdrawal of a consent",
                "verbose_name_plural": "withdrawals of consents",
            },
        ),
        migrations.RunSQL(*instead(CONSENT_BEFORE, CONSENT)),
        migrations.RunSQL(*instead(RECIPIENT_BEFORE, RECIPIENT)),
        migrations.RunSQL(*WITHDRAWAL),
        migrations.RunSQL(*append_only("sharing_consentwithdrawal")),
    ]
