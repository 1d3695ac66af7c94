"""No way down for a level but the signature of somebody else, trained; and none for his side on a grid about her."""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case
from casework.assessing import conclude_level, review_assessment
from common.clock import now, travel
from common.errors import Refused
from riskassessment import services
from riskassessment.perms import may_start
from riskassessment.versions import definition_of, latest_versions
from tests.cases.helpers import as_, text, url
from tests.factories import make_agency, make_member, make_report, train

from .grid_acts import CRITICALITY, PERPETRATOR, POLICE, bring_in, fresh, sign

pytestmark = pytest.mark.django_db

REASONS = "Elle s’est réfugiée chez sa sœur et il est détenu."


def conclude(by, assessment, level):
    with acting_as(by):
        return conclude_level(by=by, assessment_id=assessment.pk, level=level, justification=REASONS)


def validate(by, assessment):
    with acting_as(by):
        return review_assessment(by=by, assessment_id=assessment.pk, verdict="validated")


def know_nothing(by, case):
    """A police grid signed with every question answered "unknown"."""
    with acting_as(by):
        access = for_case(case, by)
        draft = services.start(by=by, case=case, access=access, grid_slug=POLICE, presence="alone")
        questions = definition_of(draft.grid_version).questions
    return sign(by, case, POLICE, **{item.id: "unknown" for item in questions if item.type == "yes_no"})


def test_too_little_known_brings_a_level_down_only_with_a_second_signature(world):
    case = make_report(world.officer).case
    with travel(now() - timedelta(days=9)):
        conclude(world.officer, sign(world.officer, case, POLICE, "critical"), "critical")
    nothing_known = know_nothing(world.officer, case)
    assert nothing_known.indicative_level == "insufficient"
    assert conclude(world.officer, nothing_known, "low").lowers
    assert (fresh(world.officer, case).level, fresh(world.officer, case).level_provisional) == ("critical", False)
    client = as_(world.officer)
    page = text(client.get(url("riskassessment:detail", case, nothing_known.pk)))
    assert "là où se trouvait le dossier" in page and "level-critical" in text(
        client.get(url("casework:over_time", case))
    )
    train(world.police_manager)
    validate(world.police_manager, nothing_known)
    assert (fresh(world.officer, case).level, fresh(world.officer, case).level_provisional) == ("low", False)


def test_too_little_known_is_concluded_alone_where_nothing_comes_down(world):
    case = make_report(world.officer).case
    assert not conclude(world.officer, know_nothing(world.officer, case), "moderate").lowers
    assert fresh(world.officer, case).level == "moderate"


def test_a_grid_that_asks_for_no_training_is_still_lowered_by_somebody_trained(world):
    case = make_report(world.officer).case
    bring_in(world.officer, case, world.programme, ["identity:perpetrator"], side="perpetrator")
    assessment = sign(world.programme, case, PERPETRATOR, "critical")
    assert definition_of(assessment.grid_version).review_training is None
    conclude(world.programme, assessment, "low")
    manager = make_member(world.programme.agency, "manager")
    with pytest.raises(Refused):
        validate(manager, assessment)
    assert fresh(world.officer, case).level == "critical"
    train(manager)
    validate(manager, assessment)
    assert fresh(world.officer, case).level == "low"


def test_on_his_side_no_grid_about_her_begins(world):
    """A mental-health service that treats him might say “no” to every question of her grid, and bring the case down."""
    case = make_report(world.officer).case
    hers, his = make_member(world.shelter.agency), make_member(make_agency("mental_health", "Centre de guidance"))
    bring_in(world.officer, case, hers)
    bring_in(
        world.officer, case, his, ["identity:perpetrator", "level:case", "psychosocial:victim"], side="perpetrator"
    )
    train(hers, his, course="criticality")
    sign(hers, case, CRITICALITY, "critical")
    stood = fresh(world.officer, case).level
    with acting_as(his):
        access = for_case(Case.objects.get(pk=case.pk), his)
        for version in latest_versions():
            begins = may_start(access, his.agency, version)
            assert begins == (version.grid.slug == PERPETRATOR), version.grid.slug
    with pytest.raises(Refused):
        sign(his, case, CRITICALITY, "low")
    assert CRITICALITY not in text(as_(his).get(url("riskassessment:case_list", case)))
    assert fresh(world.officer, case).level == stood
