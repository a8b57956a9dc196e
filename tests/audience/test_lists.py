"""List files: what is read, what is left out and told, what refuses the whole file."""

from __future__ import annotations

import csv
import hashlib
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.audience.lists import TOLD, digest, read
from digest.errors import ListError, Unfinished
from digest.model import Subscriber


@pytest.fixture
def listed(tmp_path: Path) -> Any:
    """Read a list of these bytes or this text: its rows, and (line, severity, message) of its problems."""

    def read_(content: str | bytes) -> tuple[list[Subscriber], list[tuple[int | None, str, str]]]:
        path = tmp_path / "readers.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = read(path, "subscribers/readers.csv")
        rows = list(found.rows)
        return rows, [(p.line, p.severity, p.message) for p in found.problems]

    return read_


def refused(listed: Any, content: str | bytes, words: str) -> ListError:
    """Hold a refusal to what a user is owed: file, line where there is one, a sentence, something to do."""
    with pytest.raises(ListError, match=words) as caught:
        listed(content)
    assert caught.value.file == "subscribers/readers.csv"
    assert caught.value.exit_code == 65
    assert caught.value.hint
    return caught.value


# ---------------------------------------------------------------------------------------------------- what is read


def test_a_row_is_a_subscriber(listed: Any) -> None:
    """Every column that has a meaning, and the others as attributes, formulas and all, as text."""
    rows, problems = listed(
        'email,name,topics,tags,lang,City,score\nAda@Example.ORG,Ada,"ai, rust; AI |  big  data",a|b,de_AT,"=1+1",\n'
    )
    assert rows == [
        Subscriber(
            address="Ada@example.org",
            key="ada@example.org",
            line=2,
            name="Ada",
            topics=("ai", "rust", "big data"),
            tags=("a", "b"),
            lang="de-AT",
            attributes=(("City", "=1+1"),),
        )
    ]
    assert problems == []


