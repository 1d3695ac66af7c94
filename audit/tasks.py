from celery import shared_task

from . import anchors, sealing, services


@shared_task(name="audit.create_partitions")
def create_partitions() -> None:
    """Daily: keep a year of empty months ahead of both trails."""
    services.create_partitions()


@shared_task(name="audit.seal")
def seal() -> None:
    """Each minute: seal what is finished in both trails, and send the roots out of the database."""
    sealing.seal()
    anchors.send()
