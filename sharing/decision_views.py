"""A sharing decided by hand: to whom and on what basis, the form of that basis, the preview, the decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.models import Agency
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from cases.words import in_words
from common import preview_token
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from common.templatetags.ui import local_date

from . import bases, consents, deciding, perms
from .authorisations import covering
from .decision_forms import DecisionForm, StartForm, consent_words
from .grants import JUDICIAL_ORIGIN, of_judicial_origin
from .law import article, to_confirm
from .models import Basis, InformationRequest, ProsecutorAuthorisation, Reach

SALT = "sharing.decision"


@require_http_methods(["GET", "POST"])
def new_decision(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """GET: to whom and on what basis, then (`?recipient=&basis=`, and `consent=`) the form. POST: the preview; with its
    token, `decide` takes the decision and anything else shows the form again.
    """
    case, access, context = open_page(request, case_id, tab="access", page="new_decision")
    if not perms.may_decide(access):
        raise Refused(_("You can read this case but not add to it."))
    if request.method == "GET":
        return _start(request, context)
    if "token" in request.POST:
        typed, key, fingerprint = _carried(request, case)
        if "decide" in request.POST and key is not None:
            return _decide(request, context, typed, key, fingerprint)
        return _form_page(request, context, typed)
    return _look(request, context, request.POST)


# --- to whom, on what basis ---------------------------------------------------------------------------------------
def _start(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in ("recipient", "basis", "answers")}
    if not (chosen["recipient"] and chosen["basis"]) and "go" not in request.GET:
        return _start_page(request, context, _start_form(request, initial=chosen))
    form = _start_form(request, data=chosen)
    form.is_valid()
    try:
        recipient = deciding.check_start(
            by=request.membership,
            recipient_id=form.cleaned_data.get("recipient"),
            basis=form.cleaned_data.get("basis", ""),
        )
    except RuleBroken as broken:
        form.errors.clear()
        show_errors(form, broken.errors)
        return _start_page(request, context, form, status=422)
    return _write(request, context, _empty_form(request, context["access"], recipient, chosen["basis"]), recipient)


def _start_form(request: HttpRequest, **kwargs: Any) -> StartForm:
    return StartForm(agencies=deciding.recipients_for(request.membership), **kwargs)


def _start_page(
    request: HttpRequest, context: dict[str, Any], form: StartForm, *, status: int = 200, too_old: bool = False
) -> HttpResponse:
    today = local(now()).date()
    context |= {
        "form": form,
        "too_old": too_old,
        "options": [
            {"radio": radio, "article": article(basis, today)}
            for basis, radio in zip(bases.DECIDABLE, form["basis"].subwidgets, strict=True)
        ],
        "to_confirm": to_confirm(),
        **_answering(request, context["case"]),
    }
    return render(request, "sharing/decision_start.html", context, status=status)


# --- the form -----------------------------------------------------------------------------------------------------
def _empty_form(request: HttpRequest, access: CaseAccess, recipient: Agency, basis: str) -> DecisionForm:
    form = _form(request, access, recipient, basis)
    form.initial = {
        "recipient": str(recipient.pk),
        "basis": basis,
        "side": form.fields["side"].widget.choices[0][0],
        "grants": deciding.proposed_grants(recipient=recipient, offered=form.offered),
        "accurate_on": local(now()).date(),
        "until": local(deciding.proposed_until(recipient)).date(),
        "reach": Reach.INTERNAL if deciding.partnerships_of(request.membership, recipient) else Reach.EXTERNAL,
    }
    if asked := _asked_for(request, case=access.case_id, recipient=recipient):
        usable = {offer.pair for offer in form.offered if not offer.why_not}
        form.initial |= {
            "answers": str(asked.pk),
            "grants": [pair for pair in asked.grants if pair in usable],
            "necessity": asked.purpose[: deciding.LENGTHS["necessity"]],
        }
    if form.own in ("consent", "partnership", "authorisation"):
        choices = [str(value) for value, _label in form.fields[form.own].widget.choices]
        wanted = request.GET.get(form.own, "")
        form.initial[form.own] = wanted if wanted in choices else choices[0] if len(choices) == 1 else None
        _tick_what_it_opens(form, access, recipient, basis)
    return form


def _tick_what_it_opens(form: DecisionForm, access: CaseAccess, recipient: Agency, basis: str) -> None:
    """Of what is proposed, only what the consent or the authorisation already chosen opens."""
    chosen = form.initial[form.own]
    if basis == Basis.CONSENT:
        found = deciding.consents_for(access=access, recipient=recipient)
        opens = {f"{category}:{each.side}" for each in found if str(each.pk) == chosen for category in each.categories}
    elif basis == Basis.PROSECUTOR_AUTHORISATION:
        found = covering(access=access, recipient=recipient)
        opens = {
            f"{category}:{side}" for each in found if str(each.pk) == chosen for category in each.categories
            for side in Side
        }  # fmt: skip
    else:
        return
    if chosen:
        form.initial["grants"] = [pair for pair in form.initial["grants"] if pair in opens]


def _asked_for(request: HttpRequest, *, case: UUID, recipient: Agency) -> InformationRequest | None:
    """The information request this decision is to answer: one that waits for the acting agency, from the recipient."""
    return _waiting(request, case).filter(from_agency=recipient).first()


def _waiting(request: HttpRequest, case: UUID) -> QuerySet[InformationRequest]:
    """The request that this page names, while it waits for the acting agency."""
    try:
        wanted = UUID((request.POST if request.method == "POST" else request.GET).get("answers", ""))
    except ValueError:
        return InformationRequest.objects.none()
    waiting = InformationRequest.objects.between(request.membership).waiting().select_related("from_agency")
    return waiting.filter(pk=wanted, case=case, to_agency=request.membership.agency_id)


def _answering(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What is asked, where the page answers a request."""
    asked = _waiting(request, case.pk).first()
    return {"asked": asked, "wanted": in_words(asked.grants) if asked else []}


