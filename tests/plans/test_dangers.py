"""Dangers for professionals: flagged, prolonged, ended; what each side reads; the banner and the notice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case, get_case
from cases.enums import EventCode, ParticipationSide
from cases.models import Case, CaseEvent
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from notifications.models import Notice, NoticeKind
from plans import dangers
from plans.models import StaffDanger, StaffDangerEnd, StaffDangerWords
from tests.actors import all_of_his_side, as_, excluded_colleague, just_expired
from tests.factories import World, make_member, make_report

from .needs_acts import HIS_IDENTITY, all_of_her_side, bring_in, danger_wanted, flag, person_in

pytestmark = pytest.mark.django_db

WHAT, DO = "Elle dit qu’il garde un couteau dans l’entrée.", "Y aller à deux."


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def page(name: str, case: Case, *rest) -> str:
    return reverse(f"plans:{name}", args=[case.pk, *rest])


def text(by, url: str) -> str:
    answer = as_(by).get(url, headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def end(by, case: Case, danger: StaffDanger, reason: str = "gone") -> StaffDangerEnd:
    with acting_as(by):
        found, access = get_case(case.pk, by)
        return dangers.end(by=by, case=found, access=access, danger_id=danger.pk, reason=reason)


def typed(**changes) -> dict[str, str]:
    wanted = vars(danger_wanted()) | {"request_key": uuid7()} | changes
    return {name: "" if value is None else str(value) for name, value in wanted.items()}


# --- flagged ----------------------------------------------------------------------------------------------------
def test_a_danger_flagged_stands_on_every_page_and_is_told(world, case):
    answer = as_(world.officer).post(page("flag_danger", case), typed())
    assert answer.status_code == 302
    with acting_as(world.officer):
        danger = StaffDanger.objects.get()
        event = CaseEvent.objects.get(code=EventCode.DANGER_FLAGGED)
    assert danger.author == world.officer.user
    assert "couteau" not in str(event.payload)
    for url in (reverse("cases:summary", args=[case.pk]), page("overview", case), page("dangers", case)):
        for member in (world.officer, world.eva, world.reader):
            assert DO in text(member, url), (url, member)
    with acting_as(world.eva):
        notice = Notice.objects.get(kind=NoticeKind.DANGER_FLAGGED)
    assert notice.path == page("dangers", case)
    with acting_as(world.officer):
        assert not Notice.objects.filter(kind=NoticeKind.DANGER_FLAGGED, recipient=world.officer.user).exists()


def test_on_his_side_the_kind_alone_is_read_and_that_it_is_there(world, case):
    his = all_of_his_side(world, case)
    flag(world.officer, case)
    for url in (reverse("cases:summary", args=[case.pk]), page("dangers", case), page("overview", case)):
        shown = text(his, url)
        assert "Danger for professionals" in shown and "Weapon" in shown, url
        for never in (WHAT, DO, "the victim says so", world.officer.agency.short_name, "Delvaux"):
            assert never not in shown, (url, never)
    with acting_as(his):
        assert StaffDanger.objects.count() == 1
        assert not StaffDangerWords.objects.exists()
        assert Notice.objects.filter(kind=NoticeKind.DANGER_FLAGGED).count() == 1


def test_on_his_side_what_was_set_apart_is_read(world, case):
    his = all_of_his_side(world, case)
    flag(world.officer, case, said_on_his_side="Le recevoir à deux, jamais seul.")
    shown = text(his, page("dangers", case))
    assert "Le recevoir à deux, jamais seul." in shown
    assert WHAT not in shown and DO not in shown


def test_his_side_flags_and_reads_its_own_words(world, case):
    programme = world.programme
    bring_in(world, case, programme, ParticipationSide.PERPETRATOR, HIS_IDENTITY)
    with acting_as(programme):
        him = person_in(case, "presumed_perpetrator")
    flag(programme, case, about="person", case_person_id=him.pk, what="Il a menacé un collègue.", source="seen")
    assert "Il a menacé un collègue." in text(programme, page("dangers", case))
    assert "Il a menacé un collègue." in text(world.officer, page("dangers", case))
    other = all_of_his_side(world, case)
    assert "Il a menacé un collègue." not in text(other, page("dangers", case))


def test_it_is_about_a_person_of_his_side_alone(world, case):
    with acting_as(world.officer):
        her, him = person_in(case), person_in(case, "presumed_perpetrator")
    with pytest.raises(RuleBroken) as broken:
        flag(world.officer, case, about="person", case_person_id=her.pk)
    assert list(broken.value.errors) == ["case_person"]
    flag(world.officer, case, about="person", case_person_id=him.pk)
    assert "Yvan Morel-Test" in text(world.officer, page("dangers", case))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"about": ""}, "about"),
        ({"about": "person"}, "case_person"),
        ({"kind": "dragon"}, "kind"),
        ({"source": ""}, "source"),
        ({"what": "  "}, "what"),
        ({"precautions": ""}, "precautions"),
        ({"what": "x" * 10_000}, "what"),
        ({"said_on_his_side": "a\x00"}, "said_on_his_side"),
        ({"said_on_his_side": "Ne pas parler de Fatou devant lui."}, "said_on_his_side"),
        ({"until_on": None}, "until_on"),
        ({"from_on": None}, "from_on"),
    ],
)
def test_what_breaks_a_rule_is_said_by_field(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        flag(world.officer, case, **changes)
    assert list(broken.value.errors) == [field]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(0, -1, "until_on"), (-10, -2, "until_on"), (1, 5, "from_on"), (0, 185, "until_on"), (0, 184, "")],
)
def test_it_ends_within_six_months(world, case, first, last, field):
    today = local(now()).date()
    days = {"from_on": today + timedelta(days=first), "until_on": today + timedelta(days=last)}
    if field:
        with pytest.raises(RuleBroken) as broken:
            flag(world.officer, case, **days)
        assert list(broken.value.errors) == [field]
    else:
        assert flag(world.officer, case, **days).until_on == days["until_on"]


def test_a_wrong_form_keeps_what_was_typed(world, case):
    answer = as_(world.officer).post(page("flag_danger", case), typed(until_on="", what="Un chien 🐕 mord."))
    assert answer.status_code == 422
    assert "Un chien 🐕 mord." in answer.content.decode()


def test_the_same_page_sent_twice_flags_once(world, case):
    key = uuid7()
    assert flag(world.officer, case, key=key) == flag(world.officer, case, key=key)
    with acting_as(world.eva):
        assert Notice.objects.filter(kind=NoticeKind.DANGER_FLAGGED).count() == 1


# --- until ------------------------------------------------------------------------------------------------------
def test_past_its_day_it_is_shown_as_over(world, case):
    flag(world.officer, case)
    with travel(now() + timedelta(days=32)):
        assert "Danger for professionals</strong>" not in text(world.officer, reverse("cases:summary", args=[case.pk]))
        shown = text(world.officer, page("dangers", case))
        with acting_as(world.officer):
            assert not dangers.open_dangers(case).exists()
    assert "No danger is flagged" in shown and WHAT in shown


def test_it_is_prolonged_by_a_new_row(world, case):
    former = flag(world.officer, case)
    answer = as_(world.officer).post(page("prolong_danger", case, former.pk), typed(precautions="Jamais le soir."))
    assert answer.status_code == 302
    with acting_as(world.officer):
        assert [each.supersedes_id for each in dangers.open_dangers(case)] == [former.pk]
    assert as_(world.officer).post(page("prolong_danger", case, former.pk), typed()).status_code == 422


def test_it_is_ended_with_a_reason_once(world, case):
    danger = flag(world.officer, case)
    url = page("end_danger", case, danger.pk)
    assert as_(world.officer).post(url, {"reason": ""}).status_code == 422
    assert as_(world.officer).post(url, {"reason": "gone"}).status_code == 302
    assert end(world.officer, case, danger).reason == "gone"  # the same again
    with pytest.raises(RuleBroken) as broken:
        end(make_member(world.officer.agency), case, danger, "mistaken")
    assert "Marc Delvaux" in str(broken.value)
    with acting_as(world.officer):
        assert StaffDangerEnd.objects.count() == 1
        assert not dangers.open_dangers(case).exists()


def test_who_ends_it_is_its_service_or_who_answers_for_the_lead(world, case):
    hers = all_of_her_side(world, case)
    danger = flag(hers, case)
    for member in (world.officer, world.eva):
        with pytest.raises(Refused):
            end(member, case, danger)
        assert as_(member).get(page("end_danger", case, danger.pk)).status_code == 403
    assert end(world.police_referent, case, danger).ended_by == world.police_referent.user
    assert end(hers, case, flag(hers, case)).agency_id == hers.agency_id


# --- who reads --------------------------------------------------------------------------------------------------
def test_strangers_the_excluded_and_the_expired_read_nothing(world, case):
    excluded, expired = excluded_colleague(world, case), just_expired(world, case)
    danger = flag(world.officer, case)
    for member in (world.stranger, world.other_officer, excluded, expired, world.platform_admin):
        for url in (page("dangers", case), page("flag_danger", case), page("end_danger", case, danger.pk)):
            assert as_(member).get(url).status_code == 404
        with acting_as(member):
            assert not StaffDanger.objects.exists() and not StaffDangerWords.objects.exists()
            assert not Notice.objects.filter(kind=NoticeKind.DANGER_FLAGGED).exists()


def test_a_reader_reads_and_does_not_flag(world, case):
    assert as_(world.reader).post(page("flag_danger", case), typed()).status_code == 403
    with pytest.raises(Refused):
        flag(world.reader, case)


def test_a_danger_of_another_case_is_not_found(world, case):
    danger = flag(world.officer, make_report(world.officer).case)
    with acting_as(world.officer), pytest.raises(Http404):
        dangers.get_danger(for_case(case, world.officer), danger.pk)
    assert as_(world.officer).post(page("end_danger", case, danger.pk), {"reason": "gone"}).status_code == 404


def test_the_banner_asks_nothing_where_nothing_is_flagged(world, case):
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        with CaptureQueriesContext(connection) as asked:
            assert dangers.banner(found, access) is None
    assert len(asked) == 0
    flag(world.officer, case)
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        assert [each.precautions for each in dangers.banner(found, access)["dangers"]] == [DO]
