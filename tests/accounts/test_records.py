"""Quotation marks, cells and lines: no row is swallowed and none gets the cells of another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.tables import records
from tests.accounts.people import Person, result_of
from tests.linear import is_linear

HEAD = "E-mail address;Division;First name;Password\n"
ZOFIA, ADAM, EWA = (
    Person("zofia@d.example", "Zofia", "", "Zofia", "Kwietny7Las"),
    Person("adam@d.example", "Adam", "", "Adam", "Kwietny8Las"),
    Person("ewa@d.example", "Ewa", "", "Ewa", "Kwietny9Las"),
)
NAMED = {2: ZOFIA, 3: ADAM, 4: EWA}
STRAY = {
    "two stray quotes in an ignored column": (
        'zofia@d.example;"biuro;Zofia;Kwietny7Las\nadam@d.example;magazyn";Adam;Kwietny8Las\newa@d.example;;Ewa;Kwietny9Las\n',
        {2, 3},
    ),
    "one that is never closed": (
        'zofia@d.example;"biuro;Zofia;Kwietny7Las\nadam@d.example;;Adam;Kwietny8Las\newa@d.example;;Ewa;Kwietny9Las\n',
        {2},
    ),
    "closed two lines below": (
        'zofia@d.example;"biuro;Zofia;Kwietny7Las\nadam@d.example;;Adam;Kwietny8Las\newa@d.example;x";Ewa;Kwietny9Las\n',
        {2, 4},
    ),
    "in names": (
        'zofia@d.example;;"Zofia;Kwietny7Las\nadam@d.example;;Adam";Kwietny8Las\newa@d.example;;Ewa;Kwietny9Las\n',
        {2, 3},
    ),
    "passwords that begin with a quotation mark": (
        'zofia@d.example;;Zofia;"Kwietny7Las\nadam@d.example;;Adam;"Kwietny8Las\newa@d.example;;Ewa;Kwietny9Las\n',
        {2, 3},
    ),
    "an address in quotation marks that open only": (
        '"zofia@d.example;;Zofia;Kwietny7Las\nadam@d.example;;Adam;Kwietny8Las\newa@d.example;;Ewa;Kwietny9Las\n',
        {2},
    ),
    "a short row within": (
        'zofia@d.example;"biuro;Zofia;Kwietny7Las\nadam@d.example\newa@d.example;x";Ewa;Kwietny9Las\n',
        {2, 3, 4},
    ),
    "text beside the marks": (
        'zofia@d.example;;"Zofia" Maria;Kwietny7Las\nadam@d.example;;Adam;Kwietny8Las\newa@d.example;'
        ';Ewa;"Kwie\\"tny9"\n',
        {2, 4},
    ),
}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(("text", "refused"), STRAY.values(), ids=list(STRAY))
def test_lines_with_stray_quotation_marks_are_refused_and_the_others_go_on(text, refused, delimiter):
    found = result_of((HEAD + text).replace(";", delimiter))
    assert {line for line, _code in found.refused} == refused
    assert found.people == [person for line, person in NAMED.items() if line not in refused]


def test_marks_in_the_last_ignored_column_swallow_nobody():
    text = "E-mail address;First name;Room\n" + "".join(
        f"{name}@d.example;{name.title()};{room}\n" for name, room in (("zofia", '"1'), ("adam", "2"), ("ewa", '3"'))
    )
    found = result_of(text)
    assert [person.first for person in found.people] == ["Adam"]
    assert found.refused == [(2, "line-quote"), (4, "line-quote")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_cell_over_several_lines_is_read_where_its_lines_are_no_rows(end):
    text = f'Email;Note;First name{end}a.b@d.example;"one{end}two; three{end}";Ola{end}c.d@d.example;15" desk;Ewa{end}'
    assert [person.first for person in result_of(text).people] == ["Ola", "Ewa"]


def test_quoted_cells_keep_delimiters_and_doubled_marks():
    found = result_of('Email;Display name\na.b@d.example;"Lis; Ola ""O"""\n')
    assert [person.display for person in found.people] == ['Lis; Ola "O"']


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("zofia@d.example;;Zofia;Kwietny7L;as", "line-cells"),
        ("zofia@d.example;;Zofia", "line-cells"),
        ("zofia@d.example", "line-cells"),
        ("zofia@d.example;;Zofia;Kwietny7Las;x", "line-cells"),
        ('zofia@d.example;"a;Zofia";Kwietny7Las', "line-cells"),
    ],
)
def test_a_row_with_other_cells_than_the_headings_is_refused(row, code):
    found = result_of(HEAD + row + "\nadam@d.example;;Adam;Kwietny8Las\n")
    assert (found.people, found.refused) == ([ADAM], [(2, code)])


