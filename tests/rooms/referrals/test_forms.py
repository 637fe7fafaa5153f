"""Codes only: nothing about the person can be typed before a yes."""

import inspect

import pytest
from django import forms as django_forms

from panoh.kernel.rules import Category
from panoh.referrals import forms
from panoh.referrals.rules import ALWAYS, DEFAULT_PACKET


def test_a_draft_asks_at_most_six_questions() -> None:
    form = forms.DraftForm({"services": ["bed", "doctor"], "categories": ["health"]})
    assert len(form.fields) <= 6
    assert form.is_valid(), form.errors
    assert form.packet() == ALWAYS | Category.HEALTH


def test_a19_the_form_offers_first_a_packet_without_status() -> None:
    initial = forms.DraftForm().fields["categories"].initial
    assert Category.of(initial) | ALWAYS == DEFAULT_PACKET
    assert "legal" not in initial


@pytest.mark.parametrize(
    ("form", "name", "code"),
    [
        (forms.DeclineForm, "reason", "no_place"),
        (forms.CompleteForm, "outcome", "helped"),
        (forms.HandOverForm, "way", "came_alone"),
        (forms.ChannelForm, "channel", "telephone"),
    ],
)
def test_one_coded_answer(form: type[forms.CodeForm], name: str, code: str) -> None:
    filled = form({name: code})
    assert filled.is_valid(), filled.errors
    assert filled.code == code
    assert not form({}).is_valid()
    assert not form({name: "here be words"}).is_valid()


def test_the_channel_is_another_one() -> None:
    assert not forms.ChannelForm({"channel": "here"}).is_valid()


def test_questions_and_proposals() -> None:
    assert forms.AskForm({"asked": ["call_me", "language"]}).is_valid()
    assert not forms.AskForm({"asked": ["her name"]}).is_valid()
    assert forms.ProposeForm({"organisation": "1"}, entries=[("1", "Fictional")]).is_valid()
    assert not forms.ProposeForm({"organisation": "2"}, entries=[("1", "x")]).is_valid()


def test_no_form_of_a_request_has_a_free_text() -> None:
    kinds = [
        type(field)
        for _name, form in inspect.getmembers(forms, inspect.isclass)
        if issubclass(form, django_forms.Form)
        for field in getattr(form, "base_fields", {}).values()
    ]
    assert kinds and django_forms.CharField not in kinds
