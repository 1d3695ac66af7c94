"""Which models leave a trail of their changes, and what of them is masked."""

from collections.abc import Sequence

from auditlog.registry import auditlog
from django.db.models import Model


def track(model: type[Model], *, masked: Sequence[str] = (), left_out: Sequence[str] = ()) -> None:
    """Log every creation and change of `model`; `masked` fields show only that they changed, never their value."""
    auditlog.register(
        model, mask_fields=list(masked), mask_callable="audit.masking.mask", exclude_fields=list(left_out)
    )
