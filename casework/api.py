"""Acts that cross rooms, through the API."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Action
from audit.services import record
from cases.access import for_case
from cases.api import HIDDEN, CaseContentView
from common.api import KEY_HEADER, ErrorSerializer
from common.errors import Refused, RuleBroken
from reports.api import FACTS
from reports.children import of_reports
from reports.perms import may_record
from reports.serializers import ReportInputSerializer, ReportSerializer, flatten, nest, report

from .reporting import receive_report


class Reports(CaseContentView):
    """Record a report: the case opens or is joined, her acceptance of the J+2 contact opens what it opens."""

    @extend_schema(
        operation_id="reports_create",
        parameters=[
            OpenApiParameter(
                KEY_HEADER,
                UUID,
                OpenApiParameter.HEADER,
                required=True,
                description="A UUID of the client for this report, or the id of a draft begun on the page. The same"
                " key gives the same report, however often it is sent.",
            )
        ],
        request=ReportInputSerializer,
        responses={200: ReportSerializer, 201: ReportSerializer, 400: dict, 409: ErrorSerializer} | HIDDEN,
    )
    def post(self, request: Request) -> Response:
        if not may_record(self.membership):
            raise Refused(_("Your role does not record reports."))
        key = key_of(request)
        given = ReportInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            found, new = receive_report(
                by=self.membership,
                key=key,
                kind=given.validated_data["kind"],
                case_id=given.validated_data.get("case"),
                data=flatten(given.validated_data),
                version=given.validated_data.get("version"),
                continues_id=given.validated_data.get("continues"),
            )
        except RuleBroken as broken:
            return Response(nest(broken.errors), status=400)
        record(action=Action.READ, case_id=found.case_id, object_kind="api.report", object_id=found.pk, fields=FACTS)
        access = for_case(found.case, self.membership)
        answer = ReportSerializer(report(found, access, of_reports(access, [found]).get(found.pk, [])))
        return Response(answer.data, status=201 if new else 200)


def key_of(request: Request) -> UUID:
    """The UUID by which the client calls what it sends. Raises RuleBroken."""
    try:
        return UUID(request.headers.get(KEY_HEADER, ""))
    except ValueError:
        message = _("Send a UUID of your own in this header, so that a second try records nothing twice.")
        raise RuleBroken({KEY_HEADER: [message]}) from None
