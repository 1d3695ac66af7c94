from django.db import models

from .ids import uuid7


class UUIDModel(models.Model):
    """Time-ordered UUID made in Python: nothing to guess, and no RETURNING, which row-level security would refuse."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"
