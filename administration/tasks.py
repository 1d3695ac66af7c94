from celery import shared_task

from . import unusual_sweep


@shared_task(name="administration.look_for_unusual")
def look_for_unusual() -> None:
    """Every quarter of an hour: unusual readings are written down, for data-protection officers."""
    unusual_sweep.sweep()
