"""The rules of repetition: read, and published anew as versions that never change."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.errors import RuleBroken
from common.forms import show_errors
from riskassessment import repeat_rules
from riskassessment.models import RepeatRule

from .guards import platform_only
from .repeat_rule_forms import RepeatRuleForm

MOST = 100


@require_http_methods(["GET", "POST"])
@platform_only
def rules(request: HttpRequest) -> HttpResponse:
    """The versions of every rule, those that count first, and the form that publishes one."""
    form = RepeatRuleForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                rule = repeat_rules.publish(by=request.membership, **_given(form))
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                said = {"code": rule.code, "number": rule.version}
                messages.success(request, _("%(code)s: version %(number)d counts from the next event on.") % said)
                return redirect("administration:repeat_rules")
        status = 422
    counting = repeat_rules.latest()
    former = RepeatRule.objects.exclude(pk__in=[rule.pk for rule in counting]).order_by("code", "-version")[:MOST]
    context = {
        "form": form,
        "counting": [_line(rule) for rule in counting],
        "former": [_line(rule) for rule in former],
    }
    return render(request, "administration/repeat_rules.html", context, status=status)


def _given(form: RepeatRuleForm) -> dict[str, Any]:
    values = dict(form.cleaned_data)
    return values | {"area": values["area"].replace(",", " ").replace(";", " ").split()}


def _line(rule: RepeatRule) -> dict[str, Any]:
    return {"rule": rule, "why": repeat_rules.why(rule)}
