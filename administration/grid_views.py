"""Grids: those in use, their versions, what is imported, duplicated, published, retired. Out of one's sight is 404."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership
from agencies.perms import may_administer_platform
from audit.models import Action
from audit.services import record
from common.errors import RuleBroken
from common.forms import show_errors
from common.uploads import received, takes_files
from riskassessment import drafting, editing, grid_diff, grid_perms, grid_use
from riskassessment.definition import GridDefinition, load
from riskassessment.models import GridDraft, GridVersion
from riskassessment.problems import InvalidGrid
from riskassessment.reading import MAX_BYTES
from riskassessment.versions import definition_of, is_retired
from riskassessment.wording import condition_words, titled

from . import grid_words
from .grid_forms import DuplicateForm, ImportForm, RetireForm

EVERYBODY, SERVICE = "everybody", "service"
FIRST = 300  # of the values of a change that are shown


def writers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Who writes no grid at all does not learn that this page exists."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not grid_perms.may_open(request.membership):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def language() -> str:
    return get_language() or "fr"


# --- the list ---------------------------------------------------------------------------------------------
@require_GET
@writers_only
def grid_list(request: HttpRequest) -> HttpResponse:
    """The grids in use and those retired, the drafts, and what waits for a second pair of eyes."""
    by = request.membership
    latest = list(
        GridVersion.objects.filter(grid__in=editing.readable(by))
        .order_by("grid__slug", "-number")
        .distinct("grid__slug")
        .select_related("grid__agency", "retirement")
    )
    signed = grid_use.signed_under(
        GridVersion.objects.filter(grid__in=[version.grid_id for version in latest]).values_list("pk", flat=True)
    )
    per_grid: dict[Any, int] = {}
    for version_id, grid_id in GridVersion.objects.filter(pk__in=signed).values_list("pk", "grid_id"):
        per_grid[grid_id] = per_grid.get(grid_id, 0) + signed[version_id]
    drafts = list(editing.drafts(by))
    held = {draft.grid_id: draft for draft in drafts if draft.grid_id}
    rows = [
        {
            "version": version,
            "title": definition.title.translated(language()),
            "kind": grid_words.KINDS[definition.kind],
            "demonstration": definition.demonstration,
            "kinds": kinds_of(definition),
            "signed": per_grid.get(version.grid_id, 0),
            "draft": held.get(version.grid_id),
            "retired": is_retired(version),
        }
        for version, definition in ((one, definition_of(one)) for one in latest)
    ]
    written = [_draft_row(by, draft) for draft in drafts]
    context = {
        "rows": [row for row in rows if not row["retired"]],
        "retired": [row for row in rows if row["retired"]],
        "drafts": written,
        "waiting": sum(row["mine_to_read"] for row in written),
    }
    return render(request, "administration/grid_list.html", context)


def _draft_row(by: Membership, draft: GridDraft) -> dict[str, Any]:
    return {
        "draft": draft,
        "title": title_of(draft),
        "waits": draft.proposed_at is not None,
        "mine_to_read": draft.proposed_at is not None and grid_perms.is_second_pair_of_eyes(by, draft),
    }


def title_of(draft: GridDraft) -> str:
    """The title of a draft in the language of the reader, its slug where it has none."""
    return drafting.words(draft.definition, "title", language()) or draft.slug


def kinds_of(definition: GridDefinition) -> list[str]:
    """The kinds of agencies that may use a grid, in words; empty for every kind."""
    known = dict(AgencyKind.choices)
    return [str(known.get(kind, kind)) for kind in definition.agency_kinds]


# --- import -----------------------------------------------------------------------------------------------
def _whose(by: Membership) -> list[tuple[str, Any]]:
    own = (SERVICE, _("for my service alone: %(service)s") % {"service": by.agency.short_name})
    return [(EVERYBODY, _("for everybody")), own] if may_administer_platform(by) else [own]


def _agency(by: Membership, whose: str) -> Agency | None:
    """Whose the grid is to be: None for everybody. The first that this person may choose where nothing is."""
    chosen = whose or _whose(by)[0][0]
    return None if chosen == EVERYBODY else by.agency


@require_http_methods(["GET", "POST"])
@writers_only
@takes_files
def grid_import(request: HttpRequest) -> HttpResponse:
    """Paste or send a definition: a draft where it is a grid, every problem with its path where it is none."""
    by = request.membership
    if request.method == "GET":
        return _import_page(request, ImportForm(whose=_whose(by)))
    form = ImportForm(request.POST, whose=_whose(by))
    if not form.is_valid():
        return _import_page(request, form, status=422)
    sent = received(request, "file")
    document: str | bytes = form.cleaned_data["document"]
    if sent is not None:
        if sent.too_large or len(sent.content) > MAX_BYTES:
            form.add_error("file", _("This file is too large: 512 KB at most."))
        elif not sent.name.lower().endswith((".json", ".yaml", ".yml")):
            form.add_error("file", _("Choose a .json, .yaml or .yml file."))
        document = sent.content
    elif not document.strip():
        form.add_error("document", _("Paste a definition, or choose a file."))
    if form.errors:
        return _import_page(request, form, status=422)
    try:
        draft = editing.import_definition(by=by, document=document, for_agency=_agency(by, form.cleaned_data["whose"]))
    except RuleBroken as broken:
        form.add_error("file" if sent is not None else "document", _("This is no grid that can be used: see below."))
        return _import_page(request, form, refused=by_path(broken), status=422)
    messages.success(request, _("Imported as a draft. Nothing is published yet."))
    return redirect("administration:grid_draft", draft.pk)


def _import_page(
    request: HttpRequest, form: ImportForm, *, refused: Sequence[tuple[str, str]] = (), status: int = 200
) -> HttpResponse:
    return render(request, "administration/grid_import.html", {"form": form, "refused": refused}, status=status)


def by_path(broken: RuleBroken) -> list[tuple[str, str]]:
    """Every problem of a refusal with its path."""
    return [(path, str(message)) for path, found in broken.errors.items() for message in found]


# --- a version --------------------------------------------------------------------------------------------
@require_GET
@writers_only
def grid_version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A published version: what it is, its fingerprint, who put it in force, what it changed."""
    return version_page(request, editing.version_of(request.membership, version_id))


