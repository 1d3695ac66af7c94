from celery import shared_task

from . import anchors, sealing, services, verifying


@shared_task(name="audit.create_partitions")
def create_partitions() -> None:
    """Daily: keep a year of empty months ahead of both trails."""
    services.create_partitions()


@shared_task(name="audit.seal")
def seal() -> None:
    """Each minute: seal what is finished in both trails, and send the roots out of the database."""
    sealing.seal()
    anchors.send()


@shared_task(name="audit.verify", time_limit=verifying.LONGEST.total_seconds())
def verify() -> None:
    """Each minute: ask for the check of the night once it is due, and run what was asked, by whomever."""
    verifying.ask_nightly()
    verifying.run_asked()
