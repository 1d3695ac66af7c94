from celery import shared_task

from . import files


@shared_task(name="reports.scan_files")
def scan_files() -> None:
    """Every tick of beat: the files that wait for the antivirus. The rows are the truth."""
    files.scan_waiting()


@shared_task(name="reports.destroy_left_over")
def destroy_left_over() -> None:
    """Every day: bytes that no file speaks of."""
    files.destroy_left_over()
