"""Cases that look alike, with the reasons, and deciding whether they belong together."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.models import Action
from audit.services import record
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from sharing.models import LinkKind
from sharing.perms import may_link, may_see_alike

from . import alike, grouping


class GroupForm(forms.Form):
    """What a button of the page sends: the other case, as what it is proposed, and what is said of it."""

    other = forms.UUIDField()
    kind = forms.ChoiceField(choices=LinkKind.choices)
    act = forms.ChoiceField(choices=grouping.GroupAct.choices)


@require_http_methods(["GET", "POST"])
def group_cases(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The cases that may belong with this one; a prosecutor or a coordinator says whether they do."""
    by = request.membership
    if not may_see_alike(by):
        raise Http404
    case, _access, context = open_page(request, case_id, tab="people", page="group")
    form, status = None, 200
    if request.method == "POST":
        if not may_link(by):
            raise Refused(grouping.NOT_YOURS)
        form, status = GroupForm(request.POST), 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                grouping.group(by=by, case=case, other_id=values["other"], kind=values["kind"], act=values["act"])
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _said(values["act"], values["kind"]))
                return redirect("casework:group_cases", case.pk)
    proposals = alike.alike_cases(by=by, cases=[case]).get(case.pk, [])
    for each in proposals:  # who its people are is shown: it stands on the trail of that case
        sides = sorted({f"identity:{pair.other.side}" for pair in each.pairs})
        record(
            action=Action.READ, case_id=each.case.pk, object_kind="cases.group", object_id=each.case.pk, fields=sides
        )
    context |= {
        "form": form,
        "proposals": [{"alike": each, "reasons": alike.words(each.reasons)} for each in proposals],
        "may_link": may_link(by),
    }
    return render(request, "casework/group.html", context, status=status)


def _said(act: str, kind: str) -> str:
    if act == grouping.GroupAct.DIFFERENT:
        return _("It is written down that these are different people: they are not proposed again.")
    if kind == LinkKind.COUNTER_COMPLAINT:
        return _(
            "The two cases are linked as opposing reports: addresses are closed both ways until they are reviewed."
        )
    return _("It is written down that they belong together. Nobody sees more of either than before.")
