"""The frame: name, languages, navigation; the tags of the components."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from panoh.ui import queries
from panoh.ui.rules import PartialDate
from panoh.ui.templatetags import panoh as tags


def test_the_name_is_neutral_in_every_language(settings: Settings) -> None:
    settings.PANOH_NAME = ""
    for language in ("tg", "ru", "en"):
        with translation.override(language):
            assert "panoh" not in str(queries.installation()).casefold()
    settings.PANOH_NAME = "Window 5"
    assert queries.installation() == "Window 5"


def test_languages_bear_their_own_names() -> None:
    with translation.override("ru"):
        assert ("en", "English") in queries.languages()


def test_navigation_marks_where_one_is_and_leaves_out_what_is_not_there(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery"
    everything = {needed for _label, _name, needed in queries.NAVIGATION}
    links = queries.navigation("/desk/inbox/3/", everything)
    assert [link.current for link in links] == [False, False, False, True, False, False]
    assert not any(link.current for link in queries.navigation("/elsewhere/", everything))
    few = queries.navigation("/", {"search_people"})
    assert [link.url for link in few] == ["/desk/today/", "/desk/search/", "/desk/more/"]
    settings.ROOT_URLCONF = "django.conf.urls.i18n"
    assert queries.navigation("/", everything) == []


def test_the_context_of_a_page(rf: RequestFactory, settings: Settings) -> None:
    settings.PANOH_MODE = "demo"
    assert queries.site(rf.get("/"))["is_demo"]
    assert tags.demo()
    assert tags.leave_url() == settings.PANOH_LEAVE_URL


@pytest.mark.parametrize(
    ("value", "tg", "ru"),
    [
        (None, "", ""),
        ("", "", ""),
        ("1998", "1998", "1998"),
        (PartialDate(1998, 3), "март 1998", "Март 1998"),
        ("1998-03-27", "27 март 1998", "27 марта 1998"),
        (date(1998, 3, 27), "27 март 1998", "27 марта 1998"),
        (datetime(1998, 3, 27, 23, 30, tzinfo=UTC), "28 март 1998", "28 марта 1998"),
    ],
)
def test_dates_in_words(value: object, tg: str, ru: str) -> None:
    for language, words in (("tg", tg), ("ru", ru)):
        with translation.override(language), timezone.override("Asia/Dushanbe"):
            shown = tags.day(value)  # type: ignore[arg-type]
            assert shown.casefold() == words.casefold()


def test_moments_stand_in_the_active_zone() -> None:
    at = datetime(2026, 3, 8, 20, 30, tzinfo=UTC)
    with translation.override("en"), timezone.override("Asia/Dushanbe"):
        assert tags.moment(at) == "9 March 2026, 01:30"
    with translation.override("ru"), timezone.override("Asia/Dushanbe"):
        assert tags.moment(at) == "9 марта 2026, 1:30"
        assert tags.moment(None) == ""
        assert tags.moment(datetime(2026, 3, 8, 9, 5)) == "8 марта 2026, 9:05"  # noqa: DTZ001


def test_one_of_several_values() -> None:
    assert [tags.item(["a", "b"], at) for at in (0, 1, 2)] == ["a", "b", ""]


def test_references_in_groups() -> None:
    assert tags.grouped("ABCDE23456") == "ABCDE 23456"
    assert tags.grouped("JBSWY3DPEHPK3PXP") == "JBSW Y3DP EHPK 3PXP"


def test_only_plain_pictures_stand_in_a_page() -> None:
    assert tags.svg('<?xml version="1.0"?>\n<svg><path/></svg>') == "<svg><path/></svg>"
    for bad in (
        "<p>",
        "<svg><script>x</script></svg>",
        "<svg onload=x>",
        '<svg style="x">',
        "<svg><a href='javascript:x'/></svg>",
        "<svg><foreignObject/></svg>",
    ):
        with pytest.raises(ValueError, match="SVG"):
            tags.svg(bad)


def test_a_partial_of_a_room_that_is_not_there_is_nothing() -> None:
    text = '{% load panoh %}[{% include_if_there "nowhere/nothing.html" %}]'
    assert Template(text).render(Context()) == "[]"
    known = '{% load panoh %}{% include_if_there "ui/tag.html" %}'
    shown = Template(known).render(Context({"text": "<b>", "tone": "done"}))
    assert "&lt;b&gt;" in shown


def test_every_error_page_stands_without_database_user_or_request() -> None:
    for code in ("400", "403", "403_csrf", "404", "405", "409", "413", "429", "500"):
        for language in ("tg", "ru", "en"):
            with translation.override(language):
                shown = Template(f'{{% include "{code}.html" %}}').render(
                    Context({"problem": SimpleNamespace(message="<because>")})
                )
            assert "<h1" in shown
            # 404 says the same for what is not there and what is not theirs.
            assert ("&lt;because&gt;" in shown) == (code != "404")
            assert "csrfmiddlewaretoken" not in shown
