"""Pathway rules and the paths between the phases: read, tried, changed; each change is a version for good."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind, Need, Phase
from cases.enums import Level, PersonRole
from common.autosave import version_of
from common.errors import RuleBroken, StaleVersion
from common.forms import show_errors
from common.texts import in_language
from referrals import pathway_rules
from referrals.models import AskedBy, PathwayRules
from referrals.pathways import WAYS, Definition, Facts, Rule, fitting

from .guards import platform_only
from .pathway_forms import PathsForm, PathwayRuleForm, TryForm, VersionForm

MOST = 200  # former versions listed


@require_GET
@platform_only
def pathways(request: HttpRequest) -> HttpResponse:
    """The rules in force in their order, the versions before, and a place to try them."""
    current = pathway_rules.in_force()
    definition = pathway_rules.definition_of(current)
    tried = "sender" in request.GET
    form = TryForm(request.GET if tried else None)
    context = {
        "current": _version(current) if current else None,
        "rules": [_line(rule) for rule in definition.rules],
        "paths": _paths(definition),
        "former": [
            _version(each) for each in PathwayRules.objects.defer("definition").order_by("-version")[1 : MOST + 1]
        ],
        "try_form": form,
        "tried": [_line(rule) for rule in fitting(definition, _facts(form))] if tried and form.is_valid() else None,
    }
    return render(request, "administration/pathways.html", context)


@require_GET
@platform_only
def pathway_version(request: HttpRequest, version: int) -> HttpResponse:
    """A version as it was published. Raises Http404."""
    found = get_object_or_404(PathwayRules, version=version)
    definition = pathway_rules.definition_of(found)
    context = {
        "version": _version(found),
        "rules": [_line(rule) for rule in definition.rules],
        "paths": _paths(definition),
    }
    return render(request, "administration/pathway_version.html", context)


@require_http_methods(["GET", "POST"])
@platform_only
def pathway_rule_new(request: HttpRequest) -> HttpResponse:
    """A rule more, in the next version."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@platform_only
def pathway_rule(request: HttpRequest, rule_code: str) -> HttpResponse:
    """A rule of the version in force; changed, it is published in the next one. Raises Http404."""
    held = pathway_rules.definition_of(pathway_rules.in_force()).rule(rule_code)
    if held is None:
        raise Http404
    return _edit(request, held)


@require_POST
@platform_only
def pathway_rule_remove(request: HttpRequest, rule_code: str) -> HttpResponse:
    """Publish the next version without a rule."""
    try:
        version = pathway_rules.remove_rule(by=request.membership, code=rule_code, after=version_of(request, "after"))
    except (RuleBroken, StaleVersion) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Version %(number)d counts from now on.") % {"number": version.version})
    return redirect("administration:pathways")


@require_http_methods(["GET", "POST"])
@platform_only
def pathway_paths(request: HttpRequest) -> HttpResponse:
    """The paths between the phases; changed, they are published in the next version. Raises Http404."""
    current = pathway_rules.in_force()
    if current is None:
        raise Http404
    held = pathway_rules.definition_of(current)
    status, tried = 200, None
    if request.method == "GET":
        form = PathsForm(
            initial={"after": current.version, "provenance": in_language(current.provenance, "fr")}, held=held.paths
        )
    else:
        form = PathsForm(request.POST, held=held.paths)
        status = 422
        if form.is_valid() and "try" in request.POST:
            if (wanted := _tried_paths(request, form)) is not None:
                tried, status = _differences(held, wanted), 200
        elif form.is_valid() and (version := _saved_paths(request, form)):
            messages.success(request, _("Version %(number)d counts from now on.") % {"number": version.version})
            return redirect("administration:pathways")
    context = {"form": form, "number": current.version, "tried": tried}
    return render(request, "administration/pathway_paths.html", context, status=status)


def _tried_paths(request: HttpRequest, form: PathsForm) -> Definition | None:
    try:
        return pathway_rules.tried_paths(by=request.membership, paths=form.paths())
    except RuleBroken as broken:
        show_errors(form, broken.errors)
    return None


