"""Forms: nothing typed is lost, faults are named beside their field, dates may be partial."""

from datetime import date
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation

from panoh.ui.forms import (
    YES_NO_UNKNOWN,
    Checkboxes,
    CleanForm,
    EditForm,
    PartialDateField,
    Radios,
    RefField,
    TextField,
)
from panoh.ui.rules import MAX_TEXT, PartialDate

TODAY = date(2026, 3, 8)


class Form(CleanForm):
    """One field of each kind."""

    words = TextField(required=False)
    name = forms.CharField(required=False, help_text="<b>hint</b>")
    born = PartialDateField(required=False, latest=lambda: TODAY, earliest=lambda: date(1900, 1, 1))
    met = PartialDateField(required=False, whole=True)
    ref = RefField(required=False)
    safe = forms.ChoiceField(
        choices=YES_NO_UNKNOWN, widget=Radios(hints={"unknown": "later"}), required=False
    )
    needs = forms.MultipleChoiceField(
        choices=YES_NO_UNKNOWN, widget=Checkboxes(hints={"no": "none"}), required=False
    )
    secret = forms.CharField(widget=forms.PasswordInput, required=False, strip=False)


def form(**data: Any) -> Form:
    return Form(data)


@pytest.mark.parametrize(
    ("typed", "code", "kept"),
    [
        ("a\0b", "nul", "ab"),
        ("a\u202eb", "direction", "ab"),
        ("a\ufffdb", "encoding", "a\ufffdb"),
        ("я" * (MAX_TEXT + 1), "long", "я" * (MAX_TEXT + 1)),
    ],
)
def test_a_fault_is_named_and_the_text_kept(typed: str, code: str, kept: str) -> None:
    sent = form(words=typed)
    assert [error.code for error in sent.errors.as_data()["words"]] == [code]
    assert kept in sent["words"].as_widget()
    if code in {"nul", "direction"}:
        assert form(words=sent["words"].value()).is_valid(), "sending it again succeeds"


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_faults_are_told_in_the_readers_language(language: str) -> None:
    with translation.override(language):
        told = str(form(words="a\0b").errors["words"][0])
    assert ("hidden character" in told) == (language == "en")


def test_texts_are_trimmed_and_composed() -> None:
    sent = form(name="  и\u0306ул \u200e")
    assert sent.is_valid()
    assert sent.cleaned_data["name"] == "йул"


def test_a_passphrase_is_left_as_it_is() -> None:
    sent = form(secret=" и\u0306 \u202e ")
    assert sent.is_valid()
    assert sent.cleaned_data["secret"] == " и\u0306 \u202e "


def test_values_that_come_several_times_stay_several() -> None:
    sent = Form(QueryDict("needs=yes&needs=no"))
    assert sent.is_valid()
    assert sent.cleaned_data["needs"] == ["yes", "no"]
    assert form(needs=["yes", "no"]).is_valid()


def test_a_prefix_changes_nothing() -> None:
    sent = Form({"x-words": "a\0b"}, prefix="x")
    assert "words" in sent.errors


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("27", "3", "1998"), PartialDate(1998, 3, 27)),
        (("", "03", "1998"), PartialDate(1998, 3)),
        (("", "", "1998"), PartialDate(1998)),
        (("", "", ""), None),
        (("8", "3", "2026"), PartialDate(2026, 3, 8)),
    ],
)
def test_a_date_may_be_known_in_part(
    parts: tuple[str, str, str], found: PartialDate | None
) -> None:
    day, month, year = parts
    sent = form(born_day=day, born_month=month, born_year=year)
    assert sent.is_valid(), sent.errors
    assert sent.cleaned_data["born"] == found


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("27", "", "1998"), "gap"),
        (("27", "3", ""), "year"),
        (("27", "3", "98"), "year"),
        (("31", "2", "1998"), "invalid"),
        (("", "13", "1998"), "invalid"),
        (("x", "3", "1998"), "invalid"),
        (("²", "3", "1998"), "invalid"),
        (("", "", "0000"), "invalid"),
        (("9", "3", "2026"), "future"),
        (("", "", "2027"), "future"),
        (("", "", "1850"), "past"),
    ],
)
def test_a_wrong_date_is_explained_and_kept(parts: tuple[str, str, str], code: str) -> None:
    day, month, year = parts
    sent = form(born_day=day, born_month=month, born_year=year)
    assert [error.code for error in sent.errors.as_data()["born"]] == [code]
    shown = sent["born"].as_widget()
    assert all(f'value="{part}"' in shown for part in parts if part)


def test_a_whole_date_is_asked_for_where_needed() -> None:
    sent = form(met_day="", met_month="3", met_year="1998")
    assert [error.code for error in sent.errors.as_data()["met"]] == ["whole"]