@pytest.mark.parametrize(
    "header",
    [
        "email",
        "Email",
        "E-Mail",
        " e-mail address ",
        "EMAIL_ADDRESS",
        "E-Mail-Adresse",
        "Mail",
        "\ufeffemail",
        '"email"',
    ],
)
def test_the_address_column_has_many_names(listed: Any, header: str) -> None:
    """Case, blanks, dashes and a byte order mark do not count."""
    rows, _ = listed(f"name,{header}\nAda,ada@example.org\n")
    assert [(row.address, row.name) for row in rows] == [("ada@example.org", "Ada")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_any_spreadsheet_are_read(listed: Any, delimiter: str, end: str, encoding: str) -> None:
    """Delimiters, line ends, byte order marks; lines are counted as an editor shows them."""
    text = end.join(
        [
            delimiter.join(row)
            for row in (("email", "name"), ("ada@example.org", "Zoé"), ("", ""), ("ben@example.org", ""))
        ]
    )
    rows, problems = listed(text.encode(encoding))
    assert [(row.address, row.name, row.line) for row in rows] == [
        ("ada@example.org", "Zoé", 2),
        ("ben@example.org", "", 4),
    ]
    assert problems == []


@pytest.mark.parametrize("last", ["", "\n", "\r\n\r\n"])
def test_addresses_alone_need_no_first_line(listed: Any, last: str) -> None:
    """One a line, blank lines between."""
    rows, problems = listed("ada@example.org\n\n  ben@example.org  \r\n# a note\ncarla@example.org" + last)
    assert [(row.address, row.line) for row in rows] == [
        ("ada@example.org", 1),
        ("ben@example.org", 3),
        ("carla@example.org", 5),
    ]
    assert [(line, severity) for line, severity, _ in problems] == [(4, "error")]


@pytest.mark.parametrize("content", ["", "\n\n", "email", "email,name\n", "\ufeff"])
def test_an_empty_list_has_no_rows(listed: Any, content: str) -> None:
    """Whether that is an error is for the run to say."""
    assert listed(content) == ([], [])


def test_one_row_is_a_list(listed: Any) -> None:
    """With or without a header."""
    assert [row.address for row in listed("email\nada@example.org")[0]] == ["ada@example.org"]
    assert [row.address for row in listed("ada@example.org")[0]] == ["ada@example.org"]


def test_quoted_line_breaks_count_as_lines(listed: Any) -> None:
    """A row stands where it begins, and notes keep their lines."""
    rows, _ = listed('email,notes\nada@example.org,"one\ntwo, ""three"""\nben@example.org,\n')
    assert [(row.line, row.attributes) for row in rows] == [
        (2, (("notes", 'one\ntwo, "three"'),)),
        (4, ()),
    ]


def test_short_and_long_rows_are_kept(listed: Any) -> None:
    """A missing cell is empty; one too many is told, for a comma may not be quoted; empty ones too many are nothing."""
    rows, problems = listed("email,name,lang\nada@example.org\nben@example.org,Ben,,,\ncarla@example.org,C,en,x\n")
    assert [(row.name, row.lang) for row in rows] == [("", ""), ("Ben", ""), ("C", "en")]
    assert problems == [(4, "warning", "4 cells, and 3 columns: is a comma not quoted?")]


def test_columns_without_a_name_are_nothing(listed: Any) -> None:
    """A spreadsheet leaves such at the end."""
    assert listed("email,,\nada@example.org,x,y\n")[0][0].attributes == ()


# ---------------------------------------------------------------------------------------------------- left out, told


def test_a_bad_address_costs_its_row(listed: Any) -> None:
    """With its line, and without the address in clear."""
    rows, problems = listed('email,name\nreader@example,A\nada@example.org,B\n,C\n"x\nBcc: v@example.org",D\n')
    assert [row.address for row in rows] == ["ada@example.org"]
    assert [(line, severity) for line, severity, _ in problems] == [(2, "error"), (4, "error"), (5, "error")]
    assert all("left out" in message and "@example" not in message for _, _, message in problems)


def test_a_name_cannot_carry_a_header(listed: Any) -> None:
    """Line breaks, controls and the marks of slots are dropped from it and told; the row stays."""
    rows, problems = listed('email,name\nada@example.org,"Ada\r\nBcc: v@example.org\x00\u2028\ufdd0token\ufdd1"\n')
    assert rows[0].name == "Ada Bcc: v@example.org token"
    assert [(line, severity) for line, severity, _ in problems] == [(2, "warning")]


def test_topics_and_attributes_hold_no_slot_marks(listed: Any) -> None:
    """Nothing of a file can be mistaken for a slot."""
    rows, _ = listed("email,topics,city\nada@example.org,;a\ufdd0b;;\nben@example.org,,\ufdd0token\ufdd1\n")
    assert rows[0].topics == ("a b",)
    assert rows[1].attributes == (("city", "token"),)


def test_a_language_that_is_none_is_dropped_and_told(listed: Any) -> None:
    """It would choose a variant of its own."""
    rows, problems = listed("email,lang\nada@example.org,German!\nben@example.org, pt_BR \n")
    assert [row.lang for row in rows] == ["", "pt-BR"]
    assert [(line, severity) for line, severity, _ in problems] == [(2, "warning")]


def test_a_row_with_wrong_quotes_costs_itself(listed: Any) -> None:
    """As long as the damage ends with its line."""
    rows, problems = listed('email,name\nada@example.org,"Ada" Example\nben@example.org,Ben\n')
    assert [row.address for row in rows] == ["ben@example.org"]
    assert problems[0][0] == 2
    assert "quotes" in problems[0][2]


def test_who_stands_twice_is_told_by_the_roster(tmp_path: Path) -> None:
    """The list passes one row at a time; the roster has them all, and says so here."""
    path = tmp_path / "readers.csv"
    path.write_text("email\nada@example.org\n")
    found = read(path)
    assert len(list(found.rows)) == 1
    found.duplicate(4, 2)
    [problem] = found.problems
    assert (problem.line, problem.severity) == (4, "warning")
    assert "line 2" in problem.message


def test_problems_are_told_one_by_one_up_to_a_point(listed: Any) -> None:
    """A file of a million bad rows does not fill memory or a screen."""
    rows, problems = listed("email\n" + "nobody\n" * (TOLD + 7))
    assert rows == []
    assert len(problems) == TOLD + 1
    assert problems[-1] == (None, "warning", "and 7 more of this list")


# ---------------------------------------------------------------------------------------------------- refused


def test_another_encoding_is_refused_with_its_line(listed: Any) -> None:
    """Guessing would turn names into others; the hint says how to save it."""
    error = refused(listed, "email,name\nada@example.org,Ada\nzoe@example.org,Zoé\n".encode("latin-1"), "not UTF-8")
    assert error.line == 3
    assert "iconv" in error.hint
    refused(listed, "email\nada@example.org\n".encode("utf-16-le"), "no text")
    refused(listed, b"\xff\xfee\x00m\x00\x00\xd8", "not UTF-16")


def test_an_encoding_that_breaks_far_down_is_refused_too(listed: Any) -> None:
    """Beyond what a decoder takes at a time."""
    rows = b"".join(b"reader%d@example.org,x\n" % n for n in range(5000))
    assert refused(listed, b"email,name\n" + rows + b"zoe@example.org,Zo\xe9\n", "not UTF-8").line == 5002


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('email,name\nada@example.org,"Ada\nben@example.org,Ben\ncarla@example.org,Carla\n', 2),
        ('email,name\nada@example.org,"Ada\nben@example.org,"Ben"\ncarla@example.org,Carla\n', 2),
        ('email,name\nada@example.org,"Ada', 2),
        ('email,name\nada@example.org,"' + "x" * 140_000 + "\n", 2),
    ],
)
def test_a_quote_that_swallows_rows_refuses_the_file(listed: Any, content: str, line: int) -> None:
    """Thousands of people could be behind it; none may be forgotten in silence."""
    assert refused(listed, content, "quote").line == line


