"""The closed vocabulary of access: categories of information, whose they are, and the permissions made of both."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Category(models.TextChoices):
    """What a piece of information is about (design: category × side)."""

    SUMMARY = "summary", _("summary")
    LEVEL = "level", _("level of risk")
    NETWORK = "network", _("services taking part")
    IDENTITY = "identity", _("identity")
    CONTACT = "contact", _("contact")
    FACTS = "facts", _("facts")
    RISK = "risk", _("answers of risk grids")
    PSYCHOSOCIAL = "psychosocial", _("psychosocial")
    HEALTH = "health", _("health")
    MIGRATION = "migration", _("residence and migration")
    CHILDREN = "children", _("children")
    JUDICIAL = "judicial", _("judicial")
    PERPETRATOR_WORK = "perpetrator_work", _("work with the presumed perpetrator")


class Side(models.TextChoices):
    """Whom a piece of information is about; the children of the victim are on her side."""

    VICTIM = "victim", pgettext_lazy("side", "victim")
    PERPETRATOR = "perpetrator", pgettext_lazy("side", "presumed perpetrator")
    CASE = "case", pgettext_lazy("side", "case")


OPPOSITE = {Side.VICTIM: Side.PERPETRATOR, Side.PERPETRATOR: Side.VICTIM}
"""The side across; what is of the case alone has none."""


class ParticipationSide(models.TextChoices):
    """With whom an agency works in this case. Working with him, even also with her, is his side."""

    VICTIM = "victim", _("with the victim")
    PERPETRATOR = "perpetrator", _("with the presumed perpetrator")
    NEUTRAL = "neutral", _("with both or neither")


class Origin(models.TextChoices):
    """Where an information comes from; judicial origin needs a prosecutor's authorisation to leave justice."""

    PERSON = "person", _("given by the person")
    SERVICE = "service", _("noted by a service")
    JUDICIAL = "judicial", _("police or justice")


VIEW_CASE = "view_case"
VIEW_OWN_WORK = "view_own_work"
CONTRIBUTE = "contribute_case"
COORDINATE = "coordinate_case"


def codename(category: str, side: str) -> str:
    """The permission that opens a category of a side; the summary is `view_case` itself."""
    return VIEW_CASE if category == Category.SUMMARY else f"view_{category}_{side}"


def network_side(participation: str) -> Side:
    """On which side the part an agency takes is known: his services to whoever sees his, every other as hers."""
    return Side.PERPETRATOR if participation == ParticipationSide.PERPETRATOR else Side.VICTIM


CATEGORY_CODENAMES = tuple(
    codename(category, side) for category in Category if category != Category.SUMMARY for side in Side
)
CODENAMES = (VIEW_CASE, VIEW_OWN_WORK, CONTRIBUTE, COORDINATE, *CATEGORY_CODENAMES)

REFUSED_TO_PERPETRATOR_SIDE = frozenset(
    {
        codename(Category.CONTACT, Side.VICTIM),
        codename(Category.CONTACT, Side.CASE),  # her mother's number, a witness's: they lead to her
        codename(Category.NETWORK, Side.VICTIM),
        codename(Category.NETWORK, Side.CASE),
    }
)
"""Never granted to an agency on the perpetrator's side, whatever the decision. The database holds the same list."""


class Stage(models.TextChoices):
    OPENED = "opened", _("opened")
    ASSESSED = "assessed", _("assessed")
    FOLLOWED = "followed", _("followed")
    SUPERVISED = "supervised", _("supervised")
    CLOSED = "closed", _("closed")


class Level(models.TextChoices):
    """One severity common to all grids."""

    LOW = "low", _("low")
    MODERATE = "moderate", _("moderate")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")


class PersonRole(models.TextChoices):
    """Kept apart as the law of 30 July 2018, art. 31, asks."""

    VICTIM = "victim", pgettext_lazy("person", "victim")
    PRESUMED_PERPETRATOR = "presumed_perpetrator", pgettext_lazy("person", "presumed perpetrator")
    CONVICTED = "convicted", _("convicted person")
    CHILD = "child", _("child")
    THIRD_PARTY = "third_party", _("third party")
    WITNESS = "witness", _("witness")


