from hypothesis import given
from hypothesis import strategies as st

from mainspring.notebook.markup import Markup, element, escaped, join
from tests.core.notebook.page import Page


@given(st.text())
def test_text_adds_no_element_wherever_it_is_put(text: str) -> None:
    page = Page(element("div", text, element("span", text, title=text)))

    assert page.tags == ["div", "span"]
    assert [name for name, _ in page.attributes] == ["title"]


def test_what_is_markup_is_not_escaped_again_except_in_an_attribute() -> None:
    inner = element("b", "<")

    assert element("p", inner) == "<p><b>&lt;</b></p>"
    assert element("p", title=inner) == '<p title="&lt;b&gt;&amp;lt;&lt;/b&gt;"></p>'


def test_what_reorders_or_hides_text_is_shown_as_an_escape() -> None:
    assert escaped("safe\u202egnp.exe\x00") == "safe\\u202egnp.exe\\x00"


def test_attributes_that_are_none_are_left_out_and_underscores_are_hyphens() -> None:
    assert element("rect", fill_opacity=0.5, stroke=None) == '<rect fill-opacity="0.5"></rect>'


def test_parts_are_joined() -> None:
    assert join(["<", Markup("<b></b>")]) == "&lt;<b></b>"
