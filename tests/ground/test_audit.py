"""Both trails: who changed what (without telling it), who read; append-only, in partitions, by the database's clock."""

import ast
from datetime import timedelta

import psycopg
import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from agencies.acting import acting_as, acting_as_oneself
from audit.masking import mask
from audit.models import Action, AuditEvent, LogEntry
from audit.services import create_partitions, keeping, record, write_again
from audit.tracking import track
from audit.trouble import AuditUnavailable
from cases.access import for_case
from cases.enums import Category, Side
from cases.models import Case, ContactPoint, Person
from cases.services import set_level, write_note
from common.acting import SystemContext, system_context
from common.clock import now, travel
from sharing.models import Basis, WayIn
from sharing.services import decide
from tests.conftest import ROOT, with_database
from tests.factories import make_report
from tests.ground.test_acting import OURS, SOURCES

MASKED = "•••"
CANARY = "Kwaremontstraat"


# --- who, for whom, in which case -----------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_change_names_its_author(world):
    with acting_as(world.officer):
        report = make_report(world.officer)
        created = LogEntry.objects.get(object_pk=str(report.pk))
        assert created.action == LogEntry.Action.CREATE
        assert (created.actor_id, created.agency_id, created.case_id, created.system) == (
            world.officer.user_id, world.officer.agency_id, report.case_id, "",
        )  # fmt: skip
        case = Case.objects.get(pk=report.case_id)
        set_level(case=case, level="high", provisional=True, at=now(), reassess_by=None)
        changed = LogEntry.objects.filter(object_pk=str(case.pk), action=LogEntry.Action.UPDATE).latest("timestamp")
        assert set(changed.changes) == {"level", "level_provisional", "level_at"}
        assert changed.case_id == case.pk
        assert "high" not in str(changed.changes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ground")
def test_a_request_is_on_its_rows(committed_world, client, owner):
    """The request's identifier and address join the change to the line of the log."""
    client.force_login(committed_world.officer.user)
    answer = client.post("/ground/record/", REMOTE_ADDR="198.51.100.4")
    assert answer.status_code == 200
    rows = owner.execute(
        "SELECT DISTINCT cid, host(remote_addr), actor_id, agency_id FROM audit_logentry WHERE case_id IS NOT NULL"
    ).fetchall()
    assert rows == [
        (answer["X-Request-ID"], "198.51.100.4", committed_world.officer.user_id, committed_world.officer.agency_id)
    ]
    events = owner.execute(
        "SELECT DISTINCT request_id, host(remote_addr) FROM audit_auditevent WHERE action = 'decided'"
    ).fetchall()
    assert events == [(answer["X-Request-ID"], "198.51.100.4")]


@pytest.mark.django_db
def test_the_system_signs_too(world):
    with acting_as(world.officer):
        report = make_report(world.officer)
    with system_context(SystemContext.REMINDERS):
        follow_up = apps.get_model("followups.FollowUp").objects.get(case=report.case_id)
        follow_up.step = 1
        follow_up.save(update_fields=["step"])
    with acting_as(world.officer):
        entry = LogEntry.objects.get(object_pk=str(follow_up.pk), action=LogEntry.Action.UPDATE)
    assert (entry.actor_id, entry.system, entry.case_id) == (None, "reminders", report.case_id)


@pytest.mark.django_db
def test_a_person_in_a_system_context_stays_the_author(world):
    with acting_as(world.officer):
        report = make_report(world.officer)
        with system_context(SystemContext.REMINDERS):
            case = Case.objects.get(pk=report.case_id)
            set_level(case=case, level="low", provisional=False, at=now(), reassess_by=None)
        entry = LogEntry.objects.filter(object_pk=str(case.pk)).latest("timestamp")
    assert (entry.actor_id, entry.system) == (world.officer.user_id, "")


@pytest.mark.django_db
def test_nothing_changes_without_an_author(world):
    with acting_as(world.officer):
        person = Person.objects.filter(case_persons__case=make_report(world.officer).case_id).first()
        person.given_name = "y"
    for change in (lambda: Person(given_name="x", agency=world.officer.agency).save(), person.save, person.delete):
        with pytest.raises(RuntimeError, match="acting context"), transaction.atomic():
            change()
    with pytest.raises(AuditUnavailable) as refused, transaction.atomic(), acting_as_nobody():
        Person(given_name="x", agency=world.officer.agency).save()
    assert "somebody" in str(refused.value.__cause__)


def acting_as_nobody():
    from common.acting import Acting, bind

    return bind(Acting())


@pytest.mark.django_db
def test_who_joins_signs_alone(world):
    with acting_as_oneself(world.stranger.user):
        world.stranger.user.language = "en"
        world.stranger.user.save(update_fields=["language"])
    rows = LogEntry.objects.raw("SELECT * FROM audit_logentry WHERE object_pk = %s", [str(world.stranger.user_id)])
    with acting_as(world.stranger):
        assert list(rows) == []  # no agency: nobody's row


@pytest.mark.django_db
def test_an_account_is_on_record_without_its_secrets(world, owner):
    with acting_as(world.police_manager):
        user = world.officer.user
        user.set_password("another-password-2026")
        user.last_login = now()
        user.email, user.family_name, user.is_active = "other@example.org", CANARY, False
        user.save()
        entry = LogEntry.objects.get(object_pk=str(user.pk))
    assert set(entry.changes) == {"email", "family_name", "is_active"}
    assert entry.changes["is_active"] == [True, False]
    assert CANARY not in str(entry.changes) and "example.org" not in str(entry.changes)
    assert entry.actor_id == world.police_manager.user_id


# --- masks ----------------------------------------------------------------------------------------------------
# Models that leave no trail of their changes, and why.
UNTRACKED = {
    "accounts.User_groups": "follows the membership, which is tracked",
    "accounts.User_user_permissions": "empty: no permission is given to a person this way",
    "administration.UnusualSweep": "until when the trail has been looked through: one moment",
    "audit.Anchor": "insert-only: up to which seal the roots have left",
    "audit.AuditEvent": "is the trail",
    "audit.Certificate": "insert-only, signed",
    "audit.LogEntry": "is the trail",
    "audit.Seal": "insert-only, chained",
    "audit.Verification": "the result of a check of the trails, final once written",
    "cases.CaseEvent": "insert-only codes and identifiers; is itself a record of what happened",
    "cases.CaseGroupObjectPermission": "the sum of sharing decisions, which are tracked",
    "cases.Guide": "published reference data, insert-only",
    "cases.MatchKey": "digests derived from the person, who is tracked",
    "cases.NameWord": "follows the names of the person, who is tracked",
    "cases.CaseUserObjectPermission": "guardian's table of named persons; written with the act that names them",
    "agencies.HandOut": "published reference data, insert-only",
    "agencies.Place": "reference data",
    "agencies.ProtocolParty": "insert-only identifiers, part of the protocol that is tracked",
    "followups.FollowUpPolicy": "published reference data, insert-only",
    "notifications.Notice": "a code and an identifier, to one person",
    "notifications.OutgoingMail": "neutral words to one address; emptied once sent",
    "referrals.PathwayRules": "published reference data, insert-only",
    "referrals.ReferralDraft": "not yet a record: encrypted, its author's, emptied into the referral",
    "reports.ReportDraft": "not yet a record: encrypted, its agency's alone, emptied into the report that is tracked",
    "reports.HintList": "published reference data, insert-only",
    "riskassessment.Grid": "published reference data",
    "riskassessment.GridDraft": "opens nothing; what is published of it is frozen and names who did it",
    "riskassessment.RepeatRule": "published reference data, insert-only",
    "riskassessment.GridVersion": "published reference data, frozen",
    "plans.NeedLine": "insert-only, encrypted, part of the assessment of needs that is tracked",
    "plans.NeedsPartner": "insert-only identifiers, part of the assessment of needs that is tracked",
    "plans.StaffDangerWords": "insert-only, encrypted, part of the danger that is tracked",
    "sharing.ConsentRecipient": "insert-only identifiers, part of the consent that is tracked",
    "sharing.SharingDefaultDraft": "opens nothing; what is published of it is tracked",
    "sharing.RectificationRecipient": "insert-only identifiers, part of the rectification that is tracked",
    "sharing.SubjectCheckWords": "insert-only, encrypted, part of the safety check that is tracked",
}

# What the trail shows besides identifiers: moments, states and codes that say nothing of a person, by model.
SHOWN = {
    "accounts.User": {"language", "is_active", "is_staff", "is_superuser"},
    "agencies.Agency": {field.name for field in apps.get_model("agencies.Agency")._meta.concrete_fields},
    "agencies.Membership": {"role", "profession", "starts_at", "ends_at"},
    "agencies.Partnership": {field.name for field in apps.get_model("agencies.Partnership")._meta.concrete_fields},
    "agencies.PartnershipMember": {"coordinates", "starts_at", "ends_at"},
    "agencies.Invitation": {"role", "created_at", "expires_at", "used_at", "revoked_at"},
    "plans.Action": {"strand", "due_at", "at"},
    "plans.ProtectionMeasure": {"made_at"},
    "plans.MeasureStep": {"recorded_at"},
    "plans.MeasureTold": {"recorded_at"},
    "plans.MeasureBreach": {"recorded_at"},
    "plans.DeclaredAddress": {"recorded_at"},
    "plans.ActionOwner": {"way", "at"},
    "plans.ActionStep": {"outcome", "at"},
    "plans.ActionReferral": {"at"},
    "plans.PlanAgreement": {"agreed_on", "at"},
    "plans.SafetyPlan": {"at"},
    "plans.SafetyPaper": {"at"},
    "plans.MonitoringPeriod": {"starts_at", "planned_until", "at"},
    "plans.MonitoringAct": {"code", "until", "at"},
    "cases.Case": {"reference", "stage", "restricted", "opened_at", "closed_at"},
    "cases.CaseExclusion": {"created_at"},
    "cases.RestrictionAct": {"code", "at"},
    "cases.CasePerson": {"created_at"},
    "cases.ContactPoint": {"recorded_at", "ended_at"},
    "cases.Note": {"written_at"},
    "cases.Appointment": {"made_at"},
    "cases.AppointmentEnd": {"ended_at"},
    "cases.ChildContact": {"recorded_at", "ended_at"},
    "cases.ChildArrangement": {"recorded_at"},
    "cases.Proceeding": {"opened_at"},
    "cases.ProceedingReader": {"added_at", "ended_at"},
    "cases.ProceedingStep": {"at"},
    "cases.SamePerson": {"verdict", "decided_at"},
    "cases.SamePersonEnd": {"ended_at"},
    "followups.ContactAttempt": {"at"},
    "followups.FollowUp": {"kind", "due_at", "remind_at", "reminded_at", "step", "settled_at", "created_at"},
    "referrals.Referral": {
        "state", "basis", "grants", "contributes", "sent_at", "answer_due_at", "received_at", "answered_at",
        "expires_at", "began_at", "ended_at", "result", "rank", "in_order", "mandated",
    },
    "referrals.ReferralFeedback": {"basis", "at"},
    "referrals.ServiceGap": {"kind", "need", "noted_at"},
    "referrals.ExternalLetter": {"tries", "made_at", "expires_at", "answered_at", "ended_at"},
    "referrals.InterpreterRequest": {"state", "asked_at", "closed_at"},
    "referrals.InterpreterProposal": {"proposed_at"},
    "referrals.InterpreterException": {"decided_at"},
    "followups.CallbackRequest": {
        "asked_at", "due_at", "remind_at", "step", "taken_at", "handled_at", "outcome", "erased_at",
    },
    "agencies.ServiceOffer": {field.name for field in apps.get_model("agencies.ServiceOffer")._meta.concrete_fields},
    "agencies.HelpNumber": {field.name for field in apps.get_model("agencies.HelpNumber")._meta.concrete_fields},
    "agencies.Protocol": {field.name for field in apps.get_model("agencies.Protocol")._meta.concrete_fields},
    "agencies.TrainingSession": {
        field.name for field in apps.get_model("agencies.TrainingSession")._meta.concrete_fields
    },
    "agencies.TrainingEnrolment": {"enrolled_at", "left_at", "attended"},
    "agencies.ReferencePerson": {"theme", "starts_at", "ended_at"},
    "agencies.LoadHandover": {"moved", "handed_at"},
    "agencies.Interpreter": {"languages", "certified", "trained", "channels", "created_at", "ended_at"},
    "agencies.Poster": {"place", "postal_code", "created_at", "ended_at"},
    "plans.Programme": {"entry", "at"},
    "plans.Mandate": {"at"},
    "plans.MandateEnd": {"at"},
    "plans.MandateReport": {"at"},
    "plans.ProgrammeSession": {"at"},
    "plans.SessionMark": {"at"},
    "plans.ProgrammeStep": {"at"},
    "plans.TherapeuticPlan": {"at"},
    "plans.ProgrammeAlert": {"at"},
    "plans.AlertReceipt": {"at"},
    "plans.AlertTaken": {"at"},
    "plans.AlertAnswer": {"at"},
    "plans.NeedsAssessment": {"written_at"},
    "plans.MigrationBackground": {"written_at"},
    "plans.StaffDanger": {"until_on", "written_at"},
    "plans.StaffDangerEnd": {"reason", "ended_at"},
    "plans.AgencyFollowUp": {"code", "at"},
    "plans.Detention": {"at"},
    "plans.DetentionAsk": {"due_at", "at"},
    "plans.DetentionAnswer": {"at"},
    "plans.Release": {"at"},
    "plans.ReleaseWish": {"at"},
    "plans.ReleaseAlert": {"opened_at"},
    "plans.ReleaseAsk": {"asked_as", "at"},
    "plans.ReleaseTelling": {"at"},
    "plans.CaseClosing": {"kind", "until", "at"},
    "plans.CaseReopening": {"at"},
    "plans.LeadOffer": {"at"},
    "plans.LeadAnswer": {"state", "at"},
    "reports.Report": {"recorded_at"},
    "reports.ReportVerification": {"verified_at"},
    "reports.Situation": {"recorded_at"},
    "reports.ChildExposure": {"at"},
    "reports.Tracking": {"received_at", "decide_by"},
    "reports.TrackingAct": {"at"},
    "reports.ProsecutorDecision": {"decided_at"},
    "reports.Attachment": {"state", "uploaded_at"},
    "reports.AttachmentRemoval": {"removed_at"},
    "reports.AttachmentScan": {"scanned_at"},
    "agencies.TrainingCourse": {"verified_on"},
    "agencies.Unit": {"name", "territory", "created_at", "ended_at"},
    "agencies.TrainingRecord": {"followed_on", "valid_until", "recorded_at"},
    "agencies.TrainingWithdrawal": {"withdrawn_at"},
    "riskassessment.AssessmentReview": {"verdict", "at"},
    "riskassessment.Consultation": {"version", "created_at", "saved_at", "scored_at", "expires_at"},
    "riskassessment.CoordinationRequest": {"state", "sent_at", "expires_at", "answered_at", "joined_at", "plan_due_at"},
    "riskassessment.GridDuty": {"at"},
    "riskassessment.GridRetirement": {"retired_at"},
    "riskassessment.TurningPoint": {"at"},
    "riskassessment.Assessment": {"version", "created_at", "saved_at", "signed_at"},
    "riskassessment.Conclusion": {"signed_at"},
    "riskassessment.Countersignature": {"signed_at"},
    "sharing.Consent": {"given_at", "recorded_at"},
    "sharing.ConsentWithdrawal": {"withdrawn_at"},
    "sharing.ProsecutorAuthorisation": {"given_on", "recorded_at"},
    "sharing.AuthorisationEnd": {"ended_at"},
    "sharing.InformationRequest": {"grants", "granted", "state", "due_at", "asked_at", "answered_at"},
    "sharing.OralDisclosure": {"said_at", "recorded_at"},
    "sharing.BreakGlass": {"opened_at", "ends_at"},
    "sharing.BreakGlassReview": {"verdict", "reviewed_at"},
    "sharing.Rectification": {"kind", "made_at"},
    "sharing.RectificationReceipt": {"at"},
    "sharing.SafetyIncident": {"discovered_at", "reported_at"},
    "sharing.IncidentStep": {"kind", "at"},
    "sharing.SafetyLesson": {"kind", "published_at"},
    "sharing.SharingDefault": {"way_in", "agency_kind", "grants", "contributes", "valid_days", "version"},
    "sharing.MatchNotice": {"found_at"},
    "sharing.MatchedPersons": {"found_at"},
    "sharing.MatchMove": {"act", "at"},
    "sharing.CaseLink": {"kind", "made_at"},
    "sharing.CaseLinkEnd": {"ended_at"},
    "sharing.CounterComplaintReview": {"reviewed_at"},
    "sharing.SharingDecision": {
        "side", "way_in", "basis", "grants", "contributes", "decided_at", "starts_at", "ends_at",
    },
    "sharing.SharingRevocation": {"revoked_at"},
    "sharing.SubjectRequest": {"asked_by", "received_on", "verified", "recorded_at"},
    "sharing.SubjectCheck": {"conclusion", "not_before", "checked_at"},
    "sharing.SubjectAnswer": {"outcome", "lines", "digest", "answered_at"},
    "administration.UnusualReading": {"rule", "day", "count", "found_at"},
    "administration.UnusualReview": {"conclusion", "reviewed_at"},
}  # fmt: skip


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]


def test_every_model_is_tracked_or_says_why_not():
    untracked = {model._meta.label for model in our_models() if model not in auditlog.get_models()}
    assert untracked == set(UNTRACKED)


@pytest.mark.parametrize("model", auditlog.get_models(), ids=lambda model: model._meta.label)
def test_what_is_shown_is_listed(model):
    """All that is neither an identifier nor on the list above is masked whole."""
    known = auditlog.get_model_fields(model)
    assert known["mask_callable"] == "audit.masking.mask"
    for field in model._meta.concrete_fields:
        shown = field.name not in known["mask_fields"] and field.name not in known["exclude_fields"]
        if field.primary_key or (
            field.is_relation and (model._meta.label, field.name) != ("cases.CaseExclusion", "user")
        ):
            continue
        assert shown is (field.name in SHOWN.get(model._meta.label, set())), field.name


def test_a_mask_tells_nothing():
    assert {mask(value) for value in ("Yvan", "0470 12 34 56", "None", "x" * 500)} == {MASKED}
    assert mask("") == ""


def test_a_mistyped_field_is_refused():
    with pytest.raises(ValueError, match="no such fields"):
        track(Person, shown=["given_nam"])


@pytest.mark.django_db(transaction=True)
def test_no_value_of_a_report_is_in_the_trail(committed_world, owner):
    """All that was typed, looked for in the raw rows."""
    report = make_report(committed_world.officer, kind="police_complaint", place=CANARY)
    with acting_as(committed_world.officer):
        case = Case.objects.get(pk=report.case_id)
        set_level(case=case, level="critical", provisional=True, at=now(), reassess_by=now() + timedelta(days=3))
        write_note(
            by=committed_world.officer, case=case, access=for_case(case, committed_world.officer),
            category=Category.FACTS, side=Side.CASE, facts=CANARY, appreciation=CANARY,
        )  # fmt: skip
        point = ContactPoint.objects.filter(case=case).first()
        point.ended_at = now()
        point.save(update_fields=["ended_at"])
    trail = str(owner.execute("SELECT e::text FROM audit_logentry e").fetchall()) + str(
        owner.execute("SELECT e::text FROM audit_auditevent e").fetchall()
    )
    assert str(report.pk) in trail and MASKED in trail
    for word in (
        CANARY, "Fatou", "Diallo", "Yvan", "Morel", "Noé", "1991-04-12", "+32470", "0470 12", "bibliothèque",
        "compagnon", "voisine", "vivante", "gorge", "BR.43", "critical", "Cellule EVA.", "spontaneous",
        "police_complaint",
    ):  # fmt: skip
        assert word not in trail, word


