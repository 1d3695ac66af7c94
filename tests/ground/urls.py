"""The product's addresses, and a few pages whose only purpose is to try the ground: writing, failing, streaming."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.views.generic import ListView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.models import Action
from audit.services import record
from cases.access import get_case
from cases.models import Case
from casework.reporting import record_report
from common.errors import Refused, RuleBroken, StaleVersion
from move.urls import urlpatterns as product
from reports.services import start_draft
from tests.factories import report_data

ERRORS = {
    "crash": ValueError("his name is Yvan"),
    "missing": Http404(),
    "denied": PermissionDenied(),
    "refused": Refused("no"),
    "rule": RuleBroken({"phone": ["no phone"]}),
    "stale": StaleVersion("changed"),
}


def write(request: HttpRequest, how: str) -> HttpResponse:
    """Write a row, then answer with the status asked for, or raise."""
    Group.objects.create(name="written by the page")
    if how in ERRORS:
        raise ERRORS[how]
    return HttpResponse(status=int(how))


@login_not_required
def write_as_visitor(request: HttpRequest) -> HttpResponse:
    return write(request, "200")


class ApiWrite(APIView):
    permission_classes = [AllowAny]

    def post(self, request, how: str) -> Response:
        Group.objects.create(name="written by the page")
        if how in ERRORS:
            raise ERRORS[how]
        return Response(status=int(how))


def read(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A case page in its shortest form; with ?status= it answers as if the form on it were wrong."""
    case, _access = get_case(case_id, request.membership)
    record(action=Action.READ, case_id=case.pk, object_kind="ground.read", object_id=case.pk)
    return HttpResponse(case.reference, status=int(request.GET.get("status", "200")))


def decide_then_refuse(request: HttpRequest, case_id: UUID) -> HttpResponse:
    record(action=Action.DECIDED, case_id=case_id, object_kind="ground.decide")
    return HttpResponse(status=422)


def record_one(request: HttpRequest) -> HttpResponse:
    """A whole report, recorded through the services."""
    draft = start_draft(by=request.membership, kind="police_dispute_report")
    record_report(by=request.membership, draft_id=draft.pk, data=report_data())
    return HttpResponse()


LIST = "{% for case in object_list %}{{ case.reference }} {% endfor %}{{ other.count }}"


class CaseList(ListView):
    """Evaluated only when rendered."""

    def get_queryset(self):
        return Case.objects.visible_to(self.request.membership)

    def render_to_response(self, context, **kwargs):
        return SimpleTemplateResponse(engines["django"].from_string(LIST), context)


def streamed(request: HttpRequest, case_id: UUID) -> StreamingHttpResponse:
    record(action=Action.EXPORTED, case_id=case_id, object_kind="ground.stream")
    rows = Case.objects.visible_to(request.membership)

    def lines():
        yield "references\n"
        for case in rows.iterator():
            yield f"{case.reference}\n"
        if request.GET.get("then") == "write":
            Group.objects.create(name="written by the page")
        if request.GET.get("then") == "fail":
            raise ValueError("in the middle")

    return StreamingHttpResponse(lines())


@login_not_required
def settings_seen(request: HttpRequest) -> HttpResponse:
    """What PostgreSQL believes about who acts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT move_user(), move_agency(), move_group(), move_context()")
        return HttpResponse("|".join(str(value or "") for value in cursor.fetchone()))


urlpatterns = [
    *product,
    path("ground/write/<str:how>/", write),
    path("ground/visitor/", write_as_visitor),
    path("api/v1/ground/<str:how>/", ApiWrite.as_view()),
    path("ground/read/<uuid:case_id>/", read),
    path("ground/decide/<uuid:case_id>/", decide_then_refuse),
    path("ground/record/", record_one),
    path("ground/list/", CaseList.as_view()),
    path("ground/stream/<uuid:case_id>/", streamed),
    path("ground/settings/", settings_seen),
]
