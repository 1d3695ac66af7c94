"""Model fields whose column holds only ciphertext.

`settings.FIELD_ENCRYPTION_KEYS` is a list of Fernet keys (str): the first encrypts, every one decrypts. To
rotate, put a new key in front, save the rows again, then drop the old key.
"""

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class DecryptionError(Exception):
    """A stored value opens with none of the configured keys. Carries the field's name, never the value."""


def encrypt(text: str) -> str:
    """Ciphertext of `text` (URL-safe ASCII). Two calls never give the same. Raises ImproperlyConfigured."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """The text behind `encrypt`. Raises DecryptionError, ImproperlyConfigured."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken:
        # `from None`: nothing of the stored value may follow the error into a log.
        raise DecryptionError("A value opens with none of the keys in FIELD_ENCRYPTION_KEYS.") from None


def encrypt_bytes(content: bytes) -> bytes:
    """Ciphertext of `content` (a third longer). Raises ImproperlyConfigured."""
    return _cipher().encrypt(content)


def decrypt_bytes(token: bytes) -> bytes:
    """The content behind `encrypt_bytes`, whole and unaltered. Raises DecryptionError, ImproperlyConfigured."""
    try:
        return _cipher().decrypt(token)
    except InvalidToken:
        raise DecryptionError("A file opens with none of the keys in FIELD_ENCRYPTION_KEYS.") from None


def _keys() -> tuple[str, ...]:
    keys = tuple(getattr(settings, "FIELD_ENCRYPTION_KEYS", None) or ())
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS needs at least one key.")
    return keys


def _cipher() -> MultiFernet:
    return _cipher_of(_keys())


@lru_cache(maxsize=4)
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS holds a key that is not a Fernet key.") from None


class EncryptedTextField(models.TextField):
    """Text that is encrypted on its way to the database. NULL stays NULL, so `isnull` is the only lookup."""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self._label()} is encrypted: only isnull can look into it, not {lookup_name}.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self._label()} is encrypted: {lookup_name} cannot look into it.")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else encrypt(self._to_text(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        try:
            text = decrypt(value)
        except DecryptionError:
            message = f"{self._label()} opens with none of the keys in FIELD_ENCRYPTION_KEYS."
            raise DecryptionError(message) from None
        return self._from_text(text)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = super().check(**kwargs)
        if self.unique or self.db_index:
            message = "An encrypted field cannot be unique or indexed: its ciphertext is new at each save."
            errors.append(checks.Error(message, obj=self, id="common.E001"))
        return errors

    def _to_text(self, value: Any) -> str:
        return str(value)

    def _from_text(self, text: str) -> Any:
        return text

    def _label(self) -> str:
        model = getattr(self, "model", None)
        return f"{model._meta.label}.{self.name}" if model else type(self).__name__


class EncryptedJSONField(EncryptedTextField):
    """JSON (dict, list, str, number, bool; dates become text) encrypted as a whole. None is NULL."""

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return self._to_text(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        # TextField would add a plain text widget: JSON comes with its own.
        return models.Field.formfield(self, **{"form_class": forms.JSONField, **kwargs})

    def _to_text(self, value: Any) -> str:
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))

    def _from_text(self, text: str) -> Any:
        return json.loads(text)
