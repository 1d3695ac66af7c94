"""Grids and the assessments of a case through the API. Who receives the level alone reads it with the case.

Beginning, signing and concluding cross rooms: `casework.assessment_api`.
"""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.api import CLOSED, HIDDEN, CaseContentView
from cases.models import Case
from cases.serializers import CURSOR
from common.api import ConflictSerializer
from common.errors import RuleBroken, StaleVersion
from common.pagination import Key, KeysetPagination

from . import sending, serializers, services
from .found import Found, listed
from .models import Assessment, GridVersion
from .perms import opens_room
from .versions import open_to

LARGEST_NUMBER = 2**31 - 1
REFUSED = {400: dict} | HIDDEN
CONFLICT = {409: ConflictSerializer}


# --- grids --------------------------------------------------------------------------------------------------------
class Grids(CaseContentView):
    """The grids that the acting agency may fill in, each in the version that a new assessment uses, by slug."""

    @extend_schema(operation_id="grids_list", responses={200: serializers.GridListSerializer} | CLOSED)
    def get(self, request: Request) -> Response:
        found = {"results": [serializers.grid(version) for version in sending.fillable(self.membership)]}
        return Response(serializers.GridListSerializer(found).data)


class GridDetail(CaseContentView):
    """A grid that the acting agency may fill in, with its definition: the latest version, or the one asked for."""

    @extend_schema(
        operation_id="grids_read",
        parameters=[
            OpenApiParameter("number", int, description="The version to read; the latest where none is named.")
        ],
        responses={200: serializers.GridDetailSerializer} | REFUSED,
    )
    def get(self, request: Request, slug: str) -> Response:
        versions = GridVersion.objects.filter(grid__slug=slug).select_related("grid", "retirement")
        number = _number(request)
        if number is not None:
            versions = versions.filter(number=number)
        version = versions.order_by("-number").first()
        if version is None or not open_to(self.membership.agency, version):
            raise Http404
        return Response(serializers.GridDetailSerializer(serializers.grid_detail(version)).data)


def _number(request: Request) -> int | None:
    given = request.query_params.get("number", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 11 and int(given) <= LARGEST_NUMBER):
        raise RuleBroken({"number": [_("Give the number of a version.")]})
    return int(given)


# --- assessments of a case ------------------------------------------------------------------------------------------
class AssessmentPages(KeysetPagination):
    keys = (Key("signed_at", descending=True), Key("id", descending=True))


class CaseAssessments(CaseContentView):
    """The signed assessments of a case that the acting agency may read, the latest first."""

    @extend_schema(
        operation_id="case_assessments_list",
        parameters=[CURSOR],
        responses={200: serializers.AssessmentPageSerializer} | HIDDEN,
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        case, access = get_case(case_id, self.membership)
        paginator = AssessmentPages()
        rows = _rows(case, access).filter(signed_at__isnull=False)
        found = paginator.paginate_queryset(rows, request, self)
        if not opens_room(access) and not found:
            raise Http404
        record(
            action=Action.READ,
            case_id=case.pk,
            object_kind="api.assessments",
            object_id=case.pk,
            fields=listed(found, access),
        )
        shown = [serializers.assessment(each, access) for each in found]
        return paginator.get_paginated_response(serializers.AssessmentSerializer(shown, many=True).data)


class AssessmentView(CaseContentView):
    """The base of what is read and done with one assessment."""

    def find(self, case_id: UUID, assessment_id: UUID) -> Found:
        """One of the case that the acting agency may read, its own drafts too; Http404 for any other."""
        case, access = get_case(case_id, self.membership)
        found = _rows(case, access).filter(pk=assessment_id).first()
        if found is None:
            raise Http404
        return Found(case, access, found)

    def shown(self, case_id: UUID, assessment_id: UUID, *, status: int = 200) -> Response:
        """The assessment as it stands now, its reading recorded."""
        found = self.find(case_id, assessment_id)
        record(
            action=Action.READ,
            case_id=found.case.pk,
            object_kind="api.assessment",
            object_id=found.assessment.pk,
            fields=found.fields,
        )
        shown = serializers.assessment(found.assessment, found.access)
        return Response(serializers.AssessmentSerializer(shown).data, status=status)


class CaseAssessment(AssessmentView):
    """One signed assessment of a case, or a draft of the acting agency."""

    @extend_schema(operation_id="case_assessments_read", responses={200: serializers.AssessmentSerializer} | HIDDEN)
    def get(self, request: Request, case_id: UUID, assessment_id: UUID) -> Response:
        return self.shown(case_id, assessment_id)


class CaseAssessmentAnswers(AssessmentView):
    """Keep the answers of a draft of the acting agency."""

    @extend_schema(
        operation_id="case_assessments_answer",
        request=serializers.AnswersInputSerializer,
        responses={200: serializers.AssessmentSerializer} | REFUSED | CONFLICT,
    )
    def put(self, request: Request, case_id: UUID, assessment_id: UUID) -> Response:
        self.find(case_id, assessment_id)
        given = serializers.AnswersInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            services.save_answers(by=self.membership, assessment_id=assessment_id, **given.validated_data)
        except RuleBroken as broken:
            return Response(serializers.by_question(broken), status=400)
        except StaleVersion as stale:
            return Response(serializers.stale(stale), status=409)
        return self.shown(case_id, assessment_id)


def _rows(case: Case, access: CaseAccess) -> QuerySet[Assessment]:
    return services.assessments_of(case, access).select_related("review__agency")
