"""Writing a referral: the form, its drafts, and what each service would see. What arrives is in `inbox_views`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import Need
from agencies.models import Agency
from cases.access import CaseAccess
from cases.enums import PersonRole
from cases.models import Case
from cases.page import open_page
from common import preview_token
from common.autosave import answer, version_of
from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import show_errors
from common.ids import uuid7, uuid_of

from . import asking, drafts, perms, sending
from .asking import RECEIVERS
from .carried import carried_words
from .forms import PREFILLED, ReferralForm, kept
from .models import Referral
from .preview import before_sending, preview
from .proposals import Suggestion, alternatives, same_kind

SALT = "referrals.preview"
AGAIN = ("need", "urgency", "reason", "postal_code", "asked_by", "interpreter_language", "rule", "missing_kind")
AGAIN_TICKED = ("mandated", "childcare", "accompaniment", "transport")


@dataclass(frozen=True)
class Elsewhere:
    """A service that cannot be asked: its field, its name, why, the referral that stands there, others to ask."""

    field: str
    name: str
    why: list[str]
    stands: Referral | None
    others: list[Suggestion]


# --- the form ---------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The form; POST leads to what each service would see.

    GET takes what PREFILLED names, `draft` to go on with one, `after` to write anew what another service did not take.
    POST with `keep` keeps the draft without a script; with `unlisted` it leads to the page that names a service that is
    not in the list; with `instead` ("field:service") another service is asked. Nothing is sent here.
    """
    case, access, context = open_page(request, case_id, tab="referrals")
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    if request.method == "GET":
        form = form_for(request, access, initial=_begun(request, case))
        return write(request, context, form)
    if "keep" in request.POST or "unlisted" in request.POST:
        return _keep(request, context)
    return _to_preview(request, context, form_for(request, access, data=_chosen(request)))


