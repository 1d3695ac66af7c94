"""“Who had access to my data”: four insert-only tables and their second lock.

A request is read by the agency that wrote it down, and by who sees the names and the services of its side: what hers
says is closed to his side. What a safety check rests on is read by who may know the services of the victim, never by
his side, whatever else it reads of the request. Checks and answers ask for their request by functions that run with the
rights of who asks, so that their policies are planned apart.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids
from cases import security
from common.security import append_only, policy

OWN = "(SELECT move_agency())"
REQUEST, CHECK = "sharing_subjectrequest", "sharing_subjectcheck"
WORDS, ANSWER = "sharing_subjectcheckwords", "sharing_subjectanswer"


def of_side(category: str) -> str:
    return security.granted(f"{REQUEST}.case_id", f"move_codename('{category}', {REQUEST}.side)")


QUESTIONS = {
    "sharing_reads_subject_request": f"SELECT 1 FROM {REQUEST} r WHERE r.id = wanted",
    "sharing_reads_subject_check": f"SELECT 1 FROM {CHECK} k WHERE k.id = wanted",
}
ASK = "\n".join(
    f"CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public"
    f" AS $$ BEGIN RETURN EXISTS ({question}); END $$;"
    for name, question in QUESTIONS.items()
)
FORGET = "\n".join(f"DROP FUNCTION {name}(uuid);" for name in reversed(QUESTIONS))

HERS = security.granted(f"{WORDS}.case_id", "'view_network_victim'")
LOCKS = {
    REQUEST: policy(
        REQUEST,
        read=f"{security.case_visible(f'{REQUEST}.case_id')} AND"
        f" ({REQUEST}.agency_id = {OWN} OR ({of_side('identity')} AND {of_side('network')}))",
    ),
    CHECK: policy(CHECK, read=f"sharing_reads_subject_request({CHECK}.request_id)"),
    WORDS: policy(
        WORDS, read=f"({WORDS}.agency_id = {OWN} OR {HERS}) AND sharing_reads_subject_check({WORDS}.check_made_id)"
    ),
    ANSWER: policy(ANSWER, read=f"sharing_reads_subject_request({ANSWER}.request_id)"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0002_partnerships"),
        ("cases", "0014_withdrawal_checked"),
        ("sharing", "0016_standing_authorisations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SubjectCheck",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "conclusion",
                    models.CharField(
                        choices=[("answer", "answer"), ("later", "answer later"), ("refuse", "refuse")], max_length=10
                    ),
                ),
                ("not_before", models.DateField(null=True, verbose_name="not before")),
                ("covers", models.CharField(max_length=64)),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("checked_at", models.DateTimeField(default=common.clock.now)),
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
                    "checked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "safety check of a request",
                "verbose_name_plural": "safety checks of requests",
                "ordering": ["-checked_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="SubjectCheckWords",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("findings", common.fields.EncryptedJSONField()),
                ("reasons", common.fields.EncryptedTextField(verbose_name="what the conclusion rests on")),
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
                    "check_made",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="words", to="sharing.subjectcheck"
                    ),
                ),
            ],
            options={
                "verbose_name": "reasons of a safety check",
                "verbose_name_plural": "reasons of safety checks",
            },
        ),
        migrations.CreateModel(
            name="SubjectRequest",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "asked_by",
                    models.CharField(
                        choices=[
                            ("subject", "the person"),
                            ("representative", "a legal representative"),
                            ("lawyer", "a lawyer with a mandate"),
                        ],
                        max_length=20,
                        verbose_name="who asks",
                    ),
                ),
                (
                    "asker_name",
                    common.fields.EncryptedTextField(blank=True, verbose_name="name of who asks for the person"),
                ),
                ("received_on", models.DateField(verbose_name="received on")),
                (
                    "verified",
                    models.CharField(
                        choices=[
                            ("document", "identity document seen"),
                            ("known", "known to the service, and there in person"),
                            ("mandate", "mandate or judgment seen, and identity document of who asks"),
                        ],
                        max_length=20,
                        verbose_name="how identity was verified",
                    ),
                ),
                ("verified_note", common.fields.EncryptedTextField(blank=True, verbose_name="what else was seen")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("recorded_at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="subject_requests", to="cases.case"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
            ],
            options={
                "verbose_name": "request “who had access to my data”",
                "verbose_name_plural": "requests “who had access to my data”",
                "ordering": ["-received_on", "-id"],
            },
        ),
        migrations.AddField(
            model_name="subjectcheck",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="sharing.subjectrequest"
            ),
        ),
        migrations.CreateModel(
            name="SubjectAnswer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("outcome", models.CharField(choices=[("given", "answered"), ("refused", "refused")], max_length=10)),
                (
                    "because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("identity", "who you are could not be verified"),
                            ("mandate", "who asks for you has not shown that they may"),
                            (
                                "unfounded",
                                "the request is manifestly unfounded or excessive, for instance because it is repeated",
                            ),
                            ("others", "the answer would affect the rights and freedoms of others"),
                        ],
                        max_length=20,
                        verbose_name="why it is refused",
                    ),
                ),
                ("document", common.fields.EncryptedJSONField()),
                ("lines", models.PositiveSmallIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("language", models.CharField(choices=[("fr", "French"), ("en", "English")], max_length=5)),
                ("answered_at", models.DateTimeField(default=common.clock.now)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="sharing.subjectrequest"
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to “who had access to my data”",
                "verbose_name_plural": "answers to “who had access to my data”",
            },
        ),
        migrations.AddConstraint(
            model_name="subjectcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("conclusion", "later"), ("not_before__isnull", False)),
                    models.Q(models.Q(("conclusion", "later"), _negated=True), ("not_before__isnull", True)),
                    _connector="OR",
                ),
                name="sharing_check_until_when",
                violation_error_message="Say from which day it may be answered.",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("because", ""), ("outcome", "given")),
                    models.Q(models.Q(("outcome", "refused")), models.Q(("because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="sharing_refused_because",
                violation_error_message="Say why it is refused.",
            ),
        ),
        migrations.RunSQL(ASK, FORGET),
        *(migrations.RunSQL(*lock) for lock in LOCKS.values()),
        *(migrations.RunSQL(*append_only(table)) for table in LOCKS),
    ]