def version_page(
    request: HttpRequest,
    version: GridVersion,
    *,
    duplicate: DuplicateForm | None = None,
    retire: RetireForm | None = None,
    status: int = 200,
) -> HttpResponse:
    by = request.membership
    definition = definition_of(version)
    versions = list(GridVersion.objects.filter(grid=version.grid_id).select_related("retirement").order_by("-number"))
    earlier = next((one for one in versions if one.number < version.number), None)
    may_write = grid_perms.may_write_for(by, version.grid.agency_id)
    latest = versions[0].pk == version.pk
    context = {
        "version": version,
        "grid": definition,
        **titled(definition),
        "kind": grid_words.KINDS[definition.kind],
        "kinds": kinds_of(definition),
        "signed": grid_use.signed_under([version.pk]).get(version.pk, 0),
        "items": item_rows(version.definition),
        "versions": versions,
        "latest": latest,
        "retirement": getattr(version, "retirement", None),
        "earlier": earlier,
        "diff": shown_diff(earlier.definition, version.definition) if earlier else None,
        "draft": editing.drafts(by).filter(grid=version.grid_id).first() if may_write else None,
        "may_write": may_write,
        "may_retire": may_write and latest and not is_retired(version),
        "duplicate": duplicate or DuplicateForm(whose=_whose(by)),
        "retire": retire or RetireForm(),
        "yes_no": f"{pgettext('allowed', 'yes')},{pgettext('allowed', 'no')}",
    }
    return render(request, "administration/grid_version.html", context, status=status)


