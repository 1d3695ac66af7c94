from celery import shared_task

from . import services


@shared_task(name="audit.create_partitions")
def create_partitions() -> None:
    """Daily: keep a year of empty months ahead of both trails."""
    services.create_partitions()
