"""A version of a grid being written: its table, its forms, what is missing, a look at it, who publishes it."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.models import TrainingCourse
from agencies.training import title_of as course_title
from common.autosave import version_of
from common.errors import RuleBroken, StaleVersion
from riskassessment import drafting, editing, grid_perms
from riskassessment.forms import AnswersForm
from riskassessment.models import GridDraft, GridVersion
from riskassessment.problem_words import told
from riskassessment.problems import Problem
from riskassessment.versions import definition_of, latest_versions
from riskassessment.wording import titled

from . import grid_words
from .grid_forms import DocumentForm, HeadForm, StructureForm
from .grid_item_forms import ItemForm
from .grid_scoring_forms import ScoringForm
from .grid_views import by_path, document, item_rows, kinds_of, language, shown_diff, title_of, writers_only

ITEM = re.compile(r"items\[(\d+)\](?:\.items\[(\d+)\])?")
PAGES = {
    "scoring": "grid_scoring", "coverage": "grid_scoring", "reassess_after_hours": "grid_scoring",
    "level_names": "grid_scoring", "sections": "grid_structure", "dimensions": "grid_structure",
}  # fmt: skip
LANGUAGES = {"fr": "Français", "nl": "Nederlands", "en": "English"}

View = Callable[..., HttpResponse]


def of_draft(view: View) -> View:
    """Give a view its draft: 404 outside what this person may write on; one published by now leads to its version."""

    @writers_only
    @wraps(view)
    def found(request: HttpRequest, draft_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = editing.drafts(request.membership).filter(pk=draft_id).first()
        if draft is not None:
            return view(request, draft, *args, **kwargs)
        version = editing.version_of(request.membership, draft_id)
        messages.info(request, _("This version has been published."))
        return redirect("administration:grid_version", version.pk)

    return found


# --- the table --------------------------------------------------------------------------------------------
@require_GET
@of_draft
def grid_draft(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """What a draft holds, what is missing, and who publishes it."""
    return draft_page(request, draft)


def draft_page(
    request: HttpRequest, draft: GridDraft, *, refused: list[str] | None = None, status: int = 200
) -> HttpResponse:
    by = request.membership
    wrong, lacking = drafting.problems(draft.definition)
    eyes = editing.second_pairs_of_eyes(draft)
    context = _context(draft) | {
        "problems": [_line(draft, one) for one in wrong],
        "lacking": [_line(draft, one) for one in lacking],
        "ready": not wrong and not lacking,
        "sections": item_rows(draft.definition),
        "types": list(grid_words.TYPES.items()),
        "before": editing.before(draft),
        "may_publish": draft.proposed_at is not None and grid_perms.is_second_pair_of_eyes(by, draft),
        "nobody_else": not [member for member in eyes if member.user_id != by.user_id],
        "refused": refused or [],
    }
    return render(request, "administration/grid_draft.html", context, status=status)


def _context(draft: GridDraft) -> dict[str, Any]:
    return {"draft": draft, "title": title_of(draft), "number": editing.next_number(draft.grid)}


def _line(draft: GridDraft, problem: Problem) -> dict[str, str]:
    """A problem with the page where it is corrected."""
    raw = draft.definition
    href = reverse("administration:grid_head", args=[draft.pk])
    about = ""
    if found := ITEM.match(problem.path):
        item = _at(drafting.rows(raw, "items"), found[1])
        if found[2] and item:
            item = _at(drafting.rows(item, "items"), found[2]) or item
        if item and isinstance(item.get("id"), str) and item["id"]:
            href = reverse("administration:grid_item", args=[draft.pk, item["id"]])
            about = drafting.called(item, "text", language())
    else:
        page = PAGES.get(re.split(r"[.\[]", problem.path)[0])
        if page:
            href = reverse(f"administration:{page}", args=[draft.pk])
        elif problem.path == "items":
            href = "#add-item"
    return {"path": problem.path or "—", "message": told(problem.message), "href": href, "about": about}


def _at(rows: list[drafting.Raw], position: str) -> drafting.Raw | None:
    return rows[int(position)] if int(position) < len(rows) else None


# --- one form at a time -----------------------------------------------------------------------------------
def _edit(
    request: HttpRequest,
    draft: GridDraft,
    *,
    make: Callable[[Any], Any],
    change: Callable[[Any], drafting.Raw],
    heading: str,
    then: Callable[[Any], HttpResponse] | None = None,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form made by `make`, or keep what `change` makes of it."""

    def page(form: Any, version: int, status: int = 200, refused: list[str] | None = None) -> HttpResponse:
        context = _context(draft) | {
            "form": form,
            "formsets": form.formsets,
            "version": version,
            "heading": heading,
            "refused": refused or [],
        }
        return render(request, "administration/grid_form.html", context | (extra or {}), status=status)

    if request.method == "GET":
        return page(make(None), draft.version)
    form = make(request.POST)
    if not form.is_valid():
        return page(form, version_of(request), 422)
    try:
        editing.save_draft(
            by=request.membership, draft_id=draft.pk, definition=change(form), version=version_of(request)
        )
    except RuleBroken as broken:
        return page(form, version_of(request), 422, [str(message) for message in broken.messages])
    except StaleVersion as stale:
        if hasattr(form, "show_conflict"):
            form.show_conflict()
        words = _("Look at what differs; sending again keeps what you wrote on this page.")
        return page(form, stale.version, 409, [f"{stale} {words}"])
    messages.success(request, _("Saved in the draft."))
    return then(form) if then else redirect("administration:grid_draft", draft.pk)