def _form(request: HttpRequest, access: CaseAccess, recipient: Agency, basis: str, data: Any = None) -> DecisionForm:
    case = Case(pk=access.case_id)
    sides = deciding.sides_for(case=case, access=access, recipient=recipient)
    side = sides[0] if len(sides) == 1 else ""
    return DecisionForm(
        data,
        basis=basis,
        sides=sides,
        offered=deciding.offers(access=access, recipient=recipient, side=side, basis=basis),
        rests_on=_rests_on(request, access, recipient, basis),
    )


def _rests_on(request: HttpRequest, access: CaseAccess, recipient: Agency, basis: str) -> list[tuple[str, str]]:
    """What the basis may rest on, as choices."""
    if basis == Basis.CONSENT:
        found = deciding.consents_for(access=access, recipient=recipient)
        return [(str(consent.pk), consent_words(consent)) for consent in found]
    if basis == Basis.CONSULTATION:
        return [(str(each.pk), each.name) for each in deciding.partnerships_of(request.membership, recipient)]
    if basis == Basis.PROSECUTOR_AUTHORISATION:
        found = covering(access=access, recipient=recipient)
        return [(str(each.pk), authorisation_words(each)) for each in found]
    return []


def authorisation_words(authorisation: ProsecutorAuthorisation) -> str:
    """An authorisation as people name it: its reference, whose, what it opens, until when."""
    what = ", ".join(str(Category(category).label) for category in authorisation.categories)
    words = _("%(reference)s, %(office)s: %(what)s") % {
        "reference": authorisation.reference,
        "office": authorisation.prosecutor.short_name,
        "what": what,
    }
    if authorisation.valid_until:
        words = _("%(words)s, until %(when)s") % {"words": words, "when": local_date(authorisation.valid_until)}
    return words


def _form_page(request: HttpRequest, context: dict[str, Any], typed: QueryDict | None) -> HttpResponse:
    """The form again, with what was typed."""
    found = _typed_form(request, context, typed)
    return found if isinstance(found, HttpResponse) else _write(request, context, *found)


def _typed_form(
    request: HttpRequest, context: dict[str, Any], typed: QueryDict | None
) -> tuple[DecisionForm, Agency] | HttpResponse:
    """The form with what was typed and its recipient; the first page, refused, where these are no form's."""
    start = _start_form(request, data=typed or {})
    start.is_valid()
    try:
        recipient = deciding.check_start(
            by=request.membership,
            recipient_id=start.cleaned_data.get("recipient"),
            basis=start.cleaned_data.get("basis", ""),
        )
    except RuleBroken as broken:
        start.errors.clear()
        show_errors(start, broken.errors)
        return _start_page(request, context, start, status=422, too_old=typed is None)
    form = _form(request, context["access"], recipient, start.cleaned_data["basis"], data=typed)
    form.is_valid()
    return form, recipient


