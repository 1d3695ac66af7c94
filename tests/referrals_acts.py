"""A referral as somebody types it, and the acts around it."""

from datetime import timedelta

from agencies.acting import acting_as
from agencies.models import Membership
from cases.models import Case, CasePerson
from casework.referring import accept_referral, send_referral
from common.clock import now
from common.ids import uuid7
from referrals.models import Referral
from referrals.sending import Asked
from tests.factories import make_report


def person(case: Case, role: str = "victim") -> CasePerson:
    return CasePerson.objects.get(case=case, role=role)


def asked(case: Case, to: Membership, *, role: str = "victim", **changes) -> Asked:
    """A whole referral on consent; call it as the sender."""
    values = {
        "subject_id": person(case, role).pk,
        "to_agency_id": to.agency_id,
        "need": "shelter",
        "urgency": "within_48_hours",
        "reason": "Elle ne peut pas rentrer chez elle ce soir.",
        "basis": "consent",
        "given_how": "oral",
        "language": "fr",
        "explained": "Qui verra quoi, jusqu'à quand, et qu'elle peut changer d'avis.",
        "purpose": "Trouver une place",
        "valid_until": now() + timedelta(days=90),
    }
    return Asked(**values | changes)


def make_case(by: Membership, **changes) -> Case:
    return make_report(by, **changes).case


def send(by: Membership, case: Case, to: Membership, *, key=None, **changes) -> Referral:
    with acting_as(by):
        return send_referral(by=by, case_id=case.pk, asked=asked(case, to, **changes), request_key=key or uuid7())


def accept(by: Membership, referral: Referral) -> Referral:
    with acting_as(by):
        return accept_referral(by=by, referral_id=referral.pk)