def test_a_known_date_stands_in_the_three_inputs() -> None:
    shown = Form(initial={"born": "1998-03", "met": date(2020, 5, 6)})
    assert 'value="1998"' in str(shown["born"])
    assert 'value="6"' in str(shown["met"])
    field = shown.fields["born"]
    assert not field.has_changed("1998-03", ["", "3", "1998"])
    assert field.has_changed("1998-03", ["1", "3", "1998"])


@pytest.mark.parametrize("typed", ["abcde23456", "ABCDE 23456", "abc-de2–3456", "аВсDE23456"])
def test_a_reference_passes_as_it_is_read_aloud(typed: str) -> None:
    sent = form(ref=typed)
    assert sent.is_valid()
    assert sent.cleaned_data["ref"] == "ABCDE23456"


@pytest.mark.parametrize("typed", ["ABCDE2345", "ABCDE234567", "ABCDE2345Ж", "'; --"])
def test_what_is_no_reference_is_refused(typed: str) -> None:
    assert "ref" in form(ref=typed).errors


def test_label_hint_and_error_are_tied_to_the_field() -> None:
    sent = form(name="a\0b")
    shown = sent["name"].as_field_group()
    assert 'for="id_name"' in shown
    assert 'aria-describedby="id_name_helptext id_name_error"' in shown
    assert 'id="id_name_error"' in shown
    assert "&lt;b&gt;hint" in shown, "hints are escaped"
    assert "style=" not in str(sent)


def test_what_the_heading_asks_is_only_read_out_by_the_field() -> None:
    class Titled(Form):
        titled = "safe"

    hidden = "govuk-visually-hidden"
    assert hidden in Titled()["safe"].as_field_group()
    assert hidden not in Titled()["name"].as_field_group()
    assert hidden not in form()["safe"].as_field_group()
    Titled.titled = "name"
    assert hidden in Titled()["name"].as_field_group()


def test_choices_show_their_hints() -> None:
    shown = str(form()["safe"])
    assert 'aria-describedby="id_safe_2_hint"' in shown
    assert 'type="checkbox"' in str(form()["needs"])
    assert "none" in str(form()["needs"])


def test_a_question_left_empty_is_asked_for_in_plain_words() -> None:
    class Asked(CleanForm):
        safe = forms.CharField()
        named = forms.CharField(error_messages={"required": "Which one?"})

    with translation.override("en"):
        errors = {name: str(found[0]) for name, found in Asked({}).errors.items()}
    assert errors == {"safe": "Please answer this.", "named": "Which one?"}


# -- two people at one form -------------------------------------------------------------------


class Shared(EditForm):
    """Two answers that others may change."""

    many = forms.MultipleChoiceField(choices=[("a", "Apples"), ("b", "Pears")], required=False)
    words = forms.CharField(required=False)


def sent_again(form: Shared, **typed: object) -> dict[str, object]:
    """What a browser sends back of a form that it was shown."""
    return {"seen": form["seen"].value(), **typed}


def test_both_versions_are_shown_and_the_second_saving_keeps_ours() -> None:
    opened = Shared(initial={"many": ["a"], "words": "mine"})
    now = {"many": ["a", "b"], "words": "mine"}
    form = Shared(sent_again(opened, many=["a"], words="new"), initial=now)
    assert not form.is_valid()
    assert set(form.errors) == {"many"}, "what nobody else touched is just saved"
    assert "Apples; Pears" in str(form.errors["many"])
    assert "mine" not in str(form.errors)
    again = Shared(sent_again(form, many=["a"], words="new"), initial=now)
    assert again.is_valid()
    assert again.cleaned_data == {"many": ["a"], "words": "new"}


def test_the_same_answer_twice_is_no_quarrel_and_order_does_not_count() -> None:
    opened = Shared(initial={"many": [], "words": ""})
    form = Shared(sent_again(opened, many=["b", "a"]), initial={"many": ["a", "b"], "words": ""})
    assert form.is_valid(), form.errors


def test_what_stands_outside_the_fields_is_said_on_top() -> None:
    opened = Shared(initial={}, stands={"day": ""})
    form = Shared(sent_again(opened, words="x"), stands={"day": "8 March"})
    assert not form.is_valid()
    assert "8 March" in str(form.non_field_errors())
    assert Shared(sent_again(form, words="x"), stands={"day": "8 March"}).is_valid()


def test_no_browser_keeps_what_was_typed_to_offer_it_again() -> None:
    class Asked(CleanForm):
        name = forms.CharField()
        code = forms.CharField(
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}), required=False
        )
        secret = forms.CharField(widget=forms.PasswordInput, required=False)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["later"] = forms.CharField()

    form = Asked()
    assert 'autocomplete="off"' in str(form["name"])
    assert 'autocomplete="off"' in str(form["later"])
    assert str(form["code"]).count("autocomplete") == 1
    assert "autocomplete" not in str(form["secret"])