def _write(
    request: HttpRequest,
    context: dict[str, Any],
    form: DecisionForm,
    recipient: Agency,
    *,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    """The page of the form."""
    access = context["access"]
    basis = form["basis"].value()
    context |= {
        "form": form,
        "recipient": recipient,
        "basis": Basis(basis).label,
        "basis_code": basis,
        "article": article(basis, local(now()).date()),
        "to_confirm": to_confirm(),
        "unreachable": bool(form.own) and form.own != "legal_text" and not form.fields[form.own].widget.choices,
        "locked_side": len(form.fields["side"].widget.choices) == 1,
        **_judicial(access, recipient),
        **_answering(request, context["case"]),
        "may_authorise": perms.may_authorise(access, request.membership),
        "may_record_consent": bool(consents.subjects(access)),
        "changed": changed,
    }
    return render(request, "sharing/decision_form.html", context, status=status)


def _judicial(access: CaseAccess, recipient: Agency) -> dict[str, Any]:
    """For police and justice records that would leave them: the authorisations that cover it, or that none does."""
    sees = [pair for category, side in access.categories if (pair := f"{category}:{side}")]
    leaving = of_judicial_origin(sees, recipient_kind=recipient.kind)
    if not leaving:
        return {"judicial": False}
    found = covering(access=access, recipient=recipient)
    return {
        "judicial": True,
        "authorisations": [authorisation_words(each) for each in found],
        "judicial_words": ", ".join(str(category.label) for category in Category if category in JUDICIAL_ORIGIN),
    }


# --- the preview, the decision ------------------------------------------------------------------------------------
def _look(request: HttpRequest, context: dict[str, Any], data: QueryDict, *, changed: bool = False) -> HttpResponse:
    """What the recipient would see, from the form; the form again, with what is wrong."""
    found = _typed_form(request, context, data)
    if isinstance(found, HttpResponse):
        return found
    form, recipient = found
    case, access = context["case"], context["access"]
    valid = form.is_valid()
    try:
        proposal = deciding.propose(by=request.membership, case=case, access=access, asked=form.asked())
    except RuleBroken as broken:
        show_errors(form, {name: words for name, words in broken.errors.items() if name not in form.errors})
        return _write(request, context, form, recipient, status=422)
    if not valid:
        return _write(request, context, form, recipient, status=422)
    preview = deciding.look(case=case, access=access, proposal=proposal)
    token = {"key": str(uuid7()), "typed": form.typed(), "preview": preview.fingerprint}
    today = local(now()).date()
    context |= {
        "proposal": proposal,
        "preview": preview,
        "side": dict(form.fields["side"].widget.choices)[proposal.asked.side],
        "basis": Basis(proposal.asked.basis).label,
        "article": article(proposal.asked.basis, today),
        "to_confirm": to_confirm(),
        "particulars": bases.in_words(proposal.asked.basis, proposal.asked.particulars),
        "rests_on": _chosen(form),
        "reach": Reach(proposal.asked.reach).label,
        "token": preview_token.sign(token, salt=SALT, case_id=case.pk, agency_id=request.membership.agency_id),
        "changed": changed,
    }
    return render(request, "sharing/decision_preview.html", context, status=422 if changed else 200)


def _chosen(form: DecisionForm) -> str:
    if form.own in ("", "legal_text"):
        return ""
    chosen = str(form.cleaned_data.get(form.own) or "")
    return dict(form.fields[form.own].widget.choices).get(chosen, "")


def _decide(
    request: HttpRequest, context: dict[str, Any], typed: QueryDict, key: UUID, fingerprint: str
) -> HttpResponse:
    found = _typed_form(request, context, typed)
    if isinstance(found, HttpResponse):
        return found
    form, recipient = found
    try:
        deciding.decide_by_hand(
            by=request.membership,
            case_id=context["case"].pk,
            asked=form.asked(),
            request_key=key,
            previewed=fingerprint,
        )
    except deciding.PreviewChanged:
        return _look(request, context, typed, changed=True)
    except RuleBroken as broken:
        show_errors(form, {name: words for name, words in broken.errors.items() if name not in form.errors})
        return _write(request, context, form, recipient, status=422)
    messages.success(request, _("Decided. The service sees it from now on, and is told without any content."))
    return redirect("sharing:case_access", context["case"].pk)


def _carried(request: HttpRequest, case: Case) -> tuple[QueryDict | None, UUID | None, str]:
    """(what was typed, request key, what was previewed) from the preview's own token; None where it is not ours."""
    token = request.POST.get("token", "")
    found = preview_token.read(token, salt=SALT, case_id=case.pk, agency_id=request.membership.agency_id)
    if found is None:
        return None, None, ""
    typed = QueryDict(mutable=True)
    for name, values in found["typed"].items():
        typed.setlist(name, values)
    return typed, UUID(found["key"]), found["preview"]