@pytest.mark.parametrize(
    "header",
    ["status", "Status", "Unsubscribed", "unsub_time", "Opt-Out", "opted_out", "bounced", "Abgemeldet am", "Statut"],
)
def test_another_tool_s_status_is_not_read_past(listed: Any, header: str) -> None:
    """It says who left: to keep it as an attribute would mail them."""
    error = refused(listed, f"email,{header}\nada@example.org,x\n", "says who may be mailed")
    assert error.line == 1


@pytest.mark.parametrize(
    "header", ["statue", "state", "city", "tier", "options", "optimism", "membership status level"]
)
def test_columns_of_one_s_own_are_attributes(listed: Any, header: str) -> None:
    """Only what surely means leaving is refused."""
    assert listed(f"email,{header}\nada@example.org,x\n")[0][0].attributes == ((header, "x"),)


def test_a_file_without_an_address_column_is_refused(listed: Any) -> None:
    """A header in another tongue, or addresses and names without one."""
    refused(listed, "correo,nombre\nada@example.org,Ada\n", "no column `email`")
    refused(listed, "ada@example.org,Ada\nben@example.org,Ben\n", "no column `email`")
    refused(listed, "email,E-Mail\na@example.org,b@example.org\n", "two columns are the email")


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, a folder, or gone between the digest and the reading."""
    with pytest.raises(ListError, match="no such list") as caught:
        read(tmp_path / "none.csv", "subscribers/none.csv")
    assert caught.value.file == "subscribers/none.csv"
    with pytest.raises(ListError, match="cannot be read"):
        read(tmp_path)
    path = tmp_path / "readers.csv"
    path.write_text("email\n")
    found = read(path)
    path.unlink()
    with pytest.raises(ListError, match="cannot be read"):
        list(found.rows)


# ---------------------------------------------------------------------------------------------------- properties


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    """So that an unchanged file is known without reading its rows."""
    path = tmp_path / "readers.csv"
    path.write_bytes(b"email\r\nada@example.org\r\n")
    assert read(path).digest == digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path).name == str(path)


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    """One row at a time."""
    path = tmp_path / "readers.csv"
    with path.open("w") as file:
        file.write("email,name\n")
        file.writelines(f"reader{n}@example.org,Reader {n}\n" for n in range(20_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path).rows) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12), min_size=2, max_size=2),
        max_size=8,
    ),
    delimiter=st.sampled_from(",;\t"),
)
def test_whatever_a_spreadsheet_wrote_comes_back(listed: Any, cells: list[list[str]], delimiter: str) -> None:
    """Names and notes with quotes, delimiters and blanks in them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["email", "name", "notes"])
    writer.writerows([f"reader{n}@example.org", *row] for n, row in enumerate(cells))
    rows, problems = listed(out.getvalue())
    assert problems == []
    assert [row.name for row in rows] == [name.strip() for name, _ in cells]
    assert [dict(row.attributes).get("notes", "") for row in rows] == [notes.strip() for _, notes in cells]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=120) | st.text('email,;\t"\n\r@a.bc\x00é', max_size=120).map(str.encode))