# --- bulk writes ----------------------------------------------------------------------------------------------
# django-auditlog hears `save`, not bulk writes: each is on this list, with what makes it harmless.
BULK = {
    ("administration/proof.py", "mail_last_root"): "mails: untracked, without case content",
    ("agencies/handouts.py", "load_handouts"): "published reference data: untracked",
    ("agencies/help_numbers.py", "load_help_numbers"): "what ships, published by nobody: the changes are tracked",
    ("agencies/importing.py", "_write_places"): "places: untracked reference data",
    ("agencies/offers.py", "note_asked"): "when a service was reminded: says nothing of its entry",
    ("agencies/places.py", "load_places"): "places: untracked reference data",
    ("cases/access.py", "keep_own_work"): "permission rows: their decisions are tracked",
    ("cases/access.py", "write_grants"): "permission rows: their decisions are tracked",
    ("cases/access.py", "write_names"): "permission rows: their acts are tracked",
    ("casework/disagreeing.py", "tell"): "an event, insert-only and untracked: once for two grids that disagree",
    ("cases/matching.py", "write_keys"): "digests of the blind index: untracked, derived from the person",
    ("cases/matching.py", "write_phone_key"): "digests of the blind index: untracked, derived from the person",
    ("cases/matching.py", "drop_phone_key"): "digests of the blind index: untracked, derived from the person",
    ("cases/matching.py", "rewrite_keys"): "digests of the blind index: untracked, derived from the person",
    ("notifications/services.py", "deliver"): "notices and mails: untracked, without case content",
    ("notifications/services.py", "mark_read"): "notices: untracked",
    ("plans/needs.py", "write"): "lines and partners of an assessment that is tracked, insert-only",
    ("sharing/rectifying.py", "_tell"): "who is told: identifiers, part of the rectification that is tracked",
}


