"""What is proposed while writing, and guides: read by version, edited as rows, published as a new version."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import guides as all_guides
from cases.models import Guide
from common.errors import RuleBroken, StaleVersion
from common.texts import in_language
from reports import hints as all_hints
from reports.models import HintList

from .grid_fields import kept
from .guards import platform_only
from .wording_forms import (
    PREFIX,
    GuideForm,
    GuideRowForm,
    GuideRows,
    HintRowForm,
    HintRows,
    PublishForm,
    show_row_errors,
)

MOST = 500  # versions of all lists, of all guides
Published = HintList | Guide


# --- proposed while writing -------------------------------------------------------------------------------------------
@require_GET
@platform_only
def hints(request: HttpRequest) -> HttpResponse:
    """The list of each language with its history; languages without one can begin theirs."""
    versions = list(HintList.objects.defer("hints").order_by("language", "-version")[:MOST])
    groups = [
        {
            "title": language,
            "versions": [
                _line(each, "administration:hints_version", code) for each in versions if each.language == code
            ],
            "edit_url": reverse("administration:hints_edit", args=[code]),
        }
        for code, language in _languages().items()
    ]
    return render(request, "administration/wordings.html", {"groups": groups, "of_hints": True})


@require_GET
@platform_only
def hints_version(request: HttpRequest, language: str, version: int) -> HttpResponse:
    """A version as it was published. Raises Http404."""
    found = get_object_or_404(HintList, language=language, version=version)
    context = {"version": _line(found), "title": _languages().get(language, language), "hints": found.hints}
    return render(request, "administration/wordings_version.html", context)


@require_http_methods(["GET", "POST"])
@platform_only
def hints_edit(request: HttpRequest, language: str) -> HttpResponse:
    """The list in force as rows; published, they are the next version. Raises Http404 for a language of no screen."""
    languages = _languages()
    if language not in languages:
        raise Http404

    def publish(head: PublishForm, rows: list[dict[str, object]]) -> None:
        all_hints.publish(by=request.membership, language=language, hints=rows, **_of_all(head))

    found = all_hints.latest(language)
    return _edit(
        request,
        form=PublishForm,
        formset=HintRows,
        initial=_initial(found),
        rows=[HintRowForm.initial_of(hint) for hint in found.hints] if found else [{}],
        publish=publish,
        page={"title": languages[language], "back": reverse("administration:hints"), "of_hints": True},
    )


# --- guides -----------------------------------------------------------------------------------------------------------
@require_GET
@platform_only
def guides(request: HttpRequest) -> HttpResponse:
    """Each guide with its history."""
    by_key: dict[str, list[Guide]] = {}
    for each in Guide.objects.order_by("key", "-version")[:MOST]:
        by_key.setdefault(each.key, []).append(each)
    groups = [
        {
            "title": _title(found[0]),
            "versions": [_line(each, "administration:guide_version", key) for each in found],
            "edit_url": reverse("administration:guide_edit", args=[key]),
        }
        for key, found in by_key.items()
    ]
    return render(request, "administration/wordings.html", {"groups": groups, "of_hints": False})


@require_GET
@platform_only
def guide_version(request: HttpRequest, guide_key: str, version: int) -> HttpResponse:
    """A version as it was published. Raises Http404."""
    found = get_object_or_404(Guide, key=guide_key, version=version)
    lines = [
        {"text": in_language(line["text"], get_language()), **line.get("when", {})} for line in found.content["lines"]
    ]
    context = {"version": _line(found), "title": _title(found), "lines": lines}
    return render(request, "administration/wordings_version.html", context)


@require_http_methods(["GET", "POST"])
@platform_only
def guide_edit(request: HttpRequest, guide_key: str) -> HttpResponse:
    """The guide in force as rows; published, they are its next version. Raises Http404."""
    found = all_guides.guide(guide_key)
    if found is None:
        raise Http404

    def publish(head: GuideForm, rows: list[dict[str, object]]) -> None:
        all_guides.publish(by=request.membership, key=guide_key, title=head.title(), lines=rows, **_of_all(head))

    title = {f"title_{code}": found.content["title"][code] for code in all_guides.LANGUAGES}
    return _edit(
        request,
        form=GuideForm,
        formset=GuideRows,
        initial=_initial(found) | title,
        rows=[GuideRowForm.initial_of(line) for line in found.content["lines"]],
        publish=publish,
        page={"title": _title(found), "back": reverse("administration:guides"), "of_hints": False},
    )


# --- both -------------------------------------------------------------------------------------------------------------
def _edit(
    request: HttpRequest,
    *,
    form: type[PublishForm],
    formset: type[forms.BaseFormSet],
    initial: dict[str, Any],
    rows: Iterable[dict[str, Any]],
    publish: Callable[[Any, list[dict[str, object]]], None],
    page: dict[str, Any],
) -> HttpResponse:
    """Rows to change, one more on request, or the next version; what is typed stays whatever is wrong."""
    status = 200
    if request.method == "GET":
        head, shown = form(initial=initial), formset(initial=list(rows), prefix=PREFIX)
    else:
        head, shown = form(request.POST), formset(request.POST, prefix=PREFIX)
        if "add" in request.POST:
            data = request.POST.copy()
            data[f"{PREFIX}-TOTAL_FORMS"] = str(shown.total_form_count() + 1)
            shown = formset(data, prefix=PREFIX)
        elif _published(head, shown, publish):
            messages.success(request, _("Published: it counts from now on."))
            return redirect(page["back"])
        else:
            status = 422
    context = page | {"form": head, "rows": shown, "forms": list(shown), "formsets": [shown]}
    return render(request, "administration/wordings_edit.html", context, status=status)


def _published(head: PublishForm, shown: Any, publish: Callable[[Any, list[dict[str, object]]], None]) -> bool:
    """Whether the version was published; otherwise the forms say why not."""
    if not all([head.is_valid(), shown.is_valid()]):
        return False
    rows = kept(shown)
    try:
        publish(head, [row.row() for row in rows])
    except RuleBroken as broken:
        show_row_errors(head, rows, broken.errors)
    except StaleVersion as stale:
        head.add_error(None, _("%(what)s Open this page anew in another window to compare.") % {"what": stale})
    else:
        return True
    return False


def _of_all(head: PublishForm) -> dict[str, Any]:
    given = head.cleaned_data
    return {
        "provenance": given["provenance"],
        "verified_on": given["verified_on"],
        "after": given["after"] if given["after"] is not None else 0,
    }


def _initial(found: Published | None) -> dict[str, Any]:
    """What a next version begins with: nobody has read it over yet."""
    return {"provenance": in_language(found.provenance, "fr"), "after": found.version} if found else {"after": 0}


def _line(found: Published, view: str = "", *args: object) -> dict[str, Any]:
    return {
        "number": found.version,
        "published_at": found.published_at,
        "verified_on": found.verified_on,
        "why": in_language(found.provenance, get_language()),
        "url": reverse(view, args=[*args, found.version]) if view else "",
    }


def _title(found: Guide) -> str:
    return in_language(found.content["title"], get_language())


def _languages() -> dict[str, Any]:
    return dict(settings.LANGUAGES)
