"""A session that ended while somebody was at work: sign-in says so, and what was typed comes back, never a password.

What a form said that could not be taken goes into an encrypted cookie of the browser that sent it, for half an hour.
After signing in the person lands on the page with that form, which is filled in again here, in its HTML: so it works
for every form and without a script. A form that had nothing typed in (a button) is told of in a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, UnreadablePostError
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from .secrets import decrypt, encrypt
from .uploads import takes_upload_at

Handler = Callable[[HttpRequest], HttpResponse]

COOKIE = "typed"
KEPT_SECONDS = 1800
MOST = 3000  # characters of the cookie: browsers keep 4096 bytes with its name and attributes
ENDED = "ended"  # in the address of the sign-in page
# Fields that are never kept, whatever they hold: secrets, what a table holds, and what belongs to one page only.
SECRET = re.compile(
    r"(?i)pass|secret|token|key|credential|otp|code|sealed|csrf|\Aonce\Z|\Acells\Z|\Avalue\Z|\Alogin\Z|\Apolicy_sees\Z"
)
TYPED = {"text", "email", "search", "url", "tel", "number", "date", "time", "datetime-local"}


@dataclass(frozen=True, slots=True)
class Typed:
    path: str  # that the form was sent to
    page: str  # path of the page with the form
    fields: dict[str, list[str]]


def ended_sessions(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        typed = _of(request)
        comes_back = (
            typed is not None
            and request.method == "GET"
            and request.path == typed.page
            and request.user.is_authenticated
            and not request.htmx  # type: ignore[attr-defined]
        )
        if typed is not None and comes_back:
            messages.warning(request, _words(typed))
        response = get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            return _not_by_this_method(request, response)
        if _sends_to_sign_in(request, response):
            return _explained(request, response)
        if typed is not None and comes_back:
            response.delete_cookie(COOKIE, samesite="Lax")
            if typed.fields and response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                response.content = fill(response.content.decode(), typed)
        return response

    return middleware


def _words(typed: Typed) -> str:
    if typed.fields:
        return _(
            "Your session had ended before this was sent, so nothing was saved. What you had typed is back in the "
            "form, except for passwords. Check it and send it again."
        )
    return _("Your session had ended before this was done, so nothing was changed. Press the button again.")


def _not_by_this_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An address that only takes forms, opened as a page: say so, in the panel's look."""
    if request.path.startswith("/api/"):
        return response
    page = render(request, "panel/errors/405.html", status=405)
    if response.has_header("Allow"):
        page["Allow"] = response["Allow"]
    return page


def _sends_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    if not isinstance(response, HttpResponseRedirect) or request.user.is_authenticated:
        return False
    to = urlsplit(response.url)
    return to.path == resolve_url(settings.LOGIN_URL) and "next" in dict(parse_qsl(to.query))