def bulk_writes() -> set[tuple[str, str]]:
    """(file, function) of each call that writes rows without `save`: bulk_create, bulk_update, QuerySet.update…"""
    found = set()
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            receiver = ast.unparse(node.func.value)
            queryset = "objects" in receiver or ".filter(" in receiver or ".exclude(" in receiver or "rows" in receiver
            if node.func.attr in ("bulk_create", "bulk_update", "update_or_create", "abulk_create", "raw_update"):
                pass
            elif node.func.attr == "update" and not node.args and queryset:
                pass
            elif node.func.attr in ("delete", "_raw_delete") and queryset and not node.args:
                pass
            else:
                continue
            around = [f.name for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
            found.add((name, around[-1] if around else "<module>"))
    return found


def test_bulk_writes_are_listed():
    assert bulk_writes() == set(BULK)


def test_raw_writes_are_few():
    """SQL that writes, outside migrations: the audit's own inserts, the nightly repair, and generated volumes."""
    verbs = ("INSERT INTO", "UPDATE ", "DELETE FROM")
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value.lstrip().upper().startswith(verbs) and "_" in node.value:
                    found.add(str(path.relative_to(ROOT)))
    assert found <= {"audit/services.py", "audit/models.py", "move/demo/volume.py", "audit/migrations/0001_initial.py"}


# --- the trail of reads ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_no_event_without_a_person_or_a_transaction(committed_world):
    with pytest.raises(AuditUnavailable):
        record(action=Action.READ, object_kind="x")
    with pytest.raises(AuditUnavailable), transaction.atomic():
        record(action=Action.READ, object_kind="x")


@pytest.mark.django_db
def test_an_event_holds_bare_identifiers(world):
    with acting_as(world.officer):
        report = make_report(world.officer)
        record(
            action=Action.READ, case_id=report.case_id, object_kind="x" * 200, object_id=report.pk,
            fields=[Category.FACTS, report.pk], reason="y" * 500,
        )  # fmt: skip
        event = AuditEvent.objects.get(action=Action.READ)
    assert (len(event.object_kind), len(event.reason)) == (60, 200)
    assert event.fields == ["facts", str(report.pk)]
    assert str(event) == f"read {'x' * 60} {report.pk}"


@pytest.mark.django_db(transaction=True)
def test_the_clock_is_the_databases(committed_world, owner):
    """A process that lives in another time does not move the trail."""
    with travel(now() - timedelta(days=400)), acting_as(committed_world.officer):
        record(action=Action.READ, object_kind="x")
        Person(given_name="x", agency=committed_world.officer.agency).save()
    for table, column in (("audit_auditevent", "at"), ("audit_logentry", '"timestamp"')):
        late = owner.execute(f"SELECT count(*) FROM {table} WHERE {column} < now() - interval '1 hour'").fetchone()
        assert late == (0,), table
        xids = owner.execute(f"SELECT count(*) FROM {table} WHERE xid IS NULL").fetchone()
        assert xids == (0,)


@pytest.mark.django_db(transaction=True)
def test_kept_events_are_written_again(committed_world, owner):
    with keeping() as kept, acting_as(committed_world.officer):
        record(action=Action.READ, object_kind="shown")
        record(action=Action.DECIDED, object_kind="decided")
        transaction.set_rollback(True)
    record_outside = [values[1] for values in kept]
    assert record_outside == ["read"]
    with acting_as(committed_world.officer):
        write_again(kept)
        record(action=Action.READ, object_kind="afterwards")
    rows = owner.execute("SELECT object_kind FROM audit_auditevent ORDER BY at").fetchall()
    assert rows == [("shown",), ("afterwards",)]
    assert len(kept) == 1  # the block has ended: nothing more is kept


# --- who may read the trails ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_who_sees_which_rows(committed_world):
    world = committed_world
    report = make_report(world.officer)
    with acting_as(world.officer):
        case = Case.objects.get(pk=report.case_id)
        decide(
            by=world.officer, case=case, recipient=world.programme.agency, side="perpetrator", way_in=WayIn.REFERRAL,
            basis=Basis.LEGAL_OBLIGATION, legal_text="art. 1", grants=["identity:perpetrator"], necessity="mandate",
        )  # fmt: skip
    for member in (world.officer, world.eva, world.programme, world.stranger, world.platform_admin):
        with acting_as(member):
            record(action=Action.READ, case_id=case.pk, object_kind="trial")

    def readers(member) -> set:
        with acting_as(member):
            return set(AuditEvent.objects.filter(object_kind="trial").values_list("agency_id", flat=True))

    agencies = {
        member.agency_id for member in (world.officer, world.eva, world.programme, world.stranger, world.platform_admin)
    }
    assert readers(world.officer) == agencies
    assert readers(world.eva) == agencies
    # his side: its own rows, so that no reading of hers names a service that follows her
    assert readers(world.programme) == {world.programme.agency_id}
    with acting_as(world.programme):
        assert set(LogEntry.objects.values_list("agency_id", flat=True)) <= {world.programme.agency_id}
    # who takes no part: the rows of their own agency
    assert readers(world.stranger) == {world.stranger.agency_id}
    assert readers(world.platform_admin) == {world.platform_admin.agency_id}
    with acting_as(world.stranger):
        assert not LogEntry.objects.exists()
    assert AuditEvent.objects.count() == 0 and LogEntry.objects.count() == 0


# --- partitions -----------------------------------------------------------------------------------------------
def partitions(owner, table: str) -> list[str]:
    rows = owner.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [table]
    ).fetchall()
    return [name for (name,) in rows]


