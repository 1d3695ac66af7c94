"""People and agencies put in a case, and what their browsers see of it."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Membership
from cases.models import Case
from sharing.models import Basis, WayIn
from sharing.services import decide


def as_(membership: Membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def text(response) -> str:
    return response.content.decode()


def url(name: str, case: Case, *more) -> str:
    return reverse(name, args=[case.pk, *more])


def bring_in(
    case: Case, by: Membership, to: Membership, grants: list[str], *, side: str, contributes: bool = True
) -> None:
    """Open these pairs to the agency of `to`, on that side, by decision of `by`."""
    with acting_as(by):
        decide(
            by=by,
            case=case,
            recipient=to.agency,
            side=side,
            way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET,
            grants=grants,
            contributes=contributes,
            necessity="Pour travailler avec lui.",
        )


def bring_in_programme(case: Case, by: Membership, programme: Membership) -> None:
    """The programme works with him: his identity, nothing of hers."""
    bring_in(case, by, programme, ["identity:perpetrator"], side="perpetrator")


class Queries(CaptureQueriesContext):
    """The statements that read or write, without savepoints and settings of the transaction."""

    def __init__(self):
        super().__init__(connection)

    @property
    def count(self) -> int:
        return len(self.statements)

    @property
    def statements(self) -> list[str]:
        words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        found = [query["sql"] for query in self.captured_queries]
        return [sql for sql in found if sql.lstrip("( ").startswith(words) and "set_config" not in sql]
