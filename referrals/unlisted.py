"""A service that is not in the list, named on the way to a referral: entered, and put into the draft it is for."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agencies import unlisted
from agencies.models import Agency, Membership
from cases.access import get_case
from cases.models import ContactPoint
from cases.services import names_somebody
from common.errors import Refused, RuleBroken
from common.phones import normalise

from . import drafts, perms
from .asking import RECEIVERS


def problems(*, by: Membership, case_id: UUID, values: Mapping[str, str]) -> dict[str, list[str]]:
    """Why it cannot be entered, by field; what belongs to a person of the case is never a service.

    Raises Refused for who may not refer, Http404.
    """
    _case, access = get_case(case_id, by)
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    errors = unlisted.problems(values)
    if "name" not in errors and names_somebody(access, values["name"]):
        errors["name"] = [_("This names somebody of the case. Write the name of the service, as on its door.")]
    if "professional_phone" not in errors and _is_somebodys(case_id, values["professional_phone"]):
        errors["professional_phone"] = [
            _("This number belongs to somebody of the case. Write the one the service publishes.")
        ]
    return errors


def _is_somebodys(case_id: UUID, written: str) -> bool:
    """Whether the number is one of the contact points of the case that the acting agency may read."""
    try:
        number = normalise(written)
    except ValueError:
        return False
    return number in set(ContactPoint.objects.filter(case=case_id, ended_at=None).values_list("value", flat=True))


def enter(*, by: Membership, case_id: UUID, values: Mapping[str, str], draft_id: UUID | None) -> Agency:
    """Enter it, and name it as the service of the draft. Raises Refused, RuleBroken by field, Http404."""
    with transaction.atomic():
        if errors := problems(by=by, case_id=case_id, values=values):
            raise RuleBroken(errors)
        agency = unlisted.enter(by=by, values=values)
        choose(by=by, case_id=case_id, draft_id=draft_id, agency=agency)
    return agency


def choose(*, by: Membership, case_id: UUID, draft_id: UUID | None, agency: Agency) -> None:
    """Name a service as the one the draft asks first; nothing without a draft. Raises Http404."""
    if draft_id is None:
        return
    case, _access = get_case(case_id, by)
    draft = drafts.find(by=by, case=case, draft_id=draft_id)
    data = draft.data | {RECEIVERS[0]: str(agency.pk)}
    drafts.save(by=by, case_id=case_id, draft_id=draft_id, data=data, version=draft.version)
