"""The training calendar: what is coming, what is past, one session, who comes to it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import calendar_file, sessions
from agencies.enums import AgencyKind
from agencies.models import Membership, TrainingCourse, TrainingEnrolment, TrainingSession
from agencies.perms import may_announce_trainings, may_keep_training
from agencies.training import title_of
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7

from . import trainings
from .training_forms import ReplayForm, SessionForm

MOST = 60
FILE_NAME = "agenda.ics"


def _member(request: HttpRequest) -> Membership:
    """Who acts. Http404 for whoever works nowhere now."""
    if request.membership is None:
        raise Http404
    return request.membership


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """What is coming, with the seats that are left, and what can be watched again."""
    at, member = now(), _member(request)
    ahead, before = list(sessions.coming(at)[:MOST]), list(sessions.past(at)[:MOST])
    mine = sessions.enrolments_of(member, [*ahead, *before])
    context = {
        "coming": [_line(request, one, one.pk in mine) for one in ahead],
        "past": [_line(request, one, one.pk in mine) | {"came": _came(mine.get(one.pk))} for one in before],
        "may_announce": may_announce_trainings(request.membership),
    }
    return render(request, "trainings/calendar.html", context)


def _came(mine: TrainingEnrolment | None) -> bool | None:
    return mine.attended if mine else None


def _line(request: HttpRequest, session: TrainingSession, enrolled: bool) -> dict[str, Any]:
    at = now()
    kinds = dict(AgencyKind.choices)
    return {
        "session": session,
        "enrolled": enrolled,
        "course": title_of(session.course) if session.course else "",
        "kinds": [kinds[kind] for kind in session.kinds if kind in kinds],
        "left": None if session.seats is None else max(0, session.seats - session.taken),
        "why_not": "" if enrolled else sessions.why_not(session, request.membership, taken=session.taken, at=at),
        "begun": session.starts_at <= at,
        "keeps": may_keep_training(request.membership, session),
    }


@require_GET
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One session: when and where, what to do, and for who gives it, who is enrolled."""
    return _page(request, _find(session_id))


def _find(session_id: UUID) -> TrainingSession:
    found = sessions.sessions().filter(pk=session_id).first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: TrainingSession, *, form: ReplayForm | None = None) -> HttpResponse:
    mine = sessions.enrolments_of(_member(request), [found]).get(found.pk)
    line = _line(request, found, mine is not None)
    context = line | {
        "mine": mine,
        "people": list(sessions.enrolled_in(found)) if line["keeps"] else [],
        "form": form or ReplayForm(initial={"replay": found.replay}),
        "may_change": line["keeps"] and not line["begun"] and found.cancelled_at is None,
        "may_conclude": line["keeps"] and line["begun"] and found.cancelled_at is None,
    }
    return render(request, "trainings/session.html", context, status=422 if form else 200)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Announce a session, or several two months apart."""
    if not may_announce_trainings(request.membership):
        raise PermissionDenied
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        key, following = values.pop("key") or uuid7(), values.pop("following") or 0
        try:
            made = trainings.announce(by=request.membership, key=key, values=values, following=following)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            said = ngettext("%(count)d session is announced.", "%(count)d sessions are announced.", len(made))
            messages.success(request, said % {"count": len(made)})
            return redirect("trainings:session", made[0].pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "trainings/form.html", {"form": form, "session": None}, status=status)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Change a session; whoever is enrolled is told of what matters to them."""
    found = _find(session_id)
    if not may_keep_training(request.membership, found):
        raise PermissionDenied
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            trainings.change(by=request.membership, session_id=found.pk, values=form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("trainings:session", found.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "trainings/form.html", {"form": form, "session": found}, status=status)


def _form(request: HttpRequest, found: TrainingSession | None) -> SessionForm:
    initial = {}
    if found:
        initial = {name: getattr(found, name) for name in sessions.FIELDS if name != "course"}
        initial |= {"course": found.course_id, "starts_at": local(found.starts_at)}
    sent = request.POST if request.method == "POST" else None
    courses = TrainingCourse.objects.all()
    return SessionForm(sent, courses=courses, is_new=found is None, **({"initial": initial} if found else {}))


@require_POST
def cancel(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """It does not take place."""
    trainings.cancel(by=request.membership, session_id=session_id)
    messages.success(request, _("The session is cancelled; whoever is enrolled has been told."))
    return redirect("trainings:session", session_id)


@require_POST
def enrol(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Come to it."""
    try:
        sessions.enrol(by=_member(request), session_id=session_id)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("You are enrolled. Put it in your calendar with the file below."))
    return redirect("trainings:session", session_id)


@require_POST
def leave(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Come no more."""
    try:
        sessions.leave(by=_member(request), session_id=session_id)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("You are not enrolled: your seat is free again."))
    return redirect("trainings:session", session_id)


@require_POST
def attendance(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Say who came."""
    try:
        came = [UUID(value) for value in request.POST.getlist("came")]
    except ValueError:
        raise Http404 from None
    count = sessions.note_attendance(by=request.membership, session_id=session_id, came=came)
    said = ngettext("Written down: %(count)d person came.", "Written down: %(count)d people came.", count)
    messages.success(request, said % {"count": count})
    return redirect("trainings:session", session_id)


@require_POST
def replay(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Where it can be watched again."""
    form = ReplayForm(request.POST)
    form.is_valid()
    try:
        trainings.publish_replay(
            by=request.membership, session_id=session_id, replay=form.cleaned_data.get("replay", "")
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, _find(session_id), form=form)
    messages.success(request, _("The changes are saved."))
    return redirect("trainings:session", session_id)


@require_GET
def calendar_entry(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The file a calendar takes; its title says nothing of what is taught."""
    found = _find(session_id)
    enrolled = found.pk in sessions.enrolments_of(_member(request), [found])
    joins = enrolled or may_keep_training(request.membership, found)
    content = calendar_file.event(
        uid=str(found.pk),
        title=_("Training"),
        starts_at=found.starts_at,
        minutes=found.minutes,
        where=found.place or (found.link if joins else ""),
        written_at=now(),
        cancelled=found.cancelled_at is not None,
    )
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer
