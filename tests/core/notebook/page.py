"""Reading what a view shows, as a browser does."""

from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta"}
HARMLESS = {
    *("div", "span", "b", "code", "pre", "table", "tr", "th", "td", "details", "summary"),
    *("svg", "g", "title", "rect", "path", "text"),
}


class Page(HTMLParser):
    """A page that is read: its elements and its text; each element must be closed, and in turn."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def is_harmless(self) -> bool:
        """Whether it holds only elements that show something, nothing that acts, and no address."""
        return set(self.tags) <= HARMLESS and not any(
            name.startswith("on") or name in ("href", "src", "xlink:href") or "url(" in value or "javascript" in value
            for name, value in self.attributes
        )