ROLE_SIDE = {
    PersonRole.VICTIM: Side.VICTIM,
    PersonRole.CHILD: Side.VICTIM,
    PersonRole.PRESUMED_PERPETRATOR: Side.PERPETRATOR,
    PersonRole.CONVICTED: Side.PERPETRATOR,
    PersonRole.THIRD_PARTY: Side.CASE,
    PersonRole.WITNESS: Side.CASE,
}


class ContactKind(models.TextChoices):
    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")
    ADDRESS = "address", _("address")
    OTHER = "other", _("other way")


class Safe(models.TextChoices):
    YES = "yes", _("safe")
    NO = "no", _("not safe")
    UNKNOWN = "unknown", _("not known")


class RestrictionCode(models.TextChoices):
    """What was decided about who may work on a case."""

    RESTRICTED = "restricted", pgettext_lazy("restriction", "restricted to named persons")
    LIFTED = "lifted", pgettext_lazy("restriction", "restriction lifted")
    NAMED = "named", pgettext_lazy("restriction", "person named")
    TAKEN_OFF = "taken_off", pgettext_lazy("restriction", "person taken off")
    EXCLUDED = "excluded", pgettext_lazy("restriction", "person excluded")
    LET_IN = "let_in", pgettext_lazy("restriction", "exclusion lifted")


