"""What a signature covers, as one value to compare later. Pure: no Django, no database, no clock."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def content_hash(
    *,
    assessment_id: UUID,
    case_id: UUID,
    grid_hash: str,
    answers: Mapping[str, Any],
    outcome: Mapping[str, Any],
    signed_at: datetime,
    signed_by: UUID,
) -> str:
    """SHA-256 (64 hex digits) of what was signed: which version of the grid, its answers, what they indicated, who
    signed and when, as canonical JSON. `grid_hash` is that of the version; `signed_at` may be in any time zone.
    """
    signed = {
        "assessment": str(assessment_id),
        "case": str(case_id),
        "grid": grid_hash,
        "answers": answers,
        "outcome": outcome,
        "signed_at": signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "signed_by": str(signed_by),
    }
    canonical = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def hash_of(assessment: Any) -> str:
    """The hash of a signed assessment as it stands now, read with its version."""
    return content_hash(
        assessment_id=assessment.pk,
        case_id=assessment.case_id,
        grid_hash=assessment.grid_version.content_hash,
        answers=assessment.answers,
        outcome=assessment.outcome,
        signed_at=assessment.signed_at,
        signed_by=assessment.signed_by_id,
    )


def intact(assessment: Any) -> bool | None:
    """Whether a signed assessment still is what was signed; None for one signed before signatures had a hash."""
    return hash_of(assessment) == assessment.content_hash if assessment.content_hash else None
