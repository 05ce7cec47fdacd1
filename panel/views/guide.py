from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from .. import guides


def guide(request: HttpRequest, slug: str = "index") -> HttpResponse:
    """A page of the user's guide in the reader's language. Open to everyone."""
    language = get_language() or "en"
    page = guides.read(slug, language)
    if page is None:
        raise Http404
    return render(request, "panel/guide.html", {"guide": page, "contents": guides.contents(language)})