class EventCode(models.TextChoices):
    """What the timeline says happened; the words are in `cases/timeline.py`."""

    REPORT_RECORDED = "report_recorded", _("report recorded")
    REPORT_ADDED = "report_added", _("report added to the case")
    J2_PLANNED = "j2_planned", _("J+2 contact planned")
    J2_ATTEMPT = "j2_attempt", _("J+2 contact attempted")
    J2_DONE = "j2_done", _("J+2 contact made")
    J2_STOPPED = "j2_stopped", _("J+2 contact ended")
    REMINDER_SENT = "reminder_sent", _("reminder sent")
    ASSESSMENT_SIGNED = "assessment_signed", _("grid signed")
    LEVEL_CONCLUDED = "level_concluded", _("level concluded")
    LEVEL_COUNTERSIGNED = "level_countersigned", _("lower level countersigned")
    SENT_TO_PROSECUTOR = "sent_to_prosecutor", _("sent to the prosecutor")
    PROSECUTOR_MISSING = "prosecutor_missing", _("not sent: no prosecutor is configured")
    REFERRAL_SENT = "referral_sent", _("referral sent")
    REFERRAL_RECEIVED = "referral_received", _("referral received")
    REFERRAL_ACCEPTED = "referral_accepted", _("referral accepted")
    REFERRAL_DECLINED = "referral_declined", _("referral declined")
    REFERRAL_WITHDRAWN = "referral_withdrawn", _("referral withdrawn")
    REFERRAL_BEGUN = "referral_begun", _("work on a referral begun")
    REFERRAL_COMPLETED = "referral_completed", _("referral completed")
    REFERRAL_EXPIRED = "referral_expired", _("referral expired without an answer")
    REFERRAL_FEEDBACK = "referral_feedback", _("feedback given on a referral")
    INTERPRETER_ASKED = "interpreter_asked", _("interpreter asked for")
    INTERPRETER_ANSWERED = "interpreter_answered", _("request for an interpreter answered")
    NOTE_WRITTEN = "note_written", _("note written")
    CONTACT_CHANGED = "contact_changed", _("contact rules changed")
    FILE_ADDED = "file_added", _("file added")
    FILE_REFUSED = "file_refused", _("file refused by the antivirus")
    FILE_REMOVED = "file_removed", _("file removed")
    CONSENT_RECORDED = "consent_recorded", _("consent recorded")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("consent withdrawn")
    WITHDRAWAL_CHECKED = "withdrawal_checked", _("question about a withdrawn consent answered")
    SHARED = "shared", _("shared with a service")
    SHARING_ENDED = "sharing_ended", _("sharing ended")
    INFORMATION_REQUESTED = "information_requested", _("information asked of a service")
    INFORMATION_ANSWERED = "information_answered", _("information request answered")
    BREAK_GLASS_OPENED = "break_glass_opened", _("opened in an emergency")
    BREAK_GLASS_ENDED = "break_glass_ended", _("emergency access ended")
    RECTIFIED = "rectified", _("wrong fact corrected")
    INCIDENT_REPORTED = "incident_reported", _("safety incident reported")
    ASSESSMENT_VALIDATED = "assessment_validated", _("assessment validated")
    ASSESSMENT_RETURNED = "assessment_returned", _("assessment returned with remarks")
    TURNING_POINT = "turning_point", _("turning point")
    DUTY_HANDED_OVER = "duty_handed_over", _("grid handed over to another service")
    LEVELS_DISAGREE = "levels_disagree", _("two grids disagree")
    EVENTS_REPEATED = "events_repeated", _("events repeat themselves")
    COORDINATION_ASKED = "coordination_asked", _("coordination asked")
    COORDINATION_RETAINED = "coordination_retained", _("situation retained by the coordination")
    COORDINATION_REDIRECTED = "coordination_redirected", _("situation redirected by the coordination")
    MONITORING_ENDED = "monitoring_ended", _("close monitoring ended")
    SITUATION_RECORDED = "situation_recorded", _("situation recorded")
    COMPLAINT_CONTINUES = "complaint_continues", _("dispute turned into a complaint")
    CLASSIFICATION_VERIFIED = "classification_verified", _("classification verified")
    DISPUTE_SENT = "dispute_sent", _("family dispute report sent to the prosecutor")
    PROSECUTOR_DECIDED = "prosecutor_decided", _("decision of the prosecutor")
    PROSECUTOR_MEASURE = "prosecutor_measure", _("measure ordered by the prosecutor")
    HEARING_ASKED = "hearing_asked", _("hearing asked of the police")
    HEARING_HELD = "hearing_held", _("hearing held")
    APPOINTMENT_MADE = "appointment_made", _("appointment made")
    APPOINTMENT_ENDED = "appointment_ended", _("appointment over")
    CHILD_CHANGED = "child_changed", _("what is known of a child changed")
    PERSONS_MERGED = "persons_merged", _("two records of one person brought together")
    PERSONS_PARTED = "persons_parted", _("two records of one person set apart again")
    COUNTER_COMPLAINT_LINKED = "counter_complaint_linked", _("opposing reports: addresses closed")
    COUNTER_COMPLAINT_REVIEWED = "counter_complaint_reviewed", _("opposing reports reviewed")
    NOTE_CORRECTED = "note_corrected", _("note corrected")
    NEEDS_ASSESSED = "needs_assessed", _("needs assessed")
    DANGER_FLAGGED = "danger_flagged", _("danger for professionals flagged")
    DANGER_ENDED = "danger_ended", _("danger for professionals over")
    ACTION_PLANNED = "action_planned", _("action planned")
    ACTION_ANSWERED = "action_answered", _("action done or no longer possible")
    PLAN_AGREED = "plan_agreed", _("coordinated plan agreed")
    SAFETY_PLAN_WRITTEN = "safety_plan_written", _("safety plan written")
    MONITORING_BEGUN = "monitoring_begun", _("close monitoring begun")
    MONITORING_EXTENDED = "monitoring_extended", _("close monitoring extended")
    MEASURE_MOVED = "measure_moved", _("protection measure: a step")
    DETAINED = "detained", _("detention recorded")
    DETENTION_CONFIRMED = "detention_confirmed", _("question whether still detained answered")
    RELEASED = "released", _("release recorded")
    RELEASE_TOLD = "release_told", _("the victim was told of the release")
    PROGRAMME_BEGUN = "programme_begun", _("programme begun")
    PROGRAMME_MOVED = "programme_moved", _("programme: a step")
    PROGRAMME_ALERT = "programme_alert", _("alert of the programme passed on")
    PART_ENDED = "part_ended", _("a service has ended its follow-up")
    PART_RESUMED = "part_resumed", _("a service has taken its follow-up up again")
    CASE_SUPERVISED = "case_supervised", _("supervised closing begun")
    CASE_CLOSED = "case_closed", _("case closed")
    CASE_REOPENED = "case_reopened", _("case reopened")
    LEAD_OFFERED = "lead_offered", _("lead of the case offered")
    LEAD_TAKEN = "lead_taken", _("lead of the case taken over")
    LEAD_DECLINED = "lead_declined", _("lead of the case not taken over")


