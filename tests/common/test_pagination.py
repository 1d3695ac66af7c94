import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.core import signing
from django.db import connection, models
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.pagination import (
    BadCursor,
    BoundedCount,
    Key,
    KeysetPagination,
    bounded_count,
    page_or_first,
    paginate,
    paginate_together,
)

START = datetime(2026, 3, 14, 21, 15, tzinfo=UTC)
KEYS = (Key("severity"), Key("at", descending=True), Key("id", descending=True))
ORDERS = [
    KEYS,
    (Key("severity", descending=True), Key("name"), Key("id")),
    (Key("name", descending=True), Key("at"), Key("id", descending=True)),
    (Key("id"),),
]


@pytest.fixture
def row_model(db):
    """A model whose first keys repeat, over a temporary table."""
    with isolate_apps("common"):

        class Row(models.Model):
            id = models.UUIDField(primary_key=True)
            severity = models.IntegerField()
            at = models.DateTimeField()
            name = models.TextField()

            class Meta:
                app_label = "common"
                db_table = "scratch_row"

            def __str__(self) -> str:
                return "row"

        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE scratch_row "
                "(id uuid PRIMARY KEY, severity int NOT NULL, at timestamptz NOT NULL, name text NOT NULL)"
            )
        yield Row
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE scratch_row")


def fill(model, count, seed=0):
    chance = random.Random(seed)
    model.objects.all().delete()
    model.objects.bulk_create(
        model(
            id=UUID(int=chance.getrandbits(128)),
            severity=chance.randrange(-1, 3),
            at=START + timedelta(microseconds=chance.randrange(4)),
            name=chance.choice(["", "abricot", "élan", "zèbre%_'\\"]),
        )
        for _ in range(count)
    )


def ordered(model, keys):
    order = [f"-{key.name}" if key.descending else key.name for key in keys]
    return list(model.objects.order_by(*order))


def walk(queryset, keys, per_page, cursor=None, towards="next_cursor", between=lambda: None, limit=500):
    """The pages in one direction until there is no more."""
    pages = []
    while True:
        pages.append(paginate(queryset, keys=keys, cursor=cursor, per_page=per_page))
        cursor = getattr(pages[-1], towards)
        if cursor is None:
            return pages
        assert len(pages) < limit, "no end"
        between()


def rows(pages):
    return [row for page in pages for row in page.items]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 40),
    per_page=st.integers(1, 12),
    keys=st.sampled_from(ORDERS),
    seed=st.integers(0, 10**6),
)
def test_the_pages_together_are_all_rows_in_order_and_back_again(row_model, count, per_page, keys, seed):
    fill(row_model, count, seed)
    expected = ordered(row_model, keys)
    forwards = walk(row_model.objects.all(), keys, per_page)
    assert rows(forwards) == expected
    assert forwards[0].previous_cursor is None
    assert all(len(page.items) == per_page for page in forwards[:-1])
    backwards = walk(row_model.objects.all(), keys, per_page, forwards[-1].previous_cursor, "previous_cursor")
    if len(forwards) > 1:
        assert [page.items for page in reversed(backwards)] == [page.items for page in forwards[:-1]]
        again = paginate(row_model.objects.all(), keys=keys, cursor=backwards[-1].next_cursor, per_page=per_page)
        assert again.items == forwards[1].items


@pytest.mark.parametrize("towards", ["next_cursor", "previous_cursor"])
@pytest.mark.parametrize("seed", range(5))
def test_rows_that_move_and_go_meanwhile_neither_stop_nor_repeat_the_others(row_model, seed, towards):
    fill(row_model, 60, seed)
    chance = random.Random(seed)
    everything = ordered(row_model, KEYS)
    restless = {row.pk for row in chance.sample(everything, 20)}
    cursor = None
    if towards == "previous_cursor":
        cursor = walk(row_model.objects.all(), KEYS, 7)[-1].previous_cursor
        everything = everything[:56]  # the last page of 7 × 8 + 4 rows is behind us

    def move():
        for pk in chance.sample(sorted(restless), 5):
            moved = {
                "severity": chance.randrange(3),
                "at": START + timedelta(seconds=chance.randrange(-9, 9)),
            }
            row_model.objects.filter(pk=pk).update(**moved)
        row_model.objects.filter(pk=chance.choice(sorted(restless))).delete()

    seen = rows(walk(row_model.objects.all(), KEYS, 7, cursor, towards, move))
    quiet = [row.pk for row in seen if row.pk not in restless]
    assert len(quiet) == len(set(quiet))
    assert set(quiet) == {row.pk for row in everything} - restless


