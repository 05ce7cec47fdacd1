"""Charts as shapes."""

from __future__ import annotations

import pytest

from panel.charts import HEIGHT, LEFT, WIDTH, columns, line, nice


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (1.2, 2), (3, 5), (7, 10), (11, 20), (180, 200), (2001, 5000)]
)
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice(value) == top


def test_parts_of_a_day_stand_on_each_other() -> None:
    drawing = columns([{"ok": 3, "red": 1}, {"ok": 4}], ["1 May", ""], ["ok", "red"])

    ok, red, second = drawing.boxes
    assert (ok.look, red.look) == ("ok", "red")
    assert ok.y + ok.height == pytest.approx(drawing.floor)
    assert red.y + red.height == pytest.approx(ok.y)
    assert second.x > ok.x + ok.width
    assert second.x + second.width <= WIDTH
    assert [mark.text for mark in drawing.marks] == ["0", "5"]
    assert [label.text for label in drawing.labels] == ["1 May"]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    drawing = line([1, 2, None, 3, None, 1, 2], [""] * 7)

    assert len(drawing.lines) == 2
    assert len(drawing.dots) == 1
    assert drawing.dots[0][0] > LEFT


def test_nothing_at_all_is_drawn_without_a_line() -> None:
    drawing = columns([], [], ["ok"])

    assert not drawing.boxes
    assert drawing.floor < HEIGHT
    assert not line([None, None], ["", ""]).lines
