import json
from datetime import date

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.test.utils import isolate_apps

from common.fields import (
    DecryptionError,
    EncryptedJSONField,
    EncryptedTextField,
    decrypt,
    encrypt,
)

SECRET = "Ring after six, say “the library”. Ne pas laisser de message 🙂"
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


@pytest.fixture
def box(db):
    """A model with both fields over a temporary table."""
    with isolate_apps("common"):

        class Box(models.Model):
            text = EncryptedTextField(null=True)
            data = EncryptedJSONField(null=True)

            class Meta:
                app_label = "common"
                db_table = "scratch_box"

            def __str__(self) -> str:
                return "box"

        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE scratch_box (id integer PRIMARY KEY, text text, data text)")
        yield Box
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE scratch_box")


def stored(column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM scratch_box ORDER BY id")
        return [value for (value,) in cursor.fetchall()]


def test_only_ciphertext_is_stored_and_the_text_comes_back(box):
    box.objects.create(id=1, text=SECRET, data={"day": date(2026, 3, 14), "who": ["Élise", None, 3, True]})
    assert "library" not in stored("text")[0] and "lise" not in stored("data")[0]
    assert decrypt(stored("text")[0]) == SECRET
    read = box.objects.get(id=1)
    assert read.text == SECRET
    assert read.data == {"day": "2026-03-14", "who": ["Élise", None, 3, True]}
    assert list(box.objects.values_list("text", flat=True)) == [SECRET]


def test_null_is_null_and_empty_is_encrypted(box):
    box.objects.create(id=1)
    box.objects.create(id=2, text="", data={})
    assert stored("text")[0] is None and stored("data")[0] is None
    assert len(stored("text")[1]) > 50
    assert (box.objects.get(id=2).text, box.objects.get(id=2).data) == ("", {})
    assert list(box.objects.filter(text__isnull=True).values_list("id", flat=True)) == [1]
    assert list(box.objects.exclude(data__isnull=True).values_list("id", flat=True)) == [2]


def test_every_way_of_writing_encrypts(box):
    box.objects.bulk_create([box(id=1, text="one"), box(id=2, text="two", data=[2])])
    box.objects.filter(id=1).update(text="uno", data={"a": 1})
    two = box.objects.get(id=2)
    two.text, two.data = "due", [3]
    box.objects.bulk_update([two], ["text", "data"])
    assert [decrypt(value) for value in stored("text")] == ["uno", "due"]
    assert [json.loads(decrypt(value)) for value in stored("data")] == [{"a": 1}, [3]]
    assert list(box.objects.order_by("id").values_list("text", "data")) == [("uno", {"a": 1}), ("due", [3])]


def test_a_copy_of_the_column_is_not_encrypted_twice(box):
    box.objects.create(id=1, text="one", data="x")
    box.objects.update(data=models.F("text"))
    assert decrypt(stored("data")[0]) == "one"


@pytest.mark.parametrize(
    "lookup", ["text", "text__icontains", "text__in", "text__gt", "data", "data__who", "text__length"]
)
def test_no_lookup_but_isnull(box, lookup):
    with pytest.raises(FieldError, match="encrypted"):
        box.objects.filter(**{lookup: "x"})


def test_a_foreign_value_is_a_clear_error_without_the_value(box, settings):
    box.objects.create(id=1, text=SECRET, data={"who": "Élise"})
    ciphertext = stored("text")[0]
    settings.FIELD_ENCRYPTION_KEYS = [OTHER]
    for name in ("text", "data"):
        with pytest.raises(DecryptionError) as caught:
            box.objects.values_list(name, flat=True).get(id=1)
        assert f"common.Box.{name}" in str(caught.value) and "FIELD_ENCRYPTION_KEYS" in str(caught.value)
        assert caught.value.__suppress_context__
        for form in (str(caught.value), repr(caught.value)):
            assert ciphertext[:20] not in form and "library" not in form and "lise" not in form


@pytest.mark.parametrize("value", ["", "plain text", "gAAAA", "é"])
def test_what_was_never_encrypted_does_not_open(value):
    with pytest.raises(DecryptionError):
        decrypt(value)


def test_rotation(box, settings):
    box.objects.create(id=1, text="old")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    row = box.objects.get(id=1)
    assert row.text == "old"
    row.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert box.objects.get(id=1).text == "old"


def test_two_ciphertexts_of_one_text_differ():
    assert encrypt("x") != encrypt("x")


@pytest.mark.parametrize("wrong", [[], None, ["not a key"]])
def test_wrong_keys_are_named_not_shown(settings, wrong):
    settings.FIELD_ENCRYPTION_KEYS = wrong
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS") as caught:
        encrypt("x")
    assert "not a key" not in str(caught.value)


@isolate_apps("common")
@pytest.mark.parametrize("option", [{"unique": True}, {"db_index": True}])
def test_an_index_on_ciphertext_is_an_error(option):
    class Indexed(models.Model):
        text = EncryptedTextField(**option)

        class Meta:
            app_label = "common"

        def __str__(self) -> str:
            return "indexed"

    assert [error.id for error in Indexed._meta.get_field("text").check() if error.id.startswith("common")] == [
        "common.E001"
    ]


def test_migrations_and_forms_know_the_fields():
    name, path, args, options = EncryptedJSONField(null=True).deconstruct()
    assert (path, args, options) == ("common.fields.EncryptedJSONField", [], {"null": True})
    field = EncryptedJSONField(blank=True).formfield()
    assert field.clean('{"a": [1]}') == {"a": [1]}
    assert EncryptedTextField(blank=True).formfield().widget.__class__.__name__ == "Textarea"
