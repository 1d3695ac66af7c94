"""Assessments begun, signed and concluded through the API: by the services of the pages, with the same refusals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.access import CaseAccess, get_case
from cases.models import Case
from common.api import KEY_HEADER
from common.errors import Refused, RuleBroken, StaleVersion
from reports.models import Report
from riskassessment import api, sending, serializers, services
from riskassessment.models import Assessment

from .api import key_of
from .assessing import conclude_level, sign_assessment


class CaseAssessments(api.CaseAssessments, api.AssessmentView):
    """The signed assessments of a case that the acting agency may read, the latest first."""

    @extend_schema(
        operation_id="case_assessments_create",
        parameters=[
            OpenApiParameter(
                KEY_HEADER,
                UUID,
                OpenApiParameter.HEADER,
                required=True,
                description="A UUID of the client for this assessment. The same key gives the same assessment as it"
                " stands by then, however often it is sent, and changes nothing more.",
            )
        ],
        request=serializers.AssessmentInputSerializer,
        responses={200: serializers.AssessmentSerializer, 201: serializers.AssessmentSerializer}
        | api.REFUSED
        | api.CONFLICT,
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        """Begin an assessment with the answers known so far, and sign it at once where `sign` says so."""
        case, access = get_case(case_id, self.membership)
        if not access.contribute:
            raise Refused(_("You can read this case but not add to it."))
        key = key_of(request)
        given = serializers.AssessmentInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        try:
            made, new = sending.receive(
                by=self.membership,
                case=case,
                access=access,
                key=key,
                grid_slug=wanted["grid"],
                number=wanted["number"],
                report=_report(case, access, wanted["report"]),
                presence=wanted["presence"],
            )
        except sending.AlreadyBegun as begun:
            return Response(serializers.stale(begun) | {"assessment": str(begun.draft.pk)}, status=409)
        if new and (refused := self._answer(made, wanted)) is not None:
            return refused
        return self.shown(case_id, made.pk, status=201 if new else 200)

    def _answer(self, made: Assessment, wanted: Mapping[str, Any]) -> Response | None:
        """Keep the answers sent along and sign where that is asked; why not, where it is refused."""
        answered = {"assessment_id": made.pk, "answers": wanted["answers"], "version": made.version}
        try:
            if wanted["sign"]:
                sign_assessment(by=self.membership, **answered)
            else:
                services.save_answers(by=self.membership, **answered)
        except RuleBroken as broken:
            return Response(serializers.by_question(broken), status=400)
        return None


def _report(case: Case, access: CaseAccess, report_id: UUID | None) -> Report | None:
    if report_id is None:
        return None
    report = Report.objects.filter(case=case, pk=report_id).filter(access.readable()).first()
    if report is None:
        raise RuleBroken({"report": [_("There is no such report in this case.")]})
    return report


class SignAssessment(api.AssessmentView):
    """Sign a draft of the acting agency, as it stands or with its last answers; signed again, nothing changes."""

    @extend_schema(
        operation_id="case_assessments_sign",
        request=serializers.SignInputSerializer,
        responses={200: serializers.AssessmentSerializer} | api.REFUSED | api.CONFLICT,
    )
    def post(self, request: Request, case_id: UUID, assessment_id: UUID) -> Response:
        self.find(case_id, assessment_id)
        given = serializers.SignInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        answers, version = given.validated_data.get("answers"), given.validated_data.get("version")
        if answers is not None and version is None:
            raise RuleBroken({"version": [_("Send the version these answers were read in.")]})
        try:
            signed = sign_assessment(by=self.membership, assessment_id=assessment_id, answers=answers, version=version)
        except RuleBroken as broken:
            return Response(serializers.by_question(broken), status=400)
        except StaleVersion as stale:
            return Response(serializers.stale(stale), status=409)
        if answers is not None and services.differs(signed, answers):
            raise StaleVersion(
                _("This grid was signed in between: these answers were not kept. Make a new assessment."),
                version=signed.version,
            )
        return self.shown(case_id, assessment_id)


class ConcludeAssessment(api.AssessmentView):
    """Retain a level for an assessment that the acting agency signed; sent again, nothing changes."""

    @extend_schema(
        operation_id="case_assessments_conclude",
        request=serializers.ConclusionInputSerializer,
        responses={200: serializers.AssessmentSerializer} | api.REFUSED,
    )
    def post(self, request: Request, case_id: UUID, assessment_id: UUID) -> Response:
        self.find(case_id, assessment_id)
        given = serializers.ConclusionInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        conclude_level(by=self.membership, assessment_id=assessment_id, **given.validated_data)
        return self.shown(case_id, assessment_id)