class Gender(models.TextChoices):
    FEMALE = "female", _("girl or woman")
    MALE = "male", _("boy or man")
    OTHER = "other", pgettext_lazy("gender", "other")


class AppointmentKind(models.TextChoices):
    HEARING = "hearing", pgettext_lazy("appointment", "hearing")
    CARE = "care", pgettext_lazy("appointment", "care")
    INTERVIEW = "interview", pgettext_lazy("appointment", "interview")
    OTHER = "other", pgettext_lazy("appointment", "other")


class Arranged(models.TextChoices):
    """Whether help that was to be proposed is arranged: somebody who comes along, somebody who minds the children."""

    ARRANGED = "arranged", pgettext_lazy("help", "arranged")
    DECLINED = "declined", pgettext_lazy("help", "proposed, not wished")
    NOT_NEEDED = "not_needed", pgettext_lazy("help", "not needed")
    NOT_POSSIBLE = "not_possible", pgettext_lazy("help", "not possible this time")


class AppointmentOutcome(models.TextChoices):
    KEPT = "kept", pgettext_lazy("appointment", "took place")
    MISSED = "missed", pgettext_lazy("appointment", "the person did not come")
    CANCELLED = "cancelled", pgettext_lazy("appointment", "cancelled")
    MOVED = "moved", pgettext_lazy("appointment", "moved to another moment")


class ChildContactKind(models.TextChoices):
    SCHOOL = "school", pgettext_lazy("child contact", "school")
    SCHOOL_SUPPORT = "school_support", _("school support centre (CPMS)")
    CHILDCARE = "childcare", pgettext_lazy("child contact", "childcare")
    CHILD_PROTECTION = "child_protection", pgettext_lazy("child contact", "child protection")
    DOCTOR = "doctor", pgettext_lazy("child contact", "doctor")
    ACTIVITY = "activity", pgettext_lazy("child contact", "leisure activity")
    OTHER = "other", pgettext_lazy("child contact", "other")


class LivesWith(models.TextChoices):
    MOTHER_OR_VICTIM = "victim", _("with the victim")
    PERPETRATOR = "perpetrator", _("with the presumed perpetrator")
    BOTH_IN_TURN = "in_turn", _("with one, then the other")
    RELATIVES = "relatives", _("with relatives")
    PLACED = "placed", _("placed")
    OTHER = "other", pgettext_lazy("child lives", "elsewhere")
    UNKNOWN = "unknown", pgettext_lazy("child lives", "not known")


class ArrangementSource(models.TextChoices):
    JUDGMENT = "judgment", _("a judgment")
    AGREEMENT = "agreement", _("an agreement")
    FACT = "fact", _("what happens in fact")


class ProceedingKind(models.TextChoices):
    FAMILY = "family", _("family court")
    YOUTH = "youth", _("youth court or youth assistance")


class SameVerdict(models.TextChoices):
    """What somebody decided of two records of persons."""

    SAME = "same", _("one and the same person")
    MERGED = "merged", _("one and the same person, shown as one")
    DIFFERENT = "different", _("two different persons")
