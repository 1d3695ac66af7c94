"""Every address that names a case and something of it: the same thing under another case is not there."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from tests.cases.helpers import bring_in
from tests.factories import make_report
from tests.sampling import rest_long
from tests.test_permissions import PARAMETERS, answer, browser_of

pytestmark = pytest.mark.usefixtures("unlogged")

NO_OBJECT = frozenset({"case_id", "kind", "version", "language"})
"""Parameters that name nothing of a case."""

LEAD_BACK = frozenset({("GET", "casework:let_in"), ("GET", "sharing:link_end")})
"""Addresses that are posted to: read, they lead to the page of the case, whatever else they name."""

OF_A_CASE = {name: wanted for name, wanted in PARAMETERS.items() if "case_id" in wanted and set(wanted) - NO_OBJECT}


@pytest.mark.django_db
@pytest.mark.parametrize("actor", rest_long(["officer", "eva", "prosecutor"], quick=("officer",)))
def test_what_stands_in_one_case_is_not_found_under_another(whole_story, actor):
    story, world = whole_story, whole_story.world
    other = make_report(world.officer).case
    bring_in(other, world.officer, world.prosecutor, ["facts:case", "judicial:case"], side="neutral")
    member = story.members[actor]
    with acting_as(member):
        assert type(other).objects.visible_to(member).filter(pk=other.pk).exists()
    first = browser_of(story, actor)
    wrong = {}
    for name, wanted in sorted(OF_A_CASE.items()):
        known = story.names | story.special.get(name, {})
        mixed = reverse(name, kwargs={key: known[key] for key in wanted} | {"case_id": other.pk})
        for method in ("GET", "POST"):
            if (method, name) in LEAD_BACK:
                continue
            right = answer(first, method, story.path(name))
            if right not in (403, 404, 405) and (status := answer(first, method, mixed)) != 404:
                wrong[f"{method} {name}"] = f"{status}, {right} under its own case"
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())
