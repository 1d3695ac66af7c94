"""What rests on a partnership: the act that organises a consultation, or that a consent names. It ends with it."""

from agencies.models import Agency, Membership, Partnership
from common.acting import SystemContext, system_context

from .authorisations import close
from .models import Consent, SharingDecision
from .services import end_decision


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
            end_decision(by=by, decision=decision, reason=reason)
    ended.sort(key=lambda each: (each.case_id, each.recipient_id))
    close(by=by, rested=ended)
    return len(ended)