def _explained(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The way to sign in: with the word that a session ended, where one did, and back to where the person was."""
    sent = request.method == "POST"
    if not sent and settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return response
    page = request.get_full_path()
    if sent or request.htmx:  # type: ignore[attr-defined]
        page = page_before(request) or page
    to = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page, ENDED: 1})}"
    answer = HttpResponseClientRedirect(to) if request.htmx else HttpResponseRedirect(to)  # type: ignore[attr-defined]
    if sent:
        keep(request, answer, page)
    return answer


def page_before(request: HttpRequest) -> str:
    """The page of ours that the request came from, as path and query; empty where it does not say."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}):
        return ""
    parts = urlsplit(told)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def keep(request: HttpRequest, response: HttpResponse, page: str) -> None:
    """What the form said, for the page that it stands on. Nothing of tables, which hold plain passwords."""
    fields: dict[str, list[str]] = {}
    if not takes_upload_at(request.path):
        fields = _typed(request)
    text = _sealed(request.path, page, fields)
    if len(text) > MOST:
        text = _sealed(request.path, page, {})
    response.set_cookie(
        COOKIE,
        text,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _typed(request: HttpRequest) -> dict[str, list[str]]:
    try:
        said: QueryDict = request.POST
    except UnreadablePostError:
        return {}
    return {name: [str(value) for value in values] for name, values in said.lists() if not SECRET.search(name)}


def _sealed(path: str, page: str, fields: dict[str, list[str]]) -> str:
    kept = {"path": path, "page": urlsplit(page).path, "fields": fields, "at": timezone.now().timestamp()}
    return encrypt(json.dumps(kept, ensure_ascii=False))


def _of(request: HttpRequest) -> Typed | None:
    text = request.COOKIES.get(COOKIE)
    if not text:
        return None
    try:
        kept = json.loads(decrypt(text))
    except ValueError:
        return None
    if timezone.now().timestamp() - kept["at"] > KEPT_SECONDS:
        return None
    return Typed(kept["path"], kept["page"], kept["fields"])


def out_of_date(request: HttpRequest) -> HttpResponse | None:
    """A form of ours from before the last sign-in, whose token is no longer good: back to its page, filled in again.

    None where that is not certain: then it may be another site's form, and nothing of it is taken up.
    """
    own = f"{request.scheme}://{request.get_host()}"
    page = page_before(request)
    if request.headers.get("Origin") != own or settings.CSRF_COOKIE_NAME not in request.COOKIES or not page:
        return None
    if urlsplit(page).path.startswith("/mailbox/"):  # of mailbox owners, who are no users of the panel
        messages.warning(request, _("This page was out of date, so nothing was changed. Press the button again."))
        return HttpResponseRedirect(page)
    to = page
    if not request.user.is_authenticated:
        to = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page, ENDED: 1})}"
    answer = HttpResponseClientRedirect(to) if request.htmx else HttpResponseRedirect(to)  # type: ignore[attr-defined]
    keep(request, answer, page)
    return answer


def fill(html: str, typed: Typed) -> str:
    """The page, with what was typed in its form. Password, hidden and file fields stay as they are."""
    filler = _Filler(typed)
    filler.feed(html)
    filler.close()
    return "".join(filler.out)


class _Filler(HTMLParser):
    """Writes a page out again as it reads it, with other values in the fields of one form."""

    def __init__(self, typed: Typed) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._typed = typed
        self._left = {name: list(values) for name, values in typed.fields.items()}
        self._inside = False
        self._select = ""
        self._dropping = False  # what stood in a textarea

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self._inside = self._is_the_form(given)
        elif self._inside and tag == "input":
            text = self._input(text, attrs, name)
        elif self._inside and tag == "select":
            self._select = name if name in self._typed.fields else ""
        elif self._inside and tag == "option" and self._select:
            chosen = (given.get("value") or "") in self._typed.fields[self._select]
            text = _tag(tag, attrs, selected=chosen)
        self.out.append(text)
        if self._inside and tag == "textarea" and self._left.get(name):
            self.out.append("\n" + escape(self._left[name].pop(0), quote=False))
            self._dropping = True

    handle_startendtag = handle_starttag

    def _is_the_form(self, given: dict[str, str | None]) -> bool:
        actions = {given.get("action") or self._typed.page, given.get("hx-post") or ""}
        return (given.get("method") or "").lower() == "post" and self._typed.path in {
            urlsplit(action).path for action in actions
        }

    def _input(self, text: str, attrs: list[tuple[str, str | None]], name: str) -> str:
        given = dict(attrs)
        kind = (given.get("type") or "text").lower()
        if SECRET.search(name):
            return text
        if kind in TYPED and self._left.get(name):
            return _tag(
                "input", [(key, value) for key, value in attrs if key != "value"], value=self._left[name].pop(0)
            )
        if kind == "checkbox" or (kind == "radio" and name in self._typed.fields):
            return _tag("input", attrs, checked=(given.get("value") or "on") in self._typed.fields.get(name, []))
        return text

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._dropping = False
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")


def _tag(name: str, attrs: list[tuple[str, str | None]], *, value: str | None = None, **flags: bool) -> str:
    """The tag with these attributes; flags (checked, selected) are put or taken away."""
    kept = [(key, said) for key, said in attrs if key not in flags]
    kept += [(flag, None) for flag, given in flags.items() if given]
    if value is not None:
        kept.append(("value", value))
    return f"<{name}{''.join(f' {key}' if said is None else f' {key}="{escape(said)}"' for key, said in kept)}>"
