"""Defaults of the API: closed unless a view opens itself, errors that say what to do, never a 500 for bad input."""

import json
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import permissions, serializers, status
from rest_framework.exceptions import APIException, NotAuthenticated, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from .errors import Refused, RuleBroken, StaleVersion

if TYPE_CHECKING:
    from rest_framework.views import APIView

LARGEST_BODY = 500_000  # bytes
KEY_HEADER = "Idempotency-Key"
"""What a program calls its key, and where an error about it stands."""


class DenyAll(permissions.BasePermission):
    """The default: a view that names no permission of its own answers nobody."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class TooLarge(APIException):
    """More was sent than anything here could need."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class BoundedJSONParser(JSONParser):
    """JSON of a bounded size; nesting deeper than Python can read is bad input, not an accident."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > LARGEST_BODY:
            raise TooLarge(_("This is too large to be kept. Shorten the longest texts."))
        try:
            data = super().parse(stream, media_type, parser_context)
            # half of a character pair can be written in JSON, but neither stored nor quoted back
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError(_("The JSON sent is nested too deeply.")) from None
        except UnicodeEncodeError:
            raise ParseError(_("The JSON sent holds characters that cannot be kept.")) from None
        return data


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentText(serializers.CharField):
    """A moment as text, checked by the domain; without an offset it is Europe/Brussels."""


@extend_schema_field(OpenApiTypes.DATE)
class DayText(serializers.CharField):
    """A day as text, checked by the domain."""


class ErrorSerializer(serializers.Serializer):
    """Why nothing was done."""

    detail = serializers.CharField()


class ConflictSerializer(ErrorSerializer):
    """What was changed meanwhile; nothing was done."""

    conflicts = serializers.ListField(
        child=serializers.DictField(), help_text="each value that differs: field, theirs, yours"
    )
    version = serializers.IntegerField(help_text="what is stored now")


def exception_handler(error: Exception, context: dict) -> Response | None:
    """Map the domain's errors to 400 (a rule broken), 403 (refused) and 409 (stale version)."""
    if isinstance(error, StaleVersion):
        return Response(
            {"detail": str(error), "conflicts": error.conflicts, "version": error.version},
            status=status.HTTP_409_CONFLICT,
        )
    if isinstance(error, RuleBroken):
        return Response(error.as_dict(), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, Refused):
        return Response({"detail": str(error)}, status=status.HTTP_403_FORBIDDEN)
    # imported late: rest_framework.views reads the settings that name this module
    from rest_framework.views import exception_handler as drf_exception_handler

    response = drf_exception_handler(error, context)
    if isinstance(error, NotAuthenticated) and response is not None:
        # REST framework says 403 where a session, not a header, would log in
        response.status_code = status.HTTP_401_UNAUTHORIZED
    return response