def test_empty_cells_beyond_the_headings_do_no_harm():
    assert result_of(HEAD + "zofia@d.example;;Zofia;Kwietny7Las;;\n").people == [ZOFIA]


@pytest.mark.parametrize("line", ["zofia@d.example, adam@d.example", "zofia@d.example;adam@d.example"])
def test_two_addresses_in_a_line_of_a_list_are_refused(line):
    found = result_of(f"ewa@d.example\n{line}\nola@d.example\n")
    assert [person.address for person in found.people] == ["ewa@d.example", "ola@d.example"]
    assert [number for number, _code in found.refused] == [2]


def test_two_addresses_in_a_cell_are_refused():
    found = result_of('Email;First name\n"zofia@d.example, adam@d.example";Zofia\nola@d.example;Ola\n')
    assert (found.refused, len(found.people)) == ([(2, "address-several")], 1)


def test_what_a_spreadsheet_wraps_to_keep_a_text_is_unwrapped_and_said():
    found = result_of('Email;First name;Password\nzofia@d.example;="Zofia";="Kwietny7Las"\n')
    assert found.people == [ZOFIA]
    assert found.remarks == [(2, "cell-unwrapped"), (2, "cell-unwrapped")]


@pytest.mark.parametrize("first", ["sep=;", "SEP = ;", '"sep=;"', "\ufeffsep=;", "Sep=;;"[:5]])
def test_separator_lines(first):
    assert records.separator_of(first + "\r\n") == ";"
    assert result_of(f"{first}\nEmail;First name\nzofia@d.example;Zofia\n").names == [("Zofia", "")]


@pytest.mark.parametrize("delimiter", ["^", "~", "|", "\t", "#"])
def test_a_separator_line_names_any_delimiter(delimiter):
    text = f"sep={delimiter}\nEmail{delimiter}First name\nzofia@d.example{delimiter}Zofia\n"
    assert result_of(text).names == [("Zofia", "")]


def test_a_nul_in_a_line_is_named():
    found = result_of("Email;First name\nzofia@d.example;Zo\0fia\nadam@d.example;Adam\n")
    assert (found.refused, found.names) == ([(2, "line-nul")], [("Adam", "")])


FIRST = st.sampled_from(["Zofia", "Adam", "Ewa", "Jan Maria", "O'Neil"])


@given(
    st.lists(FIRST, min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(['"', '""', '"""'])), max_size=6),
    st.sampled_from([";", ",", "\t"]),
)
@settings(max_examples=300, deadline=None)
def test_wherever_marks_stray_no_row_is_swallowed_and_none_gets_the_cells_of_another(names, marks, delimiter):
    rows = [f"user{i}@d.example;{name} {i};Kwietny{i}Las;room {i}" for i, name in enumerate(names)]
    text = "\n".join(["Email;First name;Password;Room", *rows]).replace(";", delimiter)
    start = text.index("\n") + 1
    for place, mark in marks:
        place = start + place % (len(text) - start + 1)
        text = text[:place] + mark + text[place:]
    found = result_of(text)
    assert len(found.people) + len(found.refused) == len(names)
    for person in found.people:
        number = person.address.partition("@")[0].strip('"').removeprefix("user")
        assert number in person.first
        assert f"{number}Las" in person.password.replace('"', "")


@pytest.mark.parametrize(
    "piece", ['15";"abc\n', 'a;"b\n', '"\n', '""\n', '";"\n', "a;b\n", '"a""\n', '\\"\n', " ;\n", '"x" y\n']
)
def test_reading_is_linear(piece):
    def read(count: int) -> Callable[[], object]:
        return lambda: deque(records.records([piece] * count, ";", width=5, address=0), 0)

    linear, told = is_linear(read, 1000, 64_000)
    assert linear, told
