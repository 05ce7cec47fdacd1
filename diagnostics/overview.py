"""What diagnostics shows on the overview: red domains, held results, resolvers in trouble, and four charts."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel import charts
from panel.access import organizations_of
from panel.models import User
from panel.overview import Chart, Key, Need

from .models import CircuitBreaker, DayOfColours, Sample
from .red import MOST, red_domains
from .resolvers import resolvers_now
from .samples import LOOKS, colours

DAYS = 30
HOURS = 24


def needs(user: User) -> list[Need]:
    number = red_domains(user)
    found = []
    if number:
        shown = f"{MOST}+" if number > MOST else str(number)
        words = ngettext("%(n)s domain needs attention", "%(n)s domains need attention", number) % {"n": shown}
        found.append(Need(words, reverse("diagnostics:red"), "red"))
    if not user.is_staff:
        return found
    page = reverse("diagnostics:operator")
    held = CircuitBreaker.objects.filter(state=CircuitBreaker.State.HOLDING).first()
    if held is not None:
        words = ngettext(
            "Results are on hold: %(n)d check would have turned red at once",
            "Results are on hold: %(n)d checks would have turned red at once",
            held.turning,
        )
        found.append(Need(words % {"n": held.turning}, page, "red"))
    words = _("The resolver %(server)s answers too little")
    troubled = (resolver for resolver in resolvers_now() if resolver.troubled)
    return found + [Need(words % {"server": resolver.server}, page, "red") for resolver in troubled]


def charts_of(user: User) -> list[Chart]:
    found = [_colours(user)]
    if user.is_staff:
        found += _samples()
    return found


def _colours(user: User) -> Chart:
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    known = _counts(user, days[0])
    if today not in known:  # a day, or the installation, has just begun
        known[today] = _now(user)
    empty: Counter[str] = Counter()
    counts = [known.get(day, empty) for day in days]
    labels = [date_format(day, "MONTH_DAY_FORMAT") if index % 7 == 4 else "" for index, day in enumerate(days)]
    words = {
        "ok": _("OK"),
        "waiting": _("propagating"),
        "unknown": _("not verified yet"),
        "red": _("needs attention"),
    }
    last = counts[-1]
    total = sum(last.values())
    return Chart(
        slug="colours",
        title=_("Domains, the last 30 days"),
        now=ngettext("%(n)d domain now", "%(n)d domains now", total) % {"n": total},
        drawing=charts.columns(counts, labels, LOOKS),
        heads=[_("Day"), *(words[look] for look in LOOKS)],
        rows=[[day, *(count[look] for look in LOOKS)] for day, count in zip(days, counts, strict=True) if day in known],
        keys=[Key(look, words[look], last[look]) for look in LOOKS],
    )


def _counts(user: User, since: date) -> dict[date, Counter[str]]:
    rows = DayOfColours.objects.filter(day__gte=since).order_by("day")
    if user.is_staff:
        rows = rows.filter(organization=None)
    else:
        rows = rows.filter(organization__in=organizations_of(user))
    sums = rows.values_list("day").annotate(*(Sum(look) for look in LOOKS))
    return {day: Counter(dict(zip(LOOKS, numbers, strict=True))) for day, *numbers in sums}


def _now(user: User) -> Counter[str]:
    found: Counter[str] = Counter()
    for count in colours(None if user.is_staff else organizations_of(user)).values():
        found.update(count)
    return found


def _samples() -> list[Chart]:
    """Half an hour is a point: the checks of its samples by minute, the mean of the times, the worst age."""
    now = timezone.now()
    half = timedelta(minutes=30)
    start = timezone.localtime(now - timedelta(hours=HOURS)).replace(second=0, microsecond=0)
    start = start.replace(minute=start.minute // 30 * 30)
    number = HOURS * 2 + 1
    parts: list[list[Sample]] = [[] for _index in range(number)]
    for sample in Sample.objects.filter(at__gte=start):
        parts[min(number - 1, (sample.at - start) // half)].append(sample)
    starts = [start + index * half for index in range(number)]
    labels = [f"{at:%H:%M}" if at.minute == 0 and at.hour % 4 == 0 else "" for at in starts]
    minutes = Sample.EVERY.total_seconds() / 60
    rates = [round(_mean(sample.checks / minutes for sample in part), 1) if part else None for part in parts]
    times = [_mean_or_none([s.milliseconds for s in part if s.milliseconds is not None]) for part in parts]
    ages = [_worst([s.oldest for s in part if s.oldest is not None]) for part in parts]
    return [
        _lines("rate", _("Checks a minute, the last 24 hours"), _("%(n)s a minute"), rates, starts, labels),
        _lines("latency", _("Answer time of the resolvers, the last 24 hours"), _("%(n)s ms"), times, starts, labels),
        _lines("age", _("Age of the oldest check, the last 24 hours"), _("%(n)s min"), ages, starts, labels),
    ]


def _lines(slug: str, title: str, unit: str, values: list[float | None], starts: list[Any], labels: list[str]) -> Chart:
    known = [(start, value) for start, value in zip(starts, values, strict=True) if value is not None]
    now = unit % {"n": _written(known[-1][1])} if known else _("nothing measured yet")
    rows = [[f"{start:%H:%M}", _written(value)] for start, value in known]
    drawing = charts.line(values, labels, _written)
    return Chart(slug=slug, title=title, now=now, drawing=drawing, heads=[_("Time"), title], rows=rows)


def _written(number: float) -> str:
    return number_format(f"{number:g}")


def _mean(numbers: Any) -> float:
    found = list(numbers)
    return sum(found) / len(found)


def _mean_or_none(numbers: list[float]) -> float | None:
    return round(_mean(numbers), 1) if numbers else None


def _worst(seconds: list[int]) -> float | None:
    return round(max(seconds) / 60, 1) if seconds else None
