"""The list of any agency is one index range: the same rows as the whole, page by page, and a plan that never sorts."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import LIST_KEYS, participation_rows
from cases.models import CaseExclusion, CaseUserObjectPermission
from common.pagination import paginate
from move.demo.volume import BIG, CLOSED, MEDIAN, TINY
from tests.cases.helpers import Queries

ROOT = Path(__file__).resolve().parent.parent.parent
ORDER = ("sort_severity", "-sort_at", "-content_object_id")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def volume(transactional_db):
    command = [sys.executable, "manage.py", "generate_volume", "--cases", "8000", "--agencies", "24", "--force"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def member_of(agency: str, number: int = 1) -> Membership:
    """The first user of an agency has exclusions; the first two are named in its restricted cases."""
    found = Membership.objects.select_related("agency", "user").filter(agency__short_name=agency)
    return found.get(user__email__endswith=f"-{number}@example.org")


def walk(member: Membership, per_page: int) -> list:
    cursor, seen = None, []
    while True:
        page = paginate(participation_rows(member), keys=LIST_KEYS, cursor=cursor, per_page=per_page)
        seen += [row.content_object_id for row in page.items]
        if (cursor := page.next_cursor) is None:
            return seen


def test_pages_indexes_and_locks_agree(volume, owner):
    # the pages together are every row, each once, in order; without the excluded, with the restricted where named
    for name in (BIG, MEDIAN, TINY, CLOSED):
        member = member_of(name)
        with acting_as(member):
            whole = list(participation_rows(member).order_by(*ORDER).values_list("content_object_id", flat=True))
            seen = walk(member, per_page=23)
        assert seen == whole and len(set(seen)) == len(seen) > 30
        excluded = "SELECT case_id FROM cases_caseexclusion WHERE user_id = %s"
        live = """SELECT p.content_object_id FROM cases_casegroupobjectpermission p WHERE p.group_id = %s
            AND p.side <> '' AND (p.expires_at IS NULL OR p.expires_at > now())"""
        expected = {row[0] for row in owner.execute(live, [member.agency.group_id]).fetchall()} - {
            row[0] for row in owner.execute(excluded, [member.user_id]).fetchall()
        }
        assert set(seen) == expected

    # a colleague who is not named does not see the restricted ones
    named, other = member_of(BIG), member_of(BIG, 5)
    with acting_as(named):
        restricted = set(CaseUserObjectPermission.objects.values_list("content_object_id", flat=True))
        kept_out = set(CaseExclusion.objects.values_list("case_id", flat=True))
        first = set(walk(named, per_page=100))
    with acting_as(other):
        second = set(walk(other, per_page=100))
    assert restricted and kept_out
    assert second - first == kept_out - restricted and first - second == restricted - kept_out

    # the first page is an index range; nothing is sorted
    for name in (BIG, MEDIAN, CLOSED):
        member = member_of(name)
        with acting_as(member):
            rows = participation_rows(member).order_by(*ORDER)
            plan = rows[:26].explain()
            assert "Index Scan using cases_list" in plan and "Sort" not in plan, f"{name}\n{plan}"
    # a page costs the same number of queries whatever the agency's size
    asked = []
    for name in (BIG, MEDIAN, CLOSED):
        client = Client()
        client.force_login(member_of(name).user)
        client.get(reverse("cases:list"))
        with Queries() as queries:
            assert client.get(reverse("cases:list")).status_code == 200
        asked.append(queries.count)
    assert len(set(asked)) == 1 and asked[0] <= 8
