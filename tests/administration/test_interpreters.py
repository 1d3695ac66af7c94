"""The list an interpreter service keeps."""

from uuid import uuid4

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from agencies.models import Interpreter
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db
TYPED = {"name": "A. Interprète", "languages": ["ar", "ary"], "channels": ["phone"], "certified": "on"}


@pytest.fixture
def mots(world):
    return make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Passe-Mots"), "manager")


def test_added_once_changed_and_ended(mots, client):
    client.force_login(mots.user)
    address = reverse("administration:interpreters")
    assert client.get(address).status_code == 200
    key = str(uuid4())
    for _each in range(2):
        assert client.post(address, TYPED | {"key": key}).status_code == 302
    with acting_as(mots):
        found = Interpreter.objects.get(agency=mots.agency)
    assert (found.certified, found.trained, found.languages) == (True, False, ["ar", "ary"])
    one = reverse("administration:interpreter", args=[found.pk])
    assert client.get(one).status_code == 200
    assert client.post(one, TYPED | {"key": key, "trained": "on", "territory": "1210, 1030"}).status_code == 302
    found.refresh_from_db()
    assert found.trained and found.territory == ["1030", "1210"]
    for _each in range(2):
        assert client.post(reverse("administration:interpreter_end", args=[found.pk])).status_code == 302
    assert client.post(one, TYPED | {"key": key}).status_code == 403
    assert found.name not in client.get(address).content.decode().split("list-title")[1].split("add-title")[0]


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 10_000}, {"languages": []}, {"languages": ["xx"]}, {"channels": []},
              {"territory": "abc"}, {"key": "x"}, {"name": "a\x00b"}],
)  # fmt: skip
def test_typed_wrong_saves_nothing(mots, client, wrong):
    client.force_login(mots.user)
    response = client.post(reverse("administration:interpreters"), TYPED | {"key": str(uuid4())} | wrong)
    assert response.status_code == 422
    with acting_as(mots):
        assert not Interpreter.objects.exists()


def test_nobody_else_keeps_or_reads_it(world, mots, client):
    client.force_login(mots.user)
    client.post(reverse("administration:interpreters"), TYPED | {"key": str(uuid4())})
    with acting_as(mots):
        found = Interpreter.objects.get()
    rival = make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Autre service"), "manager")
    for member, status in ((rival, 404), (world.platform_admin, 404), (world.police_manager, 404), (world.eva, 403)):
        client.force_login(member.user)
        assert client.get(reverse("administration:interpreter", args=[found.pk])).status_code == status
        assert client.post(reverse("administration:interpreter_end", args=[found.pk])).status_code == status
