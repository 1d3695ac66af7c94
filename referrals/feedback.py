"""What the service that took somebody over tells the sender of its work, beyond the state.

The state always returns. Content returns with the consent of the person it is about, or by right, and then of
attendance and conditions alone, to the judicial authority that mandated.
"""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_write
from cases.access import for_case
from cases.enums import Category, EventCode
from cases.models import Case
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken, text_problem
from common.forms import INCOMPLETE
from common.once import insert_once
from notifications.models import NoticeKind
from sharing.models import Consent

from . import perms
from .answering import locked, tell
from .models import FeedbackBasis, Referral, ReferralFeedback

TEXT_LENGTH = 2000
MOST = 50
CONTENT = (
    Category.PSYCHOSOCIAL,
    Category.HEALTH,
    Category.MIGRATION,
    Category.CHILDREN,
    Category.PERPETRATOR_WORK,
)
"""A consent to give feedback opens one of these to the sender."""


@dataclass(frozen=True)
class Told:
    """A feedback as one of the two services reads it: `text` is empty for the sender once the consent has ended."""

    feedback: ReferralFeedback
    text: str
    ended: bool


def consents_for(*, by: Membership, referral: Referral) -> list[Consent]:
    """The consents of the person that allow telling the sender of the work, the latest first; none without the case."""
    case = Case.objects.visible_to(by).filter(pk=referral.case_id).first()
    if case is None:
        return []
    known = Consent.objects.of_case(for_case(case, by)).live().naming(referral.from_agency)
    wanted = [category.value for category in CONTENT]
    return list(known.filter(subject=referral.subject_id, categories__overlap=wanted).order_by("-given_at", "-pk")[:20])


def give(
    *,
    by: Membership,
    referral_id: UUID,
    text: str,
    basis: str,
    consent_id: UUID | None = None,
    request_key: UUID | None,
) -> ReferralFeedback:
    """Write it once; the sender is told that something waits to be read. The same `request_key` gives the same row, and
    none is refused.

    Raises RuleBroken by field, Refused for who may not, Http404.
    """
    referral = locked(by=by, referral_id=referral_id)
    if referral.to_agency_id != by.agency_id or not may_write(by):
        raise Refused(_("Feedback is given by the service that took the person over."))
    if not perms.may_tell_content(by, referral):
        raise RuleBroken(_("Accept the referral first: before that there is nothing to tell."))
    if request_key is None:
        raise RuleBroken({"key": [INCOMPLETE]})
    mine = ReferralFeedback.objects.filter(referral=referral, request_key=request_key)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if problem := text_problem(text, most=TEXT_LENGTH, missing=_("Write what you tell the sender.")):
        errors["text"] = [problem]
    consent = None
    if basis not in FeedbackBasis.values:
        errors["basis"] = [_("Say on what basis you tell the sender.")]
    elif basis not in perms.feedback_bases(referral):
        errors["basis"] = [
            _("Only a judicial authority that mandated is told by right. Ask the person for their consent first.")
        ]
    elif basis == FeedbackBasis.CONSENT:
        consent = next((each for each in consents_for(by=by, referral=referral) if each.pk == consent_id), None)
        if consent is None:
            errors["consent"] = [
                _("Choose the consent it rests on. Where there is none, ask the person and record it first.")
            ]
    if errors:
        raise RuleBroken(errors)
    feedback = ReferralFeedback(
        case_id=referral.case_id,
        referral=referral,
        text=text.strip(),
        basis=basis,
        consent=consent,
        agency=by.agency,
        author=by.user,
        request_key=request_key,
    )
    feedback, new = insert_once(feedback, mine=mine)
    if not new:
        return feedback
    tell(
        referral,
        by=by,
        event=EventCode.REFERRAL_FEEDBACK,
        kind=NoticeKind.REFERRAL_TOLD,
        dedupe=f"feedback:{feedback.pk}",
    )
    return feedback


def told(*, by: Membership, referral: Referral) -> list[Told]:
    """What was told of this referral, for its two services, the oldest first; nobody else reads it.

    The sender reads it as long as the consent it rests on holds: after that only that there was something.
    """
    if by.agency_id not in (referral.from_agency_id, referral.to_agency_id):
        return []
    rows = ReferralFeedback.objects.filter(referral=referral).select_related("author", "agency").order_by("at", "pk")
    open_to_me = {row.pk: row for row in rows[:MOST]}
    # the sender may be able to read neither the consent nor what rested on it: that it was there, it is told
    with system_context(SystemContext.GRANTS):
        known = list(rows.defer("text")[:MOST])
        consents = {row.consent_id for row in known if row.consent_id}
        holds = set(Consent.objects.live().filter(pk__in=consents).values_list("pk", flat=True)) if consents else set()
    found = []
    for row in known:
        ended = row.consent_id is not None and row.consent_id not in holds
        opened = open_to_me.get(row.pk) if not ended or row.agency_id == by.agency_id else None
        found.append(Told(row, opened.text if opened else "", ended))
    return found
