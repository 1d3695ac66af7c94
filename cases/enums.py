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