def test_no_bytes_bring_anything_but_rows_problems_or_a_list_error(listed: Any, content: bytes) -> None:
    """No traceback reaches a user, and every row that comes is fit to be mailed."""
    try:
        rows, _ = listed(content)
    except ListError:
        return
    assert all("@" in row.address and "\n" not in row.address + row.name for row in rows)


# ---------------------------------------------------------------------------------------------------- real exports

# rows, addresses told as bad; None: refused.
HOSTILE = {
    "hostile-bad-addresses.csv": (1, 21),
    "hostile-bom-utf8.csv": (2, 0),
    "hostile-duplicates.csv": (5, 0),
    "hostile-formulas.csv": (4, 0),
    "hostile-headers-german.csv": None,
    "hostile-idn-eai.csv": (5, 0),
    "hostile-latin1.csv": None,
    "hostile-one-per-line.txt": (4, 1),
    "hostile-optout-conflict.csv": None,
    "hostile-quoted-local.csv": (4, 0),
    "hostile-quoted-newlines.csv": (2, 0),
    "hostile-semicolon.csv": (2, 0),
    "hostile-spaces.csv": (3, 0),
    "hostile-utf16le-bom.csv": (2, 0),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files(corpus: Path, name: str) -> None:
    """Files that other tools, other tongues and bad days have made."""
    path = corpus.parent / "mail" / "exports" / name
    if not path.exists():
        pytest.skip("the exports of other tools are not beside this checkout")
    expected = HOSTILE[name]
    if expected is None:
        with pytest.raises(ListError):
            list(read(path).rows)
        return
    found = read(path)
    rows = list(found.rows)
    assert (len(rows), len(found.problems)) == expected


def test_the_example_list_is_one(tmp_path: Path) -> None:
    """subscribers/example.csv is the first list that a newcomer reads."""
    found = read(Path(__file__).parents[2] / "subscribers" / "example.csv")
    assert len(list(found.rows)) == 3
    assert found.problems == ()


@pytest.mark.parametrize("what", ["longer", "gone"])
def test_a_file_that_is_written_while_it_is_read_is_no_whole_list(tmp_path: Path, what: str) -> None:
    """A program writes it at this moment: half of it would leave people out, so none of it is taken."""
    path = tmp_path / "readers.csv"
    path.write_text("email\na@example.net\nb@example.net\n")
    rows = read(path, "subscribers/readers.csv").rows
    assert next(rows).address == "a@example.net"
    if what == "gone":
        path.unlink()
    else:
        with path.open("a") as file:
            file.write("c@example.net\n")
    with pytest.raises(Unfinished, match=r"readers\.csv: the list was written while it was read") as caught:
        list(rows)
    assert caught.value.exit_code == 75
