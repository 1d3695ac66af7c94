import pytest


@pytest.fixture
def ground(settings):
    """Serve the trial pages of tests/ground/urls.py besides the product's."""
    settings.ROOT_URLCONF = "tests.ground.urls"