def months(owner, ahead: int) -> list[str]:
    rows = owner.execute(
        "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i), 'YYYY_MM')"
        " FROM generate_series(0, %s) i",
        [ahead],
    ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_logentry"])
def test_a_year_of_partitions_stands_ready(owner, table):
    assert partitions(owner, table) == sorted(
        [f"{table}_{month}" for month in months(owner, 12)] + [f"{table}_default"]
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_logentry"])
def test_the_application_reaches_rows_through_the_parent_only(committed_world, owner, table):
    with psycopg.connect(with_database(owner_app_url(), settings.DATABASES["default"]["NAME"]), autocommit=True) as app:
        create_partitions(months_ahead=14)
        assert len(partitions(owner, table)) == 16
        for name in partitions(owner, table):
            for sql in (
                f"SELECT * FROM {name}", f"DELETE FROM {name}", f"UPDATE {name} SET id = id", f"TRUNCATE {name}",
                f"INSERT INTO {name} DEFAULT VALUES", f"ALTER TABLE {table} DETACH PARTITION {name}",
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(sql)
    for name in partitions(owner, table):
        triggers = owner.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE '%%_append_only'", [name]
        ).fetchone()
        assert triggers == (1,), name


def owner_app_url() -> str:
    from tests.conftest import APP_URL

    return APP_URL


@pytest.mark.django_db(transaction=True)
def test_without_a_partition_the_default_one_serves(committed_world, owner):
    """Nobody made partitions for a year: the trail goes on, and the months after are made all the same."""
    for table, month in (("audit_auditevent", months(owner, 0)[0]), ("audit_logentry", months(owner, 0)[0])):
        owner.execute(f"DROP TABLE {table}_{month}")
    with acting_as(committed_world.officer):
        record(action=Action.READ, object_kind="homeless")
        Person(given_name="x", agency=committed_world.officer.agency).save()
    assert owner.execute("SELECT count(*) FROM audit_auditevent_default").fetchone() == (1,)
    create_partitions(months_ahead=13)
    assert f"audit_auditevent_{months(owner, 13)[13]}" in partitions(owner, "audit_auditevent")
    assert f"audit_logentry_{months(owner, 13)[13]}" in partitions(owner, "audit_logentry")
    with acting_as(committed_world.officer):
        assert AuditEvent.objects.filter(object_kind="homeless").exists()


@pytest.mark.django_db(transaction=True)
def test_the_daily_task_is_harmless_twice(committed_world, owner):
    from audit.tasks import create_partitions as task

    before = partitions(owner, "audit_auditevent")
    task()
    task()
    assert partitions(owner, "audit_auditevent") == before