@require_GET
@writers_only
def grid_version_json(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A version as a document, to keep or to import elsewhere."""
    version = editing.version_of(request.membership, version_id)
    name = f"{version.grid.slug}-{version.number}"
    return document(version.definition, name, kind="riskassessment.GridVersion", object_id=version.pk)


def document(raw: Any, name: str, *, kind: str, object_id: UUID) -> HttpResponse:
    """A definition as a JSON file; the trail says that it was taken."""
    record(action=Action.EXPORTED, object_kind=kind, object_id=object_id, fields=[name])
    text = json.dumps(drafting.normal(raw), ensure_ascii=False, indent=2)
    response = HttpResponse(text + "\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


@require_POST
@writers_only
def grid_duplicate(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A draft of a version: its next one, or the first one of a new grid where a short name is given."""
    by = request.membership
    version = editing.version_of(by, version_id)
    as_new = request.POST.get("as") == "new"
    form = DuplicateForm(request.POST if as_new else None, whose=_whose(by))
    try:
        if not as_new:
            draft = editing.duplicate(by=by, version_id=version.pk)
            return redirect("administration:grid_draft", draft.pk)
        if form.is_valid():
            if not form.cleaned_data["slug"]:
                raise RuleBroken({"slug": [_("Give the new grid a short name.")]})
            draft = editing.duplicate(
                by=by,
                version_id=version.pk,
                new_slug=form.cleaned_data["slug"],
                for_agency=_agency(by, form.cleaned_data["whose"]),
            )
            return redirect("administration:grid_draft", draft.pk)
    except RuleBroken as broken:
        if not as_new:
            messages.error(request, str(broken))
            return redirect("administration:grid_version", version.pk)
        show_errors(form, broken.errors)
    return version_page(request, version, duplicate=form, status=422)


@require_POST
@writers_only
def grid_retire(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Let no new assessment use a version."""
    version = editing.version_of(request.membership, version_id)
    form = RetireForm(request.POST)
    form.full_clean()
    try:
        editing.retire(by=request.membership, version_id=version.pk, reason=form.cleaned_data.get("reason", ""))
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return version_page(request, version, retire=form, status=422)
    messages.success(request, _("Retired: no new assessment uses it. What was signed reads as before."))
    return redirect("administration:grid_version", version.pk)


# --- shared with the pages of drafts ----------------------------------------------------------------------
def item_rows(raw: drafting.Raw) -> list[dict[str, Any]]:
    """[{"title", "id", "items"}] by section, those of no section that is there last; items as the table shows them."""
    sections = [
        {
            "id": one.get("id"),
            "title": drafting.called(one, "title", language()) or "—",
            "items": [],
        }
        for one in drafting.rows(raw, "sections")
    ]
    nowhere = {"id": None, "title": _("In no section"), "items": []}
    by_id = {section["id"]: section for section in reversed(sections)}
    number = 0
    conditions = _conditions(raw)
    for item, group in drafting.written(raw):
        section = by_id.get((group or item).get("section"), nowhere)
        asks = item.get("type") not in ("info", "group")
        number += asks
        section["items"].append(
            {
                "id": item.get("id"),
                "number": number if asks else None,
                "text": drafting.words(item, "text", language()) or _("(no words yet)"),
                "type": grid_words.TYPES.get(item.get("type"), item.get("type")),
                "weight": _weighs(item),
                "critical": item.get("critical") is True or any(one.get("critical") is True for one in _parts(item)),
                "protective": item.get("protective") is True,
                "condition": conditions.get(item.get("id"), ""),
                "condition_code": drafting.told(item["visible_if"]) if item.get("visible_if") else "",
                "in_group": group is not None,
                "is_group": item.get("type") == "group",
                "no_french": not drafting.part(item, "text").get("fr"),
            }
        )
    for section in sections:
        _mark_ends(section["items"])
    return [*sections, nowhere] if nowhere["items"] else sections


def _conditions(raw: drafting.Raw) -> dict[str, str]:
    """{item: when it is shown, in words}; nothing while the definition does not hold together."""
    try:
        grid = load(raw)
    except InvalidGrid:
        return {}
    shown_if = {one.item.id: one.item.visible_if for one in grid.written() if one.item.visible_if is not None}
    return {item_id: condition_words(grid, condition, language()) for item_id, condition in shown_if.items()}


def _mark_ends(items: list[dict[str, Any]]) -> None:
    """Which rows have nothing before or after them to change places with."""
    tops = [row for row in items if not row["in_group"]]
    runs: list[list[dict[str, Any]]] = [tops]
    for row in items:
        if row["is_group"]:
            runs.append([])
        elif row["in_group"]:
            runs[-1].append(row)
    for run in runs:
        for position, row in enumerate(run):
            row["first"], row["last"] = position == 0, position == len(run) - 1


def _parts(item: drafting.Raw) -> list[drafting.Raw]:
    return [*drafting.rows(item, "options"), *drafting.rows(item, "bands")]


def _weighs(item: drafting.Raw) -> str:
    """What an answer to it weighs at most, as far as it is written; empty where nothing is."""
    weights = [one["weight"] for one in _parts(item) if isinstance(one.get("weight"), int)]
    if item.get("type") == "multi":
        most = item.get("most")
        return str(most if isinstance(most, int) else sum(weights))
    if weights:
        return str(max(weights))
    return str(item["weight"]) if isinstance(item.get("weight"), int) else ""


def shown_diff(before: Any, after: Any) -> dict[str, Any]:
    """What changed, as the page shows it."""
    found = grid_diff.compare(drafting.normal(before), drafting.normal(after), language())
    return {
        "any": bool(found),
        "counts_change": found.counts_change,
        "added": found.added,
        "removed": found.removed,
        "sections_added": found.sections_added,
        "sections_removed": found.sections_removed,
        "changed": [_changed(one) for one in (*found.sections, *found.changed)],
        "scoring": _changes(found.scoring),
        "head": _changes(found.head),
    }


def _changed(one: grid_diff.Changed) -> dict[str, Any]:
    return {"entry": one.entry, "moved": one.moved, "changes": _changes(one.changes)}


def _changes(changes: Iterable[grid_diff.Change]) -> list[dict[str, Any]]:
    return [
        {
            "where": grid_words.where(change.where),
            "before": _shown(change.before),
            "after": _shown(change.after),
            "language": change.language,
        }
        for change in changes
    ]


def _shown(value: grid_diff.Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return pgettext("allowed", "yes") if value else pgettext("allowed", "no")
    text = str(value)
    return text if len(text) <= FIRST else text[:FIRST] + "…"
