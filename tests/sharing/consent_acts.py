"""A consent as somebody fills in the form."""

from datetime import timedelta

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case
from cases.models import Case
from common.clock import now
from common.ids import uuid7
from sharing.consents import Given, write_consent
from sharing.models import Consent
from sharing.services import decide
from tests.referrals_acts import person

PRINCIPLES = {
    "necessity": "Préparer l'accueil avec elle.",
    "timeliness": "Elle arrive demain.",
    "security": "Dans cette application seulement.",
    "reach": "external",
}


def given(case: Case, *to: Membership, role: str = "victim", **changes) -> Given:
    """A whole consent; call it as who may read the case."""
    values = {
        "subject_id": person(case, role).pk,
        "given_by": "subject",
        "given_how": "oral",
        "language": "fr",
        "explained": "Qui verra quoi, jusqu'à quand, et comment changer d'avis.",
        "purposes": ("support",),
        "categories": ("identity", "contact"),
        "recipients": tuple(member.agency_id for member in to),
        "valid_until": now() + timedelta(days=90),
        "sheet": "given",
    }
    return Given(**values | changes)


def write(by: Membership, case: Case, *to: Membership, key=None, **changes) -> Consent:
    with acting_as(by):
        wanted = given(case, *to, **changes)
        consent, _new = write_consent(
            by=by, case=case, access=for_case(case, by), given=wanted, request_key=key or uuid7()
        )
        return consent


def open_on(by: Membership, consent: Consent, to: Membership, *grants: str, side: str = "victim", contributes=True):
    """Decide on this consent, for one service."""
    with acting_as(by):
        return decide(
            by=by, case=consent.case, recipient=to.agency, side=side, way_in="decision", basis="consent",
            consent=consent, grants=list(grants or ("identity:victim", "contact:victim")), contributes=contributes,
            **PRINCIPLES,
        )  # fmt: skip


def form_data(case: Case, *to: Membership, role: str = "victim", **changes) -> dict:
    """The same as a browser sends it; call it as who may read the case."""
    values = {
        "subject": str(person(case, role).pk),
        "given_by": "subject",
        "given_how": "oral",
        "language": "fr",
        "explained": "Qui verra quoi, jusqu'à quand, et comment changer d'avis.",
        "purposes": ["support"],
        "categories": ["identity", "contact"],
        "recipients": [str(member.agency_id) for member in to],
        "valid_until": (now() + timedelta(days=90)).strftime("%Y-%m-%d"),
        "sheet": "given",
        "request_key": str(uuid7()),
    }
    return values | changes
