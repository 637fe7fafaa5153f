"""What a browser without JavaScript sends when a page's form is filled in."""

from html.parser import HTMLParser
from typing import Any

Attributes = list[tuple[str, str | None]]


class _Forms(HTMLParser):
    """The answers that stand in the forms of a page already, one dictionary a form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.select = ""
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        known = dict(attrs)
        name, value = known.get("name") or "", known.get("value") or ""
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input" and name:
            self._input(known, name, value)
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in known:
            self._keep(self.select, value)
        elif tag == "textarea":
            self.text = name

    def _input(self, known: dict[str, str | None], name: str, value: str) -> None:
        sort = known.get("type") or "text"
        if sort in {"checkbox", "radio"} and "checked" not in known:
            return
        if sort not in {"submit", "file", "button"}:
            self._keep(name, value or ("on" if sort == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self.text:
            self._keep(self.text, data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text = None

    def _keep(self, name: str, value: str) -> None:
        self.forms[-1].setdefault(name, []).append(value)


def typed(page: Any, **answers: Any) -> dict[str, Any]:
    """The page's own form as it stands, with ``answers`` typed over it."""
    parser = _Forms()
    parser.feed(page.content.decode().partition("<main")[2].partition("</main>")[0])
    longest = max(parser.forms, key=len)
    return {**longest, **answers}
