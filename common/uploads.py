"""Files on their way in: kept in memory, never more than the limit, and only for the views that take files.

What is sent elsewhere, by nobody who is logged in, or beyond the limit is read past and dropped; the other fields of
the form arrive all the same. A body so long that reading past it costs too much is not read to its end: put the file
last in the form, so that the other fields come before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

READ_PAST = 8
"""How many times the limit a body may be and still be read to its end."""
FIELDS = 200_000  # bytes of a body that are not its file


@dataclass(frozen=True)
class Received:
    """A file as it was sent. `content` is empty when it was `too_large`."""

    name: str
    content: bytes
    too_large: bool = False


def takes_files(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that takes a file; the others get none, whatever is sent to them."""
    view.takes_files = True
    return view


def received(request: HttpRequest, field: str) -> Received | None:
    """The file sent in `field`, or None when none was chosen."""
    refused = getattr(request, "files_too_large", {})
    if field in refused:
        return Received(refused[field], b"", too_large=True)
    sent = request.FILES.get(field)
    return Received(sent.name, sent.read()) if sent is not None else None


class BoundedUploadHandler(FileUploadHandler):
    """The only upload handler: nothing is written to the disk, and `FILES_LARGEST` bytes of a request are kept."""

    def __init__(self, request: HttpRequest | None = None):
        super().__init__(request)
        self.announced, self.kept, self.content = 0, 0, BytesIO()

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        """Note the length that was announced; WSGI lets no more than that be read."""
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.content = BytesIO()
        endless = self.announced > READ_PAST * settings.FILES_LARGEST
        if not self._wanted():
            raise StopUpload(connection_reset=True) if endless else SkipFile
        if self.announced > settings.FILES_LARGEST + FIELDS:
            self._refuse()
            raise StopUpload(connection_reset=True) if endless else SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept += len(raw_data)
        if self.kept > settings.FILES_LARGEST:
            self.content = BytesIO()
            self._refuse()
            raise SkipFile
        self.content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.content.seek(0)
        return InMemoryUploadedFile(
            self.content, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )

    def _wanted(self) -> bool:
        match = getattr(self.request, "resolver_match", None)
        member = getattr(self.request, "membership", None)
        return member is not None and match is not None and getattr(match.func, "takes_files", False)

    def _refuse(self) -> None:
        self.request.files_too_large = getattr(self.request, "files_too_large", {}) | {self.field_name: self.file_name}
