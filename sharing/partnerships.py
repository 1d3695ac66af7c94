"""What rests on a partnership: the act that organises a consultation, or that a consent names. It ends with it."""

from agencies.models import Agency, Membership, Partnership
from audit.models import Action
from audit.services import record
from common.acting import SystemContext, system_context

from .authorisations import close
from .models import Consent, SharingDecision, SharingRevocation


def anything_rests_on(partnership: Partnership) -> bool:
    """Whether a decision or a consent was ever written under this act, in whatever case."""
    with system_context(SystemContext.GRANTS):
        return (
            SharingDecision.objects.filter(partnership=partnership).exists()
            or Consent.objects.filter(partnership=partnership).exists()
        )


def end_what_rested_on(*, by: Membership, partnership: Partnership, reason: str, agency: Agency | None = None) -> int:
    """End what was shared in consultations of this partnership, and what consents opened to its members alone; of one
    agency, given as `agency`, when it leaves. Called once the end is written; returns how many decisions ended.
    """
    with system_context(SystemContext.GRANTS):
        live = SharingDecision.objects.live().select_related("recipient", "agency")
        ended = list(live.filter(partnership=partnership).order_by("case_id", "recipient_id", "pk"))
        if agency is not None:
            ended = [each for each in ended if agency.pk in (each.recipient_id, each.agency_id)]
        named = live.filter(consent__partnership=partnership).order_by("case_id", "recipient_id", "pk")
        ended += [
            each for each in named if not Consent.objects.naming(each.recipient).filter(pk=each.consent_id).exists()
        ]
        for decision in ended:
            _revoke(by, decision, reason)
    ended.sort(key=lambda each: (each.case_id, each.recipient_id))
    close(by=by, rested=ended)
    return len(ended)


def _revoke(by: Membership, decision: SharingDecision, reason: str) -> None:
    SharingRevocation.objects.create(
        case_id=decision.case_id, decision=decision, reason=reason, agency=by.agency, revoked_by=by.user
    )
    record(
        action=Action.DECIDED,
        case_id=decision.case_id,
        object_kind="sharing.SharingRevocation",
        object_id=decision.pk,
        fields=decision.grants,
    )
