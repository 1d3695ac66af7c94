"""Hand-outs: each language with its history, edited as rows, published as a new version."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies import handouts
from agencies.handout_content import FALLBACK, PAPER_LANGUAGES, SHAPES, Content
from agencies.models import HandOut
from common.errors import RuleBroken, StaleVersion
from common.texts import in_language

from .grid_fields import kept
from .guards import platform_only
from .handout_forms import LABELS, HandOutForm, SectionForm, SectionRows
from .wording_forms import PREFIX, show_row_errors

MOST = 1000  # versions of every hand-out in every language


@require_GET
@platform_only
def handout_list(request: HttpRequest) -> HttpResponse:
    """Every hand-out, the version in force in each language and those before it; languages that can begin."""
    versions: dict[tuple[str, str], list[HandOut]] = {}
    for each in HandOut.objects.filter(key__in=SHAPES).order_by("key", "language", "-version")[:MOST]:
        versions.setdefault((each.key, each.language), []).append(each)
    groups = []
    for key in SHAPES:
        found = versions.get((key, FALLBACK))
        written = [code for code in PAPER_LANGUAGES if (key, code) in versions]
        groups.append(
            {
                "title": found[0].content["title"] if found else key,
                "languages": [
                    {
                        "name": PAPER_LANGUAGES[code],
                        "code": code,
                        "versions": [_line(each) for each in versions[key, code]],
                        "edit_url": reverse("administration:handout_edit", args=[key, code]),
                    }
                    for code in written
                ],
                "others": [
                    {"name": name, "code": code, "url": reverse("administration:handout_edit", args=[key, code])}
                    for code, name in PAPER_LANGUAGES.items()
                    if code not in written
                ],
            }
        )
    return render(request, "administration/handouts.html", {"groups": groups})


@require_GET
@platform_only
def handout_version(request: HttpRequest, handout_key: str, language: str, version: int) -> HttpResponse:
    """A version as it was published. Raises Http404."""
    found = get_object_or_404(HandOut, key=handout_key, language=language, version=version)
    content = Content.model_validate(found.content)
    context = {
        "version": _line(found),
        "content": content,
        "labels": [(words, content.labels[name]) for name, words in LABELS.items() if name in content.labels],
        "language": language,
        "language_name": PAPER_LANGUAGES.get(language, language),
    }
    return render(request, "administration/handout_version.html", context)


@require_http_methods(["GET", "POST"])
@platform_only
def handout_edit(request: HttpRequest, handout_key: str, language: str) -> HttpResponse:
    """The words in force; published, they are the next version. A new language begins with the French ones."""
    if handout_key not in SHAPES or language not in PAPER_LANGUAGES:
        raise Http404
    own = handouts.latest(handout_key, language)
    begun = own or handouts.latest(handout_key, FALLBACK)
    if begun is None:
        raise Http404
    if request.method == "GET":
        initial = HandOutForm.initial_of(begun.content) | {
            "provenance": in_language(begun.provenance, FALLBACK),
            "after": own.version if own else 0,
        }
        head = HandOutForm(initial=initial, key=handout_key, language=language)
        rows = [SectionForm.initial_of(section) for section in begun.content["sections"]]
        return _page(request, head, SectionRows(initial=rows, prefix=PREFIX), handout_key, language, own)
    head = HandOutForm(request.POST, key=handout_key, language=language)
    rows = SectionRows(request.POST, prefix=PREFIX)
    if "add" in request.POST:
        data = request.POST.copy()
        data[f"{PREFIX}-TOTAL_FORMS"] = str(rows.total_form_count() + 1)
        return _page(request, head, SectionRows(data, prefix=PREFIX), handout_key, language, own)
    if all([head.is_valid(), rows.is_valid()]):
        sections = kept(rows)
        try:
            handouts.publish(
                by=request.membership,
                key=handout_key,
                language=language,
                content=head.content([section.row() for section in sections]),
                provenance=head.cleaned_data["provenance"],
                verified_on=head.cleaned_data["verified_on"],
                after=head.cleaned_data["after"] or 0,
            )
        except RuleBroken as broken:
            show_row_errors(head, sections, broken.errors)
        except StaleVersion as stale:
            head.add_error(None, _("%(what)s Open this page anew in another window to compare.") % {"what": stale})
        else:
            messages.success(request, _("Published: it counts from now on."))
            return redirect("administration:handouts")
    return _page(request, head, rows, handout_key, language, own, status=422)


def _page(
    request: HttpRequest,
    head: HandOutForm,
    rows: Any,
    key: str,
    language: str,
    own: HandOut | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": head,
        "rows": rows,
        "has_sections": SHAPES[key].sections[1] > 0,
        "forms": list(rows),
        "formsets": [rows],
        "title": own.content["title"] if own else "",
        "language_name": PAPER_LANGUAGES[language],
        "begins": own is None,
    }
    return render(request, "administration/handout_edit.html", context, status=status)


def _line(found: HandOut) -> dict[str, Any]:
    return {
        "number": found.version,
        "title": found.content["title"],
        "published_at": found.published_at,
        "verified_on": found.verified_on,
        "why": in_language(found.provenance, get_language()),
        "url": reverse("administration:handout_version", args=[found.key, found.language, found.version]),
    }
