import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import RFC_4122

from common import ids
from common.clock import now
from common.ids import uuid7


def milliseconds(identifier):
    return identifier.int >> 80


def test_version_variant_and_time():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= milliseconds(made) <= time.time_ns() // 1_000_000 + 1


def test_each_is_greater_than_the_one_before():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)
    assert len(set(made)) == len(made)
    assert all(one.version == 7 and one.variant == RFC_4122 for one in made)


def test_within_one_millisecond_and_after_the_clock_stepped_back(monkeypatch):
    first = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_000_000)
    later = [uuid7() for _ in range(100)]
    assert first < later[0]
    assert later == sorted(set(later))
    assert milliseconds(later[-1]) - milliseconds(first) <= 1


def test_a_full_millisecond_carries_into_the_next(monkeypatch):
    now = time.time_ns() // 1_000_000 + 60_000
    monkeypatch.setattr(ids, "_last", (now << 74) | ((1 << 74) - 1))
    assert milliseconds(uuid7()) == now + 1


def test_threads_never_share_one():
    with ThreadPoolExecutor(8) as pool:
        made = [one for batch in pool.map(lambda _: [uuid7() for _ in range(1000)], range(16)) for one in batch]
    assert len(set(made)) == 16_000


def test_neighbours_differ_by_more_than_can_be_counted_through():
    made = [uuid7() for _ in range(200)]
    gaps = sorted(later.int - earlier.int for earlier, later in zip(made, made[1:], strict=False))
    assert gaps[len(gaps) // 2] > 2**40


def test_an_identifier_says_when_it_was_made():
    before = now()
    said = ids.made_at(uuid7())
    assert abs(said - before) < timedelta(seconds=5) and said.tzinfo is not None
