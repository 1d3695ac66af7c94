"""Grids written by administrators: imported or duplicated as a draft, changed, proposed, published, retired.

A draft is plain data, whole or not; `drafting.problems` says what is missing. What is published is frozen: it has
passed every check, it has French, and somebody else than who wrote it has put it in force. The version keeps the id of
its draft, so that an address given for the draft leads to what became of it.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.enums import Role
from agencies.models import Agency, Membership
from agencies.perms import may_administer_platform
from audit.models import Action
from audit.services import record
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion, text_problem
from common.locks import lock
from notifications.models import NoticeKind
from notifications.services import notify

from . import drafting, grid_perms
from .definition import content_hash, load, load_text, not_ready, to_raw
from .models import Grid, GridDraft, GridRetirement, GridVersion
from .problem_words import told
from .problems import InvalidGrid, Problem

LONGEST_REASON = 1000
KEPT_OUT = "version"  # of a definition, when two are compared: the number follows


# --- reading ----------------------------------------------------------------------------------------------
def readable(by: Membership) -> QuerySet[Grid]:
    """The grids whose definition this person may read."""
    if not grid_perms.may_open(by):
        return Grid.objects.none()
    if may_administer_platform(by):
        return Grid.objects.all()
    return Grid.objects.filter(Q(agency=None) | Q(agency=by.agency_id))


def drafts(by: Membership) -> QuerySet[GridDraft]:
    """The drafts this person may write on, the latest first."""
    if not grid_perms.may_open(by):
        return GridDraft.objects.none()
    rows = GridDraft.objects.select_related("grid", "for_agency", "saved_by", "proposed_by", "based_on__grid")
    return rows if may_administer_platform(by) else rows.filter(for_agency=by.agency_id)


def version_of(by: Membership, version_id: UUID) -> GridVersion:
    """A published version. Raises Http404 for who may not read it."""
    found = (
        GridVersion.objects.filter(pk=version_id, grid__in=readable(by))
        .select_related("grid__agency", "proposed_by", "published_by", "retirement__retired_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def before(draft: GridDraft) -> GridVersion | None:
    """What a draft is compared with: the latest version of its grid, else what it was duplicated from."""
    if draft.grid_id is None:
        return draft.based_on
    return GridVersion.objects.filter(grid=draft.grid_id).select_related("grid").order_by("-number").first()


def next_number(grid: Grid | None) -> int:
    """The number of the next version of a grid."""
    latest = GridVersion.objects.filter(grid=grid).order_by("-number").first() if grid else None
    return latest.number + 1 if latest else 1


def second_pairs_of_eyes(draft: GridDraft) -> list[Membership]:
    """Who may publish a draft that is proposed: platform administrators, and for the instrument of one agency its
    administrators and managers; never who proposed it or saved it last.
    """
    rows = Membership.objects.live().select_related("user")
    wanted = Q(role=Role.PLATFORM_ADMINISTRATOR)
    if draft.for_agency_id is not None:
        wanted |= Q(agency=draft.for_agency_id, role__in=[Role.AGENCY_ADMINISTRATOR, Role.MANAGER])
    return [member for member in rows.filter(wanted) if grid_perms.is_second_pair_of_eyes(member, draft)]


# --- beginning --------------------------------------------------------------------------------------------
def import_definition(*, by: Membership, document: str | bytes, for_agency: Agency | None) -> GridDraft:
    """A draft from a whole definition, in JSON or YAML, for everybody (None) or for one agency.

    Raises Refused for who may not write for it, RuleBroken with every problem by its path; nothing is saved then.
    """
    _check_may(by, for_agency.pk if for_agency else None)
    definition = _loaded(document)
    return _begin(by, slug=definition.slug, raw=to_raw(definition), for_agency=for_agency, based_on=None)


def duplicate(*, by: Membership, version_id: UUID, new_slug: str = "", for_agency: Agency | None = None) -> GridDraft:
    """A draft of a version: the next one of its grid, or the first one of a new grid where `new_slug` is given.

    The draft of the same grid that is there already is returned as it is. Raises Http404, Refused, RuleBroken by field.
    """
    version = version_of(by, version_id)
    grid = version.grid
    if not new_slug:
        _check_may(by, grid.agency_id)
        lock(f"grid {grid.slug}")
        found = drafts(by).filter(grid=grid).first()
        return found or _begin(by, slug=grid.slug, raw=version.definition, for_agency=grid.agency, based_on=version)
    _check_may(by, for_agency.pk if for_agency else None)
    raw = dict(version.definition) | {"slug": new_slug}
    if wrong := [problem for problem in drafting.problems(raw)[0] if problem.path == "slug"]:
        raise RuleBroken({"slug": [problem.message for problem in wrong]})
    return _begin(by, slug=new_slug, raw=raw, for_agency=for_agency, based_on=version, new=True)


def _begin(
    by: Membership,
    *,
    slug: str,
    raw: Mapping[str, Any],
    for_agency: Agency | None,
    based_on: GridVersion | None,
    new: bool = False,
) -> GridDraft:
    lock(f"grid {slug}")
    grid = Grid.objects.filter(slug=slug).first()
    for_agency_id = for_agency.pk if for_agency else None
    if grid is not None and (new or grid.agency_id != for_agency_id):
        raise RuleBroken({"slug": [_taken(slug)]})
    if held := GridDraft.objects.filter(slug=slug).first():
        if grid_perms.may_write_for(by, held.for_agency_id):
            raise RuleBroken({"slug": [_("A draft of this grid is there already: go on with it.")]})
        raise RuleBroken({"slug": [_taken(slug)]})
    return GridDraft.objects.create(
        slug=slug,
        grid=grid,
        based_on=based_on,
        for_agency=for_agency,
        definition=dict(raw) | {"slug": slug, "version": next_number(grid)},
        agency=by.agency,
        author=by.user,
        saved_by=by.user,
    )


# --- changing ---------------------------------------------------------------------------------------------
def save_draft(*, by: Membership, draft_id: UUID, definition: Mapping[str, Any], version: int) -> GridDraft:
    """Keep a draft as it stands now, whole or not; a proposal is taken back by it. The same again changes nothing.

    Raises Http404, StaleVersion when a colleague saved since `version`, RuleBroken by path for what cannot be stored.
    """
    draft = _locked(by, draft_id)
    if draft.version != version:
        raise _stale(draft)
    try:
        raw = drafting.plain(definition)
    except InvalidGrid as invalid:
        raise _broken(invalid.problems) from invalid
    raw |= {"slug": draft.slug, "version": next_number(draft.grid)}
    if raw == draft.definition:
        return draft
    draft.definition = raw
    draft.version += 1
    draft.saved_by, draft.saved_at = by.user, now()
    draft.proposed_by = draft.proposed_at = None
    draft.save(update_fields=["definition", "version", "saved_by", "saved_at", "proposed_by", "proposed_at"])
    return draft


def replace(*, by: Membership, draft_id: UUID, document: str | bytes, version: int) -> GridDraft:
    """Put a whole definition, in JSON or YAML, in the place of what a draft holds. Its slug must be the draft's.

    Raises what `save_draft` raises, RuleBroken with every problem by its path.
    """
    draft = _locked(by, draft_id)
    definition = _loaded(document)
    if definition.slug != draft.slug:
        raise RuleBroken({"slug": [_("This draft is of the grid “%(slug)s”.") % {"slug": draft.slug}]})
    return save_draft(by=by, draft_id=draft_id, definition=to_raw(definition), version=version)


def discard(*, by: Membership, draft_id: UUID) -> None:
    """Throw a draft away. Raises Http404."""
    _locked(by, draft_id).delete()


# --- publishing -------------------------------------------------------------------------------------------
def propose(*, by: Membership, draft_id: UUID, version: int, path: str) -> GridDraft:
    """Ask for a second pair of eyes; a second time changes nothing. `path` is where their notice leads.

    Raises Http404, StaleVersion, RuleBroken while a check fails or French is missing (by path), or nothing changes.
    """
    draft = _locked(by, draft_id)
    if draft.version != version:
        raise _stale(draft)
    if draft.proposed_at is not None:
        return draft
    _publishable(draft)
    draft.proposed_by, draft.proposed_at = by.user, now()
    draft.save(update_fields=["proposed_by", "proposed_at"])
    notify(
        recipients=second_pairs_of_eyes(draft),
        kind=NoticeKind.GRID_PROPOSED,
        path=path,
        dedupe_key=f"grid-proposed:{draft.pk}:{draft.version}",
    )
    return draft


def publish(*, by: Membership, draft_id: UUID, version: int) -> GridVersion:
    """Freeze a proposed draft as the next version of its grid; the draft is gone. What was begun before stays under
    the version it was begun with.

    Raises Http404, Refused for who proposed it or saved it last, StaleVersion, RuleBroken when it is not proposed, when
    a check fails or French is missing (by path), when nothing changes, when it has just been published.
    """
    draft = _locked(by, draft_id)
    if draft.version != version:
        raise _stale(draft)
    if draft.proposed_at is None:
        raise RuleBroken(_("Propose this version first: somebody else reads it before it is published."))
    if not grid_perms.is_second_pair_of_eyes(by, draft):
        raise Refused(_("Somebody else publishes this version: neither who proposed it nor who saved it last."))
    definition = _publishable(draft)
    grid = draft.grid or Grid.objects.create(slug=draft.slug, agency=draft.for_agency)
    published = GridVersion.objects.create(
        pk=draft.pk,
        grid=grid,
        number=definition.version,
        definition=to_raw(definition),
        content_hash=content_hash(definition),
        proposed_by=draft.proposed_by,
        published_by=by.user,
    )
    draft.delete()
    _decided(published, "published")
    return published


def retire(*, by: Membership, version_id: UUID, reason: str) -> GridRetirement:
    """Let no new assessment use the version in use of a grid: what was begun under it may be finished, what was signed
    reads as before. A later version puts the grid in use again. Twice changes nothing.

    Raises Http404, Refused for who may not write this grid, RuleBroken by field.
    """
    version = version_of(by, version_id)
    _check_may(by, version.grid.agency_id)
    lock(f"grid {version.grid.slug}")
    if already := GridRetirement.objects.filter(version=version).first():
        return already
    if problem := text_problem(reason, most=LONGEST_REASON, missing=_("Say why it is no longer used.")):
        raise RuleBroken({"reason": [problem]})
    if GridVersion.objects.filter(grid=version.grid, number__gt=version.number).exists():
        raise RuleBroken(_("A later version is in use: this one serves no new assessment already."))
    retirement = GridRetirement.objects.create(
        version=version, reason=reason.strip(), agency=by.agency, retired_by=by.user
    )
    _decided(version, "retired")
    return retirement


def _publishable(draft: GridDraft) -> Any:
    """The definition under its next number. Raises RuleBroken by path."""
    raw = draft.definition | {"version": next_number(draft.grid)}
    try:
        definition = load(raw)
    except InvalidGrid as invalid:
        raise _broken(invalid.problems) from invalid
    if lacking := not_ready(definition):
        raise _broken(lacking)
    if draft.grid_id is None and Grid.objects.filter(slug=draft.slug).exists():
        raise RuleBroken({"slug": [_taken(draft.slug)]})
    content = _content(to_raw(definition))
    held = GridVersion.objects.filter(grid=draft.grid).values_list("number", "definition") if draft.grid else ()
    for number, other in held:
        if _content(other) == content:
            raise RuleBroken(_("Version %(number)d says exactly the same: there is nothing to publish.")
                             % {"number": number})  # fmt: skip
    return definition


def _content(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key != KEPT_OUT}


def _decided(version: GridVersion, what: str) -> None:
    record(
        action=Action.DECIDED,
        object_kind="riskassessment.GridVersion",
        object_id=version.pk,
        fields=[version.grid.slug],
        reason=f"{version.grid.slug} v{version.number} {what}",
    )


# --- shared -----------------------------------------------------------------------------------------------
def _check_may(by: Membership, agency_id: UUID | None) -> None:
    if not grid_perms.may_write_for(by, agency_id):
        raise Refused(_("Grids for everybody are written by platform administrators, those of a service by its own."))


def _taken(slug: str) -> str:
    return _("The short name “%(slug)s” is taken by another grid: choose another one.") % {"slug": slug}


def _locked(by: Membership, draft_id: UUID) -> GridDraft:
    """The draft, one writer at a time. Raises Http404; RuleBroken when it has been published meanwhile."""
    draft = drafts(by).filter(pk=draft_id).first()
    if draft is not None:
        lock(f"grid {draft.slug}")
        draft = drafts(by).select_for_update(of=("self",)).filter(pk=draft_id).first()
    if draft is None:
        version_of(by, draft_id)
        raise RuleBroken(_("A colleague has just published this version."))
    return draft


def _stale(draft: GridDraft) -> StaleVersion:
    return StaleVersion(
        _("%(who)s has saved this draft since you opened it.") % {"who": draft.saved_by.full_name},
        version=draft.version,
    )


def _loaded(document: str | bytes) -> Any:
    try:
        return load_text(document)
    except InvalidGrid as invalid:
        raise _broken(invalid.problems) from invalid


def _broken(problems: Iterable[Problem]) -> RuleBroken:
    """By path, "" for the whole."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.path, []).append(told(problem.message))
    return RuleBroken(errors)
