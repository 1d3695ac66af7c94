"""A consent withdrawn: what rested on it ends at once, who lost something is told, and she is asked safely why."""

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from agencies.models import Agency, Membership
from agencies.perms import WRITERS
from agencies.services import writers_of
from cases.access import CaseAccess, Participants, participants, reaching_victim
from cases.answering import answers
from cases.enums import EventCode, Level, ParticipationSide, Side
from cases.models import Case
from common.errors import Refused
from followups.planning import plan_withdrawal_check
from followups.reassessments import reassess_sooner
from notifications.models import NoticeKind
from notifications.services import notify
from sharing import services as sharing
from sharing.consents import log_consent
from sharing.ending import Ending, endings
from sharing.models import Consent, ConsentWithdrawal
from sharing.perms import may_withdraw

ALARMING = frozenset({Level.HIGH, Level.CRITICAL})
"""Levels at which a change of mind may be his doing."""


def withdraw_consent(*, by: Membership, case: Case, access: CaseAccess, consent: Consent) -> ConsentWithdrawal:
    """The person changed their mind: what rests on this consent alone ends with this transaction.

    The services that lose something are told without content. At a high or critical level, a consent of her side makes
    the service that reaches her ask safely whether she was made to withdraw, and the risk is assessed again.
    Withdrawing twice gives the first withdrawal. Raises Refused.
    """
    if not may_withdraw(access, consent):
        raise Refused(sharing.REFUSED_WITHDRAWAL)
    with transaction.atomic():
        sharing.lock_consent(consent)
        already = ConsentWithdrawal.objects.filter(consent=consent).first()
        if already is not None:
            return already
        ended = endings(case, consent)
        withdrawal = sharing.withdraw_consent(by=by, access=access, consent=consent)
        # written once it has ended: to have said so is not work that would outlive the basis
        log_consent(by=by, consent=consent, code=EventCode.CONSENT_WITHDRAWN)
        working = participants([case])
        for ending in ended:
            if ending.loses and ending.agency.pk != by.agency_id:
                _tell(case, consent, ending, working)
        if consent.side == Side.VICTIM and case.level in ALARMING and case.closed_at is None:
            _ask_why(by, case, withdrawal, working)
    return withdrawal


def _tell(case: Case, consent: Consent, ending: Ending, working: Participants) -> None:
    """That a sharing has ended: neither which person nor what."""
    path = reverse("cases:list") if ending.loses_case else reverse("sharing:case_access", args=[case.pk])
    notify(
        recipients=working.among(case, writers_of([ending.agency])),
        kind=NoticeKind.SHARING_ENDED,
        path=path,
        dedupe_key=f"consent_ended:{consent.pk}:{ending.agency.pk}",
        case_id=case.pk,
    )


def _ask_why(by: Membership, case: Case, withdrawal: ConsentWithdrawal, working: Participants) -> None:
    agency, person = _referent(by, case, working)
    asked = plan_withdrawal_check(
        by=by,
        case=case,
        about=withdrawal.consent.subject,
        agency=agency,
        person=person,
        source_id=withdrawal.pk,
    )
    reassess_sooner(by=by, case=case, source_id=withdrawal.pk, due_at=asked.due_at, otherwise=agency)


def _referent(by: Membership, case: Case, working: Participants) -> tuple[Agency, User | None]:
    """Who asks her: the reference person of the case where they take part and are not on his side; else a service that
    adds to the case and reaches her, of her side first; else the one that leads, or answers where it works with him.
    """
    if case.reference_person_id:
        hats = Membership.objects.live().filter(user=case.reference_person_id, role__in=WRITERS)
        for hat in hats.select_related("agency", "user").order_by("pk"):
            his = sharing.participation_side(case=case, agency=hat.agency) == ParticipationSide.PERPETRATOR
            if not his and working.takes_part(case, hat.agency) and working.may_know(case, hat.user_id):
                return hat.agency, hat.user
    groups = reaching_victim(case.pk)
    if groups:
        return Agency.objects.get(group=groups[0]), None
    return answers(case) or by.agency, None
