"""The review of two opposing reports: a page of its own, for who sees both cases."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from agencies.training import PARTNER_VIOLENCE, title_by_code
from audit.models import Action
from audit.services import record
from common.errors import RuleBroken
from common.forms import show_errors

from . import counter_complaints


class ReviewForm(forms.Form):
    """What the trained person concludes, and why. Every refusal is a sentence of the service, by its field."""

    opens = forms.TypedChoiceField(
        label=gettext_lazy("What do you conclude?"),
        choices=[
            ("yes", pgettext_lazy("opposing", "the addresses may be opened again to who is entitled to them")),
            ("no", pgettext_lazy("opposing", "the addresses stay closed both ways")),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=gettext_lazy("What was looked at, and why"),
        help_text=gettext_lazy(
            "Who defends themselves, who is afraid of whom, earlier reports, what could happen if one of them learned"
            " where the other lives."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


@require_http_methods(["GET", "POST"])
def review_opposing(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Both cases by reference, and what is concluded of them; read by police, prosecutors and coordinators of both."""
    by = request.membership
    link = counter_complaints.get(by=by, link_id=link_id)
    for case in (link.first, link.second):
        record(action=Action.READ, case_id=case.pk, object_kind="cases.opposing", object_id=case.pk)
    form, status = ReviewForm(), 200
    if request.method == "POST":
        form, status = ReviewForm(request.POST), 422
        if form.is_valid():
            try:
                counter_complaints.review(by=by, link_id=link.pk, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
                link = counter_complaints.get(by=by, link_id=link_id)
            else:
                messages.success(request, _("The review is written down, with its reasons."))
                return redirect("sharing:review_opposing", link.pk)
    context = {
        "link": link,
        "review": getattr(link, "review", None),
        "form": form,
        "may_review": counter_complaints.may_review(by),
        "course": title_by_code(PARTNER_VIOLENCE),
    }
    return render(request, "sharing/review_opposing.html", context, status=status)
