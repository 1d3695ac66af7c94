"""Which models leave a trail of their changes, and the little of them that the trail shows."""

from collections.abc import Sequence

from auditlog.registry import auditlog
from django.db.models import Model


def track(
    model: type[Model], *, shown: Sequence[str] = (), masked: Sequence[str] = (), left_out: Sequence[str] = ()
) -> None:
    """Log every creation and change of `model`.

    The trail of a case is read by agencies that may not read the record itself: of every field only *that* it changed
    is on record, except identifiers (relations not in `masked`) and the values of the fields in `shown`. Changes of
    the fields in `left_out` are not on record at all.
    """
    fields = model._meta.concrete_fields
    unknown = {*shown, *masked, *left_out} - {field.name for field in fields}
    if unknown:
        raise ValueError(f"{model._meta.label} has no such fields: {sorted(unknown)}")
    # What others say of the record is theirs to log. auditlog would ask the database for each on every creation.
    of_others = {field.name for field in model._meta.get_fields() if field.auto_created and not field.concrete}
    hidden = {field.name for field in fields if not (field.is_relation or field.primary_key or field.name in shown)}
    auditlog.register(
        model,
        mask_fields=sorted(hidden | set(masked)),
        mask_callable="audit.masking.mask",
        exclude_fields=sorted({*left_out} | of_others),
    )
