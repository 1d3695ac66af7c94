"""What a page that shows an act before it is done carries to the act itself: signed, of one case and one agency."""

from typing import Any
from uuid import UUID

from django.core import signing

DAY = 24 * 60 * 60


def sign(what: dict[str, Any], *, salt: str, case_id: UUID, agency_id: UUID) -> str:
    """The token of a preview; `what` as JSON holds it."""
    return signing.dumps(what | {"case": str(case_id), "agency": str(agency_id)}, salt=salt, compress=True)


def read(token: str, *, salt: str, case_id: UUID, agency_id: UUID) -> dict[str, Any] | None:
    """What `sign` was given; None where the token is not ours, of another case or agency, or older than a day."""
    try:
        found = signing.loads(token, salt=salt, max_age=DAY)
    except signing.BadSignature:
        return None
    return found if (found["case"], found["agency"]) == (str(case_id), str(agency_id)) else None
