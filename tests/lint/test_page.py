"""The tolerant reading of HTML: what a browser mends is mended, and told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.lint.page import read


def test_comments_and_conditional_comments_are_no_elements() -> None:
    """What only Outlook reads is not judged as if all did."""
    page = read("<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if !mso]><!--><i>y</i><!--<![endif]-->")
    assert [e.tag for e in page.elements] == ["p", "i"]
    assert page.faults == ()


def test_ends_that_may_be_left_out_are_no_faults() -> None:
    """HTML closes paragraphs, items and cells by itself."""
    page = read("<ul><li>one<li>two</ul><dl><dt>a<dd>b<dt>c</dl><table><tr><td>1<td>2<tr><th>3</table><p>x<h2>y</h2>")
    assert page.faults == ()
    assert [page.text(e) for e in page.all("li", "dt", "dd", "td", "th", "p", "h2")] == [
        *("one", "two", "a", "b", "c", "1", "2", "3", "x", "y")
    ]
    parents = {page.elements[e.parent].tag for e in page.all("tr")}
    assert parents == {"table"}


def test_faults_name_the_tag_and_its_line() -> None:
    """A void element's end is nothing; a stray end, a crossed and an unclosed element are told."""
    page = read("<br></br>\n<b>\n<i></b></i>\n<section>\n<p>")
    assert page.faults == (
        (3, "<i> is still open where </b> comes"),
        (3, "</i> closes nothing"),
        (4, "<section> is never closed"),
    )


def test_text_is_what_a_reader_sees() -> None:
    """Blocks part words, inline elements do not; styles and title are no words but their own."""
    page = read(
        "<html><head><title>T</title><style>p{}</style></head><body>a<b>b</b><td>c</td>d<br>e &amp; f</body></html>"
    )
    assert page.text() == "ab c d e & f"
    (title,) = page.all("title")
    (body,) = page.all("body")
    assert page.text(title) == "T"
    assert page.own_text(body) == "a d e & f"
    assert [e.tag for e in page.inside(body)] == ["b", "td", "br"]
    assert [e.tag for e in page.around(page.inside(body)[0])] == ["body", "html"]


def test_text_outside_of_everything_is_passed_over() -> None:
    """Blanks around the page belong to nobody."""
    assert read("\n<p>x</p>\n").text() == "x"


def test_attributes_are_read_as_written() -> None:
    """Names in small letters, values with their characters, an empty one and a missing one told apart."""
    (image,) = read('<IMG ALT SRC="a&amp;b.png" /> ').all("img")
    assert (image.get("alt"), image.get("src"), image.get("width")) == ("", "a&b.png", None)
    assert image.start == '<IMG ALT SRC="a&amp;b.png" />'


def test_a_style_for_a_medium_stands_in_its_query() -> None:
    """`<style media>` is read as what it means."""
    page = read('<style>a{}</style><style media="print">b{}</style>')
    assert page.styles == ("a{}", "@media print {b{}}")


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(list("<>/=\"'& !-abptdr\n")), max_size=60))
def test_anything_can_be_read(text: str) -> None:
    """No text breaks the reading, and each element lies inside its parent."""
    page = read(text)
    for element in page.elements:
        assert element.index < element.end <= len(page.elements)
        assert element.parent < element.index
        if element.parent >= 0:
            assert element.end <= page.elements[element.parent].end
            assert page.elements[element.parent].pieces[1] >= element.pieces[1]
