import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api(world):
    """`api(member)`: a client logged in as this member of the small district."""

    def log_in(member) -> APIClient:
        client = APIClient()
        client.force_login(member.user)
        return client

    return log_in
