from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from ..openapi import document


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The description of the API, for programs."""
    return JsonResponse(document())