def test_several_querysets_are_paged_as_one_both_ways(row_model):
    fill(row_model, 40)
    expected = ordered(row_model, KEYS)
    parts = [row_model.objects.filter(severity__lt=1), row_model.objects.filter(severity__gte=1)]
    seen, cursor = [], None
    while True:
        page = paginate_together(parts, keys=KEYS, cursor=cursor, per_page=7)
        seen += page.items
        last, cursor = page, page.next_cursor
        if cursor is None:
            break
    assert seen == expected
    before = paginate_together(parts, keys=KEYS, cursor=last.previous_cursor, per_page=7)
    assert before.items == expected[28:35] and before.next_cursor and before.previous_cursor


def test_an_old_cursor_of_an_address_leads_to_the_first_page(row_model):
    fill(row_model, 3)
    page = page_or_first(lambda cursor: paginate(row_model.objects.all(), keys=KEYS, cursor=cursor), "spoilt")
    assert page.items == ordered(row_model, KEYS)


def test_a_page_that_became_empty_leads_back(row_model):
    fill(row_model, 7)
    all_rows = ordered(row_model, KEYS)
    first = paginate(row_model.objects.all(), keys=KEYS, cursor=None, per_page=5)
    row_model.objects.filter(pk__in=[row.pk for row in all_rows[5:]]).delete()
    empty = paginate(row_model.objects.all(), keys=KEYS, cursor=first.next_cursor, per_page=5)
    assert (empty.items, empty.next_cursor) == ([], None)
    back = paginate(row_model.objects.all(), keys=KEYS, cursor=empty.previous_cursor, per_page=5)
    assert back.items == all_rows[:5]
    assert (back.next_cursor, back.previous_cursor) == (None, None)


def test_a_page_before_that_became_empty_leads_forward(row_model):
    fill(row_model, 7)
    all_rows = ordered(row_model, KEYS)
    first = paginate(row_model.objects.all(), keys=KEYS, cursor=None, per_page=5)
    second = paginate(row_model.objects.all(), keys=KEYS, cursor=first.next_cursor, per_page=5)
    row_model.objects.filter(pk__in=[row.pk for row in all_rows[:5]]).delete()
    empty = paginate(row_model.objects.all(), keys=KEYS, cursor=second.previous_cursor, per_page=5)
    assert (empty.items, empty.previous_cursor) == ([], None)
    forward = paginate(row_model.objects.all(), keys=KEYS, cursor=empty.next_cursor, per_page=5)
    assert forward.items == all_rows[5:]
    assert (forward.next_cursor, forward.previous_cursor) == (None, None)


def test_filters_dicts_and_one_query(row_model):
    fill(row_model, 30)
    queryset = row_model.objects.filter(severity=1).values("id", "severity", "at")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        pages = walk(queryset, KEYS, 4)
    assert len(captured) == len(pages) > 1
    assert [row["id"] for row in rows(pages)] == [row.pk for row in ordered(row_model, KEYS) if row.severity == 1]


def test_an_index_starts_at_the_leading_key(row_model):
    fill(row_model, 30)
    first = paginate(row_model.objects.all(), keys=KEYS, cursor=None, per_page=5)
    with CaptureQueriesContext(connection) as captured:
        paginate(row_model.objects.all(), keys=KEYS, cursor=first.next_cursor, per_page=5)
    where = captured[0]["sql"].replace('"scratch_row".', "").replace('"', "").partition(" WHERE ")[2]
    assert where.startswith("(severity >= ") and " AND (severity > " in where
    assert "at <= " in where and "id < " in where


def cursor_of(model, keys=KEYS):
    fill(model, 10)
    return paginate(model.objects.all(), keys=keys, cursor=None, per_page=5).next_cursor


