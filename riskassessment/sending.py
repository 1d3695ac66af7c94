"""What a program sends under a key of its own: one assessment, however often and however close together it is sent."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.models import Case
from common.api import KEY_HEADER
from common.errors import Refused, RuleBroken, StaleVersion
from reports.models import Report

from . import services
from .models import Assessment, GridVersion
from .versions import latest_versions, open_to


class AlreadyBegun(StaleVersion):
    """The agency has an open draft with this grid for this event: what was sent may not go over it."""

    def __init__(self, draft: Assessment):
        self.draft = draft
        super().__init__(
            _("Your service has begun this grid for this event already: go on with that draft."), version=draft.version
        )


def fillable(by: Membership) -> list[GridVersion]:
    """The version of each grid that a new assessment uses, of those open to the acting agency, by slug."""
    return [version for version in latest_versions() if open_to(by.agency, version)]


def receive(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    key: UUID,
    grid_slug: str,
    number: int | None = None,
    report: Report | None = None,
    presence: str = "",
) -> tuple[Assessment, bool]:
    """Begin a draft under a program's `key`; (assessment, whether it is new). The same key gives the same assessment.

    Raises what `services.start` raises, StaleVersion where `number` is not the version in use, AlreadyBegun, RuleBroken
    for a key that was used in another case.
    """
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    services.lock_case(case.pk)
    known = Assessment.objects.filter(agency=by.agency, key=key).first()
    if known is not None:
        if known.case_id != case.pk:
            raise _used()
        return known, False
    version = next((each for each in fillable(by) if each.grid.slug == grid_slug), None)
    if version is not None:
        _refuse_other(version, number)
        drafts = Assessment.objects.filter(case=case, report=report, grid_version=version, agency=by.agency)
        if (begun := drafts.filter(signed_at=None).first()) is not None:
            raise AlreadyBegun(begun)
    try:
        with transaction.atomic():
            made = services.start(
                by=by, case=case, access=access, grid_slug=grid_slug, report=report, presence=presence
            )
            made.key = key
            made.save(update_fields=["key"])
    except IntegrityError:  # a case this person no longer sees has it, or another case at this very moment
        raise _used() from None
    return made, True


def _refuse_other(version: GridVersion, number: int | None) -> None:
    if number is not None and number != version.number:
        raise StaleVersion(
            _("The version in use is number %(number)d: give the answers to its questions.")
            % {"number": version.number},
            version=version.number,
        )


def _used() -> RuleBroken:
    return RuleBroken({KEY_HEADER: [_("This key was used for another assessment: send one of its own with each.")]})
