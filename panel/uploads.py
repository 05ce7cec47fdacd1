"""The one way by which more than a form's worth of bytes comes in, and who may send them.

A view under `takes_upload` meets its request before the body has been read. It decides who is asking, then takes the
form by `receiving`: into memory only, since tables hold plain passwords, and only then is the CSRF token checked.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from .errors import Refused

FORM_BYTES = 64 * 1024  # of an upload beside the file: fields and boundaries
UPLOAD_SECONDS = 120  # for all of an upload, from its first byte
AT_ONCE = 2  # uploads that one process takes at a time

_slots = threading.BoundedSemaphore(AT_ONCE)


def takes_upload[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Mark a view whose body nobody reads before the view does. It checks CSRF by `receiving`."""
    view.takes_upload = True  # type: ignore[attr-defined]
    return csrf_exempt(view)


def takes_upload_at(path: str) -> bool:
    """Whether the view at `path`, as it stands in a request, is one of those."""
    try:
        return hasattr(resolve(unquote(path)).func, "takes_upload")
    except Resolver404:
        return False


class TooLarge(Refused):
    """More than the limit; nothing of it is kept."""

    def __init__(self) -> None:
        super().__init__("too_large", _("The file is too large."))


class InMemory(FileUploadHandler):
    """Keeps the files of a request in memory, `limit` bytes of them in all. Raises `TooLarge`."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.left = limit

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = BytesIO()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.left -= len(raw_data)
        if self.left < 0:
            raise TooLarge
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )


@contextmanager
def receiving(request: HttpRequest, who: object, limit: int) -> Iterator[None]:
    """Take the form with its files, at most `limit` bytes of them, and hold `who`'s only place for uploads meanwhile.

    Who is asking has been decided. Raises `TooLarge`, and `Refused` where others are under way or the body broke off.
    """
    if _length(request) > limit + FORM_BYTES:
        raise TooLarge
    key, token = f"upload:{who}", secrets.token_hex(8)
    if not _slots.acquire(blocking=False):
        raise Refused("uploads", _("Other tables are being uploaded right now. Try again in a minute."))
    try:
        if not cache.add(key, token, timeout=2 * UPLOAD_SECONDS):
            raise Refused(
                "upload", _("Your organization is already uploading another file. Try again when that has finished.")
            )
        try:
            _take(request, limit)
            yield
        finally:
            if cache.get(key) == token:
                cache.delete(key)
    finally:
        _slots.release()


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _take(request: HttpRequest, limit: int) -> None:
    request.upload_handlers = [InMemory(request, limit)]
    try:
        request.POST  # noqa: B018 - reads it
    except RequestDataTooBig:
        size = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        words = _("Pasted cells may have %(size)s at most. Upload a larger table as a file.") % {"size": size}
        raise Refused("fields", words) from None
    except (UnreadablePostError, MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, OSError):
        raise Refused("broken", _("The upload broke off or took too long. Try again.")) from None
