from __future__ import annotations

import mimetypes

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

IMAGES = {"image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif"}


def logo(request: HttpRequest) -> HttpResponseBase:
    """The operator's logo, a file below VAR_DIR."""
    path = (settings.VAR_DIR / settings.PANEL_LOGO).resolve() if settings.PANEL_LOGO else None
    kind = mimetypes.guess_type(path.name)[0] if path else None
    if path is None or kind not in IMAGES or not path.is_relative_to(settings.VAR_DIR.resolve()) or not path.is_file():
        raise Http404
    response = FileResponse(path.open("rb"), content_type=kind)
    patch_cache_control(response, public=True, max_age=3600)
    return response