def _begun(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What the form holds when it opens."""
    if "draft" in request.GET:
        draft = drafts.find(by=request.membership, case=case, draft_id=_uuid(request.GET["draft"]))
        return draft.data | {"draft": str(draft.pk), "version": str(draft.version)}
    values = {name: value for name, value in request.GET.items() if name in PREFILLED}
    if "after" in request.GET:
        values = _again(request, case, _uuid(request.GET["after"])) | values
    return values | {"draft": str(uuid7()), "version": "0"}


def _again(request: HttpRequest, case: Case, referral_id: UUID) -> dict[str, Any]:
    """What a referral of this agency asked, for another service; the agreement of the person is asked anew."""
    found = Referral.objects.between(request.membership).filter(
        pk=referral_id, case=case, from_agency=request.membership.agency_id
    )
    referral = found.first()
    if referral is None:
        raise Http404
    values = {name: getattr(referral, name) for name in AGAIN} | {"subject": str(referral.subject_id)}
    return values | {name: "on" for name in AGAIN_TICKED if getattr(referral, name)}


def _uuid(text: str) -> UUID:
    if (found := uuid_of(text)) is None:
        raise Http404
    return found


def _chosen(request: HttpRequest) -> Mapping[str, str]:
    """What was posted, with the service chosen instead of one that cannot be asked."""
    field, _colon, service = request.POST.get("instead", "").partition(":")
    if field not in RECEIVERS:
        return request.POST
    data = request.POST.copy()
    data[field] = service
    return data


def form_for(
    request: HttpRequest, access: CaseAccess, *, data: Any = None, initial: dict[str, Any] | None = None
) -> ReferralForm:
    """The form of a referral for the acting agency, with what was typed."""
    return ReferralForm(
        data,
        initial=initial,
        by=request.membership,
        subjects=sending.subjects_of(access),
        agencies=sending.services_to_refer_to(request.membership, named=_named(initial if data is None else data)),
    )


def _named(values: Mapping[str, Any] | None) -> list[UUID | None]:
    return [uuid_of(str((values or {}).get(name) or "")) for name in RECEIVERS]


def write(request: HttpRequest, context: dict[str, Any], form: ReferralForm, *, status: int = 200) -> HttpResponse:
    """The page of the form, with what to do instead where a service it names cannot be asked."""
    by, case, access = request.membership, context["case"], context["access"]
    asked = _as_asked(form)
    begun = drafts.open_ones(by=by, case=case)
    named = asking.receivers_of(by, asked)
    context |= {
        "form": form,
        "further": [form[name] for name in RECEIVERS[1:]],
        "begun": [draft for draft in begun if draft.pk != form.draft_id],
        "kept": any(draft.pk == form.draft_id for draft in begun),
        "elsewhere": _elsewhere(request, access, form, asked, named),
        "contacts": _contacts(form, access, asked, named),
    }
    return render(request, "referrals/new.html", context, status=status)


def _as_asked(form: ReferralForm) -> asking.Asked:
    """Whom the form names and for what, bound or not, whatever else is wrong with it."""
    values: dict[str, Any] = {name: form[name].value() or "" for name in ("need", "postal_code", "subject", *RECEIVERS)}
    ids: dict[str, UUID | None] = {}
    for name in ("subject", *RECEIVERS):
        ids[name] = uuid_of(str(values[name]))
    return asking.Asked(
        subject_id=ids["subject"],
        to_agency_id=ids[RECEIVERS[0]],
        also=tuple(ids[name] for name in RECEIVERS[1:]),
        need=str(values["need"]),
        postal_code=str(values["postal_code"]).replace("\x00", ""),
    )


def _elsewhere(
    request: HttpRequest, access: CaseAccess, form: ReferralForm, asked: asking.Asked, named: dict[str, Agency | None]
) -> list[Elsewhere]:
    """For each service that cannot be asked, why, and others that can: for the same need, or of the same kind while
    none is said.
    """
    if not any(named.values()):
        return []
    stands = asking.standing(access, asked)
    problems = asking.receiver_problems(by=request.membership, asked=asked, agencies=named) | asking.twice(stands)
    # a service of his side is refused for her when the whole is known: the form then says so by its field
    refused = {name: list(form.errors[name]) for name in RECEIVERS if form.is_bound and form.errors.get(name)}
    stopped = {name: why for name, why in (problems | refused).items() if named.get(name)}
    if not stopped:
        return []
    subject = next((one for one in sending.subjects_of(access) if one.pk == asked.subject_id), None)
    out = [pk for _field, pk in asked.receivers() if pk]
    others = []
    if asked.need in Need.values:
        others = alternatives(
            by=request.membership,
            need=asked.need,
            postal_code=asked.postal_code,
            role=subject.role if subject else "",
            excluding=out,
        )
    return [
        Elsewhere(
            name,
            named[name].name,
            why,
            stands.get(name),
            others
            if asked.need in Need.values
            else same_kind(by=request.membership, agency=named[name], postal_code=asked.postal_code, excluding=out),
        )
        for name, why in stopped.items()
    ]


def _contacts(
    form: ReferralForm, access: CaseAccess, asked: asking.Asked, named: dict[str, Agency | None]
) -> list[Agency]:
    """The services an adult may call without us, where nothing allows to send them: not those that cannot take them."""
    if not form.is_bound or "basis" not in form.errors:
        return []
    subject = next((one for one in sending.subjects_of(access) if one.pk == asked.subject_id), None)
    if subject is None or subject.role == PersonRole.CHILD:
        return []
    return [agency for name, agency in named.items() if agency and agency.public_contact and name not in form.errors]


# --- its drafts -------------------------------------------------------------------------------------------------
@require_POST
def save_draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Autosave, as static/js/autosave.js speaks it."""
    return answer(lambda: _saved(request, case_id), label_of=lambda name: str(ReferralForm.base_fields[name].label))


def _saved(request: HttpRequest, case_id: UUID) -> Any:
    return drafts.save(
        by=request.membership,
        case_id=case_id,
        draft_id=uuid_of(request.POST.get("draft", "")),
        data=kept(request.POST),
        version=version_of(request),
    )


def _keep(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Keep the draft without a script, or on the way to the page of a service that is not in the list."""
    case = context["case"]
    try:
        draft = _saved(request, case.pk)
    except (RuleBroken, StaleVersion) as stopped:
        form = form_for(request, context["access"], data=request.POST)
        show_errors(form, stopped.errors if isinstance(stopped, RuleBroken) else {"": [str(stopped)]})
        return write(request, context, form, status=409 if isinstance(stopped, StaleVersion) else 422)
    if "unlisted" in request.POST:
        return redirect(f"{reverse('referrals:unlisted', args=[case.pk])}?draft={draft.pk}")
    messages.success(request, _("Kept. Nothing is sent, and nobody else sees it."))
    return redirect(f"{reverse('referrals:new', args=[case.pk])}?draft={draft.pk}")


@require_POST
def discard_draft(request: HttpRequest, case_id: UUID, draft_id: UUID) -> HttpResponse:
    """Throw the draft away; what it held is emptied."""
    drafts.discard(by=request.membership, case_id=case_id, draft_id=draft_id)
    messages.success(request, _("The draft has been thrown away."))
    return redirect("referrals:case_list", case_id)


# --- what each service would see ---------------------------------------------------------------------------------
def _to_preview(request: HttpRequest, context: dict[str, Any], form: ReferralForm) -> HttpResponse:
    """Keep what is typed and go to its preview; the form again, with what is wrong."""
    by, case = request.membership, context["case"]
    try:
        proposals = _proposals(request, context, form)
        draft_id = form.draft_id
        # Back to a form that has been sent, for something else: it is another referral
        if draft_id is None or drafts.is_over(by=by, case=case, draft_id=draft_id):
            draft_id = uuid7()
        filled = kept(form.data) | asking.begun_texts(proposals[0].asked)
        drafts.put(by=by, case=case, draft_id=draft_id, data=filled)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return write(request, context, form, status=422)
    return redirect("referrals:preview", case.pk, draft_id)


def _proposals(request: HttpRequest, context: dict[str, Any], form: ReferralForm) -> list[sending.Proposal]:
    """What would be sent. Raises RuleBroken by field."""
    valid = form.is_valid()
    proposals = sending.propose_all(
        by=request.membership, case=context["case"], access=context["access"], asked=form.asked()
    )
    if not valid:
        raise RuleBroken({})
    return proposals


@require_GET
def preview_draft(request: HttpRequest, case_id: UUID, draft_id: UUID) -> HttpResponse:
    """What each service would see of a draft, before it is sent. Back and reload ask it anew, and send nothing."""
    case, access, context = open_page(request, case_id, tab="referrals")
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    if drafts.is_over(by=request.membership, case=case, draft_id=draft_id):
        messages.info(request, _("This referral has been sent or thrown away: here are those of the case."))
        return redirect("referrals:case_list", case.pk)
    draft = drafts.find(by=request.membership, case=case, draft_id=draft_id)
    typed = draft.data | {"draft": str(draft.pk), "version": str(draft.version)}
    form = form_for(request, access, data=typed)
    try:
        proposals = _proposals(request, context, form)
    except RuleBroken:
        return redirect(f"{reverse('referrals:new', args=[case.pk])}?draft={draft.pk}")
    token = preview_token.sign(
        {
            # one draft is sent once, from however many windows
            "key": str(draft.pk),
            "typed": form.typed(),
            "shown": [proposal.shown() for proposal in proposals],
        },
        salt=SALT,
        case_id=case.pk,
        agency_id=request.membership.agency_id,
    )
    asked = proposals[0].asked
    context |= {
        "asked": asked,
        "draft": draft,
        "subject": proposals[0].subject,
        "need": Need(asked.need).label,
        "carried": carried_words(asked),
        "looked": [
            {
                "proposal": proposal,
                "preview": None if proposal.to_agency.without_account else preview(case=case, proposal=proposal),
                "before": before_sending(by=request.membership, proposal=proposal),
                "queued": asked.in_order and number > 1,
                "number": number,
            }
            for number, proposal in enumerate(proposals, start=1)
        ],
        "several": len(proposals) > 1,
        "only": proposals[0].to_agency,
        "token": token,
    }
    return render(request, "referrals/preview.html", context)


@dataclass(frozen=True)
class Carried:
    """What a preview carries: None where the token is not ours or too old."""

    typed: dict[str, str] | None = None
    key: UUID | None = None
    shown: tuple[list[str], ...] = ()


def carried(request: HttpRequest, case: Case) -> Carried:
    """What was typed, its request key and what was shown of each service, from the preview's own token."""
    token = request.POST.get("token", "")
    found = preview_token.read(token, salt=SALT, case_id=case.pk, agency_id=request.membership.agency_id)
    return Carried(found["typed"], UUID(found["key"]), tuple(found["shown"])) if found else Carried()