@require_http_methods(["GET", "POST"])
@of_draft
def grid_head(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """What the grid says of itself, who may use it."""
    courses = [(course.code, course_title(course)) for course in TrainingCourse.objects.order_by("code")]
    grids = [
        (version.grid.slug, definition_of(version).title.translated(language()))
        for version in latest_versions()
        if version.grid_id != draft.grid_id and version.grid.agency_id in (None, draft.for_agency_id)
    ]

    def make(data: Any) -> HeadForm:
        return HeadForm(data, raw=draft.definition, courses=courses, grids=grids)

    return _edit(request, draft, make=make, change=HeadForm.changed, heading=_("Title, texts, who uses it"))


@require_http_methods(["GET", "POST"])
@of_draft
def grid_scoring(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """How it comes to a level."""

    def make(data: Any) -> ScoringForm:
        return ScoringForm(data, raw=draft.definition, language=language())

    return _edit(request, draft, make=make, change=ScoringForm.changed, heading=_("Scoring and levels"))


@require_http_methods(["GET", "POST"])
@of_draft
def grid_structure(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """Its sections and dimensions."""

    def make(data: Any) -> StructureForm:
        return StructureForm(data, raw=draft.definition, language=language())

    return _edit(request, draft, make=make, change=StructureForm.changed, heading=_("Sections and dimensions"))


@require_http_methods(["GET", "POST"])
@of_draft
def grid_item_add(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """One item more, of a type, in a section or in a group."""
    raw = draft.definition
    given = request.GET
    kind, group_id = given.get("type", ""), given.get("group", "")
    if kind not in grid_words.TYPES:
        kind = "yes_no"
    group = None
    if group_id:
        group = _item(draft, group_id)[0]
        if group.get("type") != "group" or kind == "group":
            raise Http404
    sections = [one.get("id") for one in drafting.rows(raw, "sections")]
    wanted = given.get("section", "")
    section = wanted if wanted in sections else (sections[-1] if sections else "")
    item: drafting.Raw = {"type": kind} | ({} if group is not None else {"section": section})

    def make(data: Any) -> ItemForm:
        return ItemForm(data, grid=raw, item=item, group=group, language=language())

    def change(form: ItemForm) -> drafting.Raw:
        return drafting.with_item(raw, form.changed(), group_id=group_id or None)

    def then(form: ItemForm) -> HttpResponse:
        return _to_table(draft, form.changed()["id"])

    heading = _("New item: %(type)s") % {"type": grid_words.TYPES[kind]}
    return _edit(request, draft, make=make, change=change, heading=heading, then=then)


@require_http_methods(["GET", "POST"])
@of_draft
def grid_item(request: HttpRequest, draft: GridDraft, item_id: str) -> HttpResponse:
    """One item."""
    item, group = _item(draft, item_id)
    raw = draft.definition

    def make(data: Any) -> ItemForm:
        return ItemForm(data, grid=raw, item=item, group=group, language=language())

    def change(form: ItemForm) -> drafting.Raw:
        new = form.changed()
        changed = drafting.with_item(raw, new, item_id=item_id)
        return drafting.item_renamed(changed, item_id, new["id"])

    def then(form: ItemForm) -> HttpResponse:
        return _to_table(draft, form.changed()["id"])

    extra = {
        "item_id": item_id,
        "type": grid_words.TYPES.get(item.get("type"), item.get("type")),
        "is_group": item.get("type") == "group",
        "types": [(code, label) for code, label in grid_words.TYPES.items() if code != "group"],
        "remove": reverse("administration:grid_item_remove", args=[draft.pk, item_id]),
    }
    heading = drafting.words(item, "text", language()) or item_id
    return _edit(request, draft, make=make, change=change, heading=heading, then=then, extra=extra)


def _item(draft: GridDraft, item_id: str) -> tuple[drafting.Raw, drafting.Raw | None]:
    try:
        return drafting.find(draft.definition, item_id)
    except KeyError:
        raise Http404 from None


def _to_table(draft: GridDraft, item_id: str) -> HttpResponse:
    return redirect(f"{reverse('administration:grid_draft', args=[draft.pk])}#item-{item_id}")


@require_POST
@of_draft
def grid_item_move(request: HttpRequest, draft: GridDraft, item_id: str) -> HttpResponse:
    """One place up or down, within its section or its group."""
    _item(draft, item_id)
    step = -1 if request.POST.get("step") == "up" else 1
    return _act(request, draft, drafting.moved(draft.definition, item_id, step), item_id)


@require_POST
@of_draft
def grid_item_remove(request: HttpRequest, draft: GridDraft, item_id: str) -> HttpResponse:
    """Take an item away; a group goes with what stands in it."""
    _item(draft, item_id)
    return _act(request, draft, drafting.without_item(draft.definition, item_id))


def _act(request: HttpRequest, draft: GridDraft, raw: drafting.Raw, item_id: str = "") -> HttpResponse:
    try:
        editing.save_draft(by=request.membership, draft_id=draft.pk, definition=raw, version=draft.version)
    except StaleVersion as stale:
        return draft_page(request, draft, refused=[str(stale)], status=409)
    return _to_table(draft, item_id) if item_id else redirect("administration:grid_draft", draft.pk)


# --- the document -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@of_draft
def grid_raw(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """Replace the whole by a pasted definition."""
    form = DocumentForm(request.POST if request.method == "POST" else None)
    refused: list[tuple[str, str]] = []
    version, status = draft.version, 200
    if request.method == "POST":
        version, status = version_of(request), 422
        text = request.POST.get("document", "")
        form.full_clean()
        if not text.strip():
            form.add_error("document", _("Paste a definition."))
        else:
            try:
                editing.replace(by=request.membership, draft_id=draft.pk, document=text, version=version)
            except RuleBroken as broken:
                form.add_error("document", _("This is no grid that can be used: see below."))
                refused = by_path(broken)
            except StaleVersion as stale:
                form.add_error("document", " ".join([str(stale), _("Sending again replaces it all.")]))
                version, status = stale.version, 409
            else:
                messages.success(request, _("Saved in the draft."))
                return redirect("administration:grid_draft", draft.pk)
    context = _context(draft) | {"form": form, "version": version, "refused": refused}
    return render(request, "administration/grid_raw.html", context, status=status)


@require_GET
@of_draft
def grid_draft_json(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """The draft as a document."""
    name = f"{draft.slug}-draft"
    return document(draft.definition, name, kind="riskassessment.GridDraft", object_id=draft.pk)


# --- a look at it -----------------------------------------------------------------------------------------
@require_GET
@of_draft
def grid_preview(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """The draft as it would be filled in, in one of its languages."""
    chosen = request.GET.get("language", "")
    code = chosen if chosen in LANGUAGES else language().partition("-")[0]
    definition = drafting.readable(draft.definition)
    context = _context(draft) | {
        "languages": LANGUAGES.items(),
        "chosen": code,
        "whole": definition is not None,
        "may_fill": True,
    }
    if definition is not None:
        with translation.override(code):
            form = AnswersForm(definition, code)
            context |= {
                "form": form,
                "sections": form.by_section(),
                "progress": form.progress(),
                "grid": titled(definition),
                "kinds": kinds_of(definition),
            }
    return render(request, "administration/grid_preview.html", context)


@require_GET
@of_draft
def grid_changes(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """What publishing the draft changes of the version before."""
    before: GridVersion | None = editing.before(draft)
    diff = shown_diff(before.definition, draft.definition) if before else None
    return render(request, "administration/grid_changes.html", _context(draft) | {"before": before, "diff": diff})


# --- publishing -------------------------------------------------------------------------------------------
def _decide(request: HttpRequest, draft: GridDraft, act: Callable[[], Any], said: str) -> HttpResponse:
    try:
        act()
    except RuleBroken as broken:
        if not GridDraft.objects.filter(pk=draft.pk).exists():
            messages.error(request, str(broken))
            return redirect("administration:grid_version", draft.pk)
        said = [f"{path}: {message}" if path else message for path, message in by_path(broken)]
        return draft_page(request, draft, refused=said, status=422)
    except StaleVersion as stale:
        words = _("Look at it again before you go on.")
        return draft_page(request, draft, refused=[f"{stale} {words}"], status=409)
    messages.success(request, said)
    gone = not GridDraft.objects.filter(pk=draft.pk).exists()
    return redirect("administration:grid_version" if gone else "administration:grid_draft", draft.pk)


@require_POST
@of_draft
def grid_propose(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """Ask for a second pair of eyes."""
    path = reverse("administration:grid_draft", args=[draft.pk])

    def act() -> None:
        editing.propose(by=request.membership, draft_id=draft.pk, version=version_of(request), path=path)

    return _decide(request, draft, act, _("Proposed. Those who may publish it are told."))


@require_POST
@of_draft
def grid_publish(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """Put a proposed draft in force; its address then leads to the version."""

    def act() -> None:
        editing.publish(by=request.membership, draft_id=draft.pk, version=version_of(request))

    return _decide(request, draft, act, _("Published. New assessments use it from now on."))


@require_POST
@of_draft
def grid_discard(request: HttpRequest, draft: GridDraft) -> HttpResponse:
    """Throw a draft away."""
    editing.discard(by=request.membership, draft_id=draft.pk)
    messages.success(request, _("The draft is thrown away; nothing has changed."))
    return redirect("administration:grids")
