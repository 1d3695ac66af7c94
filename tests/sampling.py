"""What `make test` samples and `make test-long` walks whole."""

from collections.abc import Collection, Iterable

import pytest


def rest_long(values: Iterable[str], *, quick: Collection[str]) -> list:
    """Parameters for `parametrize`: those of `quick` run in every test run, the others in the long one alone."""
    found = list(values)
    assert set(quick) <= set(found), set(quick) - set(found)
    return [each if each in quick else pytest.param(each, marks=pytest.mark.long) for each in found]