def test_a_cursor_of_another_order_is_refused(row_model):
    cursor = cursor_of(row_model)
    other = (Key("severity"), Key("at"), Key("id", descending=True))
    for keys in (other, KEYS[:2], (*KEYS, Key("name"))):
        with pytest.raises(BadCursor):
            paginate(row_model.objects.all(), keys=keys, cursor=cursor)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-1],
        lambda cursor: "A" + cursor,
        lambda cursor: cursor.replace(":", "", 1),
        lambda cursor: "2",
        lambda cursor: "\x00é",
        lambda cursor: cursor * 100,
        lambda cursor: signing.dumps(["after", ["i", "1"]]),
    ],
)
def test_a_spoilt_cursor_is_refused(row_model, spoil):
    with pytest.raises(BadCursor):
        paginate(row_model.objects.all(), keys=KEYS, cursor=spoil(cursor_of(row_model)))


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        "after",
        ["after"],
        ["beside", ["i", "1"]],
        ["after", ["i", "1"], ["i", "1"]],
        ["after", ["i", "x"]],
        ["after", ["?", "1"]],
        ["after", "i"],
        ["after", ["i"]],
        ["after", ["i", None]],
        ["after", ["s", "not encrypted"]],
        [["after"], ["i", "1"]],
    ],
)
def test_even_a_signed_cursor_must_make_sense(row_model, content):
    keys = (Key("severity"),)
    with pytest.raises(BadCursor):
        paginate(
            row_model.objects.all(),
            keys=keys,
            cursor=signing.Signer(salt="common.pagination:severity").sign_object(content),
        )


def test_text_in_a_cursor_cannot_be_read(row_model):
    fill(row_model, 3)
    row_model.objects.update(name="Alaoui")
    page = paginate(row_model.objects.all(), keys=(Key("name"), Key("id")), cursor=None, per_page=2)
    content = signing.b64_decode(page.next_cursor.partition(":")[0].encode()).decode()
    assert "after" in content and "Alaoui" not in content
    assert len(paginate(row_model.objects.all(), keys=(Key("name"), Key("id")), cursor=page.next_cursor).items) == 1


@pytest.mark.parametrize("value", [None, 1.5, datetime(2026, 1, 1), b"x"])  # noqa: DTZ001
def test_a_value_that_cannot_be_a_position_is_an_error_of_ours(row_model, value):
    fill(row_model, 3)
    queryset = row_model.objects.annotate(odd=models.Value("x")).order_by()

    class Odd(queryset.__class__):
        def __iter__(self):
            return iter([SimpleNamespace(odd=value)] * 3)

    queryset.__class__ = Odd
    with pytest.raises(ValueError, match="cannot be a key"):
        paginate(queryset, keys=(Key("odd"),), cursor=None, per_page=2)


@pytest.mark.parametrize("wrong", [{"keys": ()}, {"per_page": 0}])
def test_nonsense_of_the_caller(row_model, wrong):
    with pytest.raises(ValueError, match="at least one"):
        paginate(row_model.objects.all(), **{"keys": KEYS, "cursor": None, **wrong})


@pytest.mark.parametrize(
    ("count", "expected", "shown"),
    [(0, (0, False), "0"), (9, (9, False), "9"), (10, (10, False), "10"), (11, (10, True), "10+")],
)
def test_bounded_count(row_model, count, expected, shown):
    fill(row_model, count)
    with CaptureQueriesContext(connection) as captured:
        counted = bounded_count(row_model.objects.order_by("name"), limit=10)
    assert counted == BoundedCount(*expected) and str(counted) == shown
    assert "LIMIT 11" in captured[0]["sql"]


class RowPagination(KeysetPagination):
    keys = KEYS
    page_size = 4


def answer(model, url):
    paginator = RowPagination()
    request = Request(RequestFactory().get(url))
    items = paginator.paginate_queryset(model.objects.all(), request)
    return paginator.get_paginated_response([str(row.pk) for row in items]).data


def test_api_links_lead_through_all_rows_and_back(row_model):
    fill(row_model, 10)
    first = answer(row_model, "/api/rows/?stage=open")
    assert first["previous"] is None and first["next"].startswith("http://testserver/api/rows/?")
    second = answer(row_model, first["next"])
    third = answer(row_model, second["next"])
    assert third["next"] is None and "stage=open" in third["previous"]
    expected = [str(row.pk) for row in ordered(row_model, KEYS)]
    assert first["results"] + second["results"] + third["results"] == expected
    assert answer(row_model, third["previous"])["results"] == second["results"]


def test_api_answers_400_to_a_bad_cursor_and_the_first_page_to_an_empty_one(row_model):
    fill(row_model, 3)
    with pytest.raises(ValidationError) as caught:
        answer(row_model, "/api/rows/?cursor=forged")
    assert list(caught.value.detail) == ["cursor"] and caught.value.status_code == 400
    assert len(answer(row_model, "/api/rows/?cursor=")["results"]) == 3