def _saved_paths(request: HttpRequest, form: PathsForm) -> PathwayRules | None:
    given = form.cleaned_data
    try:
        return pathway_rules.save_paths(
            by=request.membership,
            paths=form.paths(),
            provenance=given["provenance"],
            verified_on=given["verified_on"],
            after=given["after"] or 0,
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
    except StaleVersion as stale:
        _say_stale(form, stale)
    return None


def _differences(before: Definition, after: Definition) -> list[dict[str, Any]]:
    """Every way from one phase to another as it would be, and whether that is new."""
    language = get_language() or "fr"
    old, new = ({(path.start, path.to): path.why for path in each.paths} for each in (before, after))
    return [
        {
            "start": str(start.label),
            "to": str(to.label),
            "why": new[start, to].translated(language) if (start, to) in new else "",
            "changed": old.get((start, to)) != new.get((start, to)),
        }
        for start, to in WAYS
    ]


def _edit(request: HttpRequest, held: Rule | None) -> HttpResponse:
    current = pathway_rules.in_force()
    if current is None:
        raise Http404
    status, tried, trial = 200, None, TryForm()
    if request.method == "GET":
        initial: dict[str, Any] = {"after": current.version, "provenance": in_language(current.provenance, "fr")}
        if held is not None:
            initial |= PathwayRuleForm.initial_of(held) | {"position": _place(current, held)}
        form = PathwayRuleForm(initial=initial, held=held)
    else:
        form = PathwayRuleForm(request.POST, held=held)
        status = 422
        if "try" in request.POST:
            trial = TryForm(request.POST)
            if form.is_valid() and trial.is_valid() and (wanted := _tried(request, form, held)) is not None:
                tried, status = [_line(rule) for rule in fitting(wanted, _facts(trial))], 200
        elif form.is_valid() and (version := _saved(request, form, held)):
            messages.success(request, _("Version %(number)d counts from now on.") % {"number": version.version})
            return redirect("administration:pathways")
    context = {"form": form, "held": held, "number": current.version, "try_form": trial, "tried": tried}
    return render(request, "administration/pathway_rule.html", context, status=status)


def _tried(request: HttpRequest, form: PathwayRuleForm, held: Rule | None) -> Definition | None:
    """The rules as they would be, or None with the reason on the form."""
    try:
        return pathway_rules.tried_rule(
            by=request.membership,
            rule=form.rule(),
            replacing=held.code if held else "",
            position=form.cleaned_data["position"],
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
    return None


def _saved(request: HttpRequest, form: PathwayRuleForm, held: Rule | None) -> PathwayRules | None:
    """The version, or None with the reason on the form."""
    given = form.cleaned_data
    try:
        return pathway_rules.save_rule(
            by=request.membership,
            rule=form.rule(),
            replacing=held.code if held else "",
            position=given["position"],
            provenance=given["provenance"],
            verified_on=given["verified_on"],
            after=given["after"] or 0,
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
    except StaleVersion as stale:
        _say_stale(form, stale)
    return None


def _say_stale(form: VersionForm, stale: StaleVersion) -> None:
    form.add_error(None, _("%(what)s Open this page anew in another window to compare.") % {"what": stale})


def _place(current: PathwayRules, held: Rule) -> int:
    return [rule["code"] for rule in current.definition["rules"]].index(held.code) + 1


def _facts(form: TryForm) -> Facts:
    given = form.cleaned_data
    return Facts(
        sender_kind=given["sender"],
        sender_phase=given["phase"],
        need=given["need"],
        role=given["role"],
        level=given["try_level"],
        asked_by=given["try_asked_by"],
        mandated=given["try_asked_by"] == AskedBy.AUTHORITY,
        postal_code=given["try_postal_code"],
        language=given["try_language"],
    )


def _version(found: PathwayRules) -> dict[str, Any]:
    return {
        "number": found.version,
        "published_at": found.published_at,
        "verified_on": found.verified_on,
        "why": in_language(found.provenance, get_language() or "fr"),
    }


def _paths(definition: Definition) -> list[dict[str, str]]:
    """From which phase to which, and why; what a proposal of the directory alone says."""
    language = get_language() or "fr"
    return [
        {"start": str(path.start.label), "to": str(path.to.label), "why": path.why.translated(language)}
        for path in definition.paths
    ]


def _line(rule: Rule) -> dict[str, Any]:
    """A rule in words."""
    language = get_language() or "fr"
    when = rule.when
    conditions = [
        (_("Who refers"), _names(AgencyKind, when.senders)),
        (_("Phase of who refers"), _names(Phase, when.phases)),
        (_("About whom"), _names(PersonRole, when.roles)),
        (_("Needs"), _names(Need, when.needs)),
        (_("Level of risk"), _names(Level, when.levels)),
        (_("Who asks for it"), _names(AskedBy, when.asked_by)),
        (_("Ordered by a judicial authority"), _yes_no(when.mandated)),
        (_("Help in another language is asked for"), _yes_no(when.language)),
        (_("Area"), ", ".join(when.areas)),
        (_("In its place"), _names(AgencyKind, rule.otherwise)),
        (_("What to know first"), rule.warning.translated(language) if rule.warning else ""),
        (_("What to do before referring"), rule.first.text.translated(language) if rule.first else ""),
    ]
    return {
        "code": rule.code,
        "propose": _names(AgencyKind, rule.propose),
        "why": rule.why.translated(language),
        "conditions": [(label, words) for label, words in conditions if words],
    }


def _names(kind: Any, values: Any) -> str:
    return ", ".join(str(kind(value).label) for value in values)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("yes") if value else _("no")
