"""`manage walk ORIGIN`: the main job over HTTP, as four people of the demo; stops at a failure."""

import json
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from allauth.mfa import app_settings as mfa
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from panoh.policy import queries as policy

WORKER, SHELTER, POLICE, OTHER = "nigina", "shirin", "pulod", "odina"
SHELTER_UNIT = "bahor"
NAME = "Афсона Намунаева"
FRAME = {"/language/setlang/", "/access/sign-out/"}


class Page(HTMLParser):
    """What a person sees and can fill in on one page."""

    def __init__(self, url: str, status: int, html: str) -> None:
        super().__init__()
        self.url, self.status, self.html = url, status, html
        self.forms: list[dict[str, Any]] = []
        self.links: list[str] = []
        self._select = ""
        self.feed(html)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {key: value or "" for key, value in attrs}
        if tag == "a":
            self.links.append(have.get("href", ""))
        if tag == "form":
            self.forms.append({"action": have.get("action", ""), "values": [], "offers": {}})
        if not self.forms:
            return
        form, name = self.forms[-1], have.get("name", "")
        if tag in {"input", "button"} and name:
            kind = have.get("type", "text")
            value = have.get("value", "on" if kind == "checkbox" else "")
            form["offers"].setdefault(name, []).append(value)
            if kind == "hidden" or "checked" in have or (kind == "text" and value):
                form["values"].append((name, value))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            form["offers"].setdefault(self._select, []).append(have.get("value", ""))
            if "selected" in have:
                form["values"].append((self._select, have.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


class Visitor:
    """One browser without JavaScript."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Page:
        return self._open(urljoin(self.origin, path), None)

    def fill(self, page: Page, **answers: Any) -> Page:
        """Submit the form of the page that asks for the first answer named."""
        first = next(iter(answers))
        form = next((one for one in page.forms if first in one["offers"]), None)
        if form is None:
            raise CommandError(f"{page.path} does not ask for “{first}”")
        values = [(name, value) for name, value in form["values"] if name not in answers]
        for name, given in answers.items():
            values += [(name, one) for one in (given if isinstance(given, list) else [given])]
        return self._open(urljoin(page.url, form["action"] or page.url), values)

    def press(self, page: Page, action: str) -> Page:
        """Submit the form whose address ends so, as it stands."""
        # Language and sign-out stand in the frame of every page.
        main = [one for one in page.forms if one["action"] not in FRAME]
        form = next((one for one in main if one["action"].endswith(action)), None)
        if form is None:
            raise CommandError(f"{page.path} has no button that leads to …{action}")
        return self._open(urljoin(page.url, form["action"] or page.url), form["values"])

    def _open(self, url: str, values: list[tuple[str, str]] | None) -> Page:
        data = urlencode(values).encode() if values is not None else None
        try:
            with self.opener.open(url, data) as answer:
                return Page(answer.url, answer.status, answer.read().decode())
        except HTTPError as answer:
            return Page(url, answer.code, answer.read().decode())


class Command(BaseCommand):
    """Prints each step; the first that does not hold is named and ends the walk."""

    help = "Walk the main job through the pages of a running demo."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("origin")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PANOH_MODE != "demo":
            raise CommandError("Only a demo is walked.")
        self.origin = options["origin"]
        accounts = json.loads((settings.PANOH_VAR / "demo.json").read_text("utf-8"))
        self.accounts = {account["username"]: account for account in accounts}
        with translation.override("en"):
            walk = Walk(self)
            for step in walk.steps:
                self.stdout.write(f"  {step.__doc__}")
                try:
                    step()
                except (CommandError, AssertionError, StopIteration, OSError) as problem:
                    raise CommandError(f"failed at “{step.__doc__}”: {problem}") from problem

    def sign_in(self, name: str) -> Visitor:
        """Passphrase, then the code of this moment."""
        account, visitor = self.accounts[name], Visitor(self.origin)
        page = visitor.get("/")
        page = visitor.fill(page, login=name, password=account["passphrase"])
        secret = account["totp_secret"]
        # The code of the middle of the accepted window is the one an app shows now.
        now = int(time.time()) // mfa.TOTP_PERIOD
        counter = next(one for one in yield_hotp_counters_from_time() if one == now)
        page = visitor.fill(page, code=format_hotp_value(hotp_value(secret, counter)))
        _check(page.status == OK and page.path == "/", f"{name} could not sign in")
        return visitor


OK, MISSING = 200, 404


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise CommandError(problem)


class Walk:
    """From first contact to an accepted request, and back."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.steps: list[Callable[[], None]] = [
            self.sign_in,
            self.contact,
            self.adult,
            self.named,
            self.not_without_consent,
            self.consent,
            self.send,
            self.minimum,
            self.accept,
            self.nobody_else,
            self.knows,
            self.gone,
            self.closed,
        ]

    def sign_in(self) -> None:
        """a worker of an NGO, a shelter, the police and another service sign in"""
        self.worker, self.shelter, self.police, self.other = (
            self.command.sign_in(name) for name in (WORKER, SHELTER, POLICE, OTHER)
        )

    def contact(self) -> None:
        """first contact saved with two answers, without a name"""
        page = self.worker.get("/first-contact/")
        self.next = self.worker.fill(page, safe_to_talk="yes", danger_now="none")
        found = re.search(r"/cases/(\w+)/next/", self.next.path)
        _check(found is not None, f"no case was opened: {self.next.path}")
        self.ref = found[1] if found else ""

    def adult(self) -> None:
        """age first: an adult"""
        self.ask = self.worker.fill(self.next, age_branch="adult")
        _check(self.ask.path == f"/cases/{self.ref}/consent/service/", self.ask.path)

    def named(self) -> None:
        """a fictional name is written down, encrypted, and found again by search"""
        page = self.worker.get(f"/cases/{self.ref}/person/name/")
        given, family = NAME.split()
        self.worker.fill(page, given=given, family=family)
        page = self.worker.get("/search/")
        found = self.worker.fill(page, name=NAME)
        _check(any(self.ref in link for link in found.links), "the search did not find her")

    def _receiver(self, page: Page) -> str:
        found = re.search(rf"/cases/{self.ref}/refer/([0-9a-f-]{{36}})/", page.html)
        _check(found is not None, "nobody with a bed was found")
        return found[1] if found else ""

    def not_without_consent(self) -> None:
        """who has a bed? Without consent nothing can be sent"""
        page = self.worker.get(f"/cases/{self.ref}/refer/")
        page = self.worker.fill(page, service="bed", sex="woman")
        self.place = self._receiver(page)
        preview = self._preview()
        offers = [name for form in preview.forms for name in form["offers"]]
        _check("send" not in offers, "a request could be sent without consent")

    def _preview(self) -> Page:
        return self.worker.get(f"/cases/{self.ref}/refer/{self.place}/?help=bed")

    def consent(self) -> None:
        """consent for one receiver: one sentence, alone with the worker, in Tajik"""
        today = timezone.now()
        until = policy.local_day(policy.due("consent_days", today) or today)
        page = self.worker.fill(
            self.ask,
            present="nobody",
            to=self.place,
            language="tg",
            read_in="tg",
            categories=["core", "services", "identity", "contact"],
            until=until.isoformat(),
        )
        page = self.worker.fill(page, answer="yes", told_limits="on")
        _check(page.status == OK, "consent was not saved")

    def send(self) -> None:
        """the preview shows what the receiver will see; the request is sent"""
        preview = self._preview()
        _check(NAME not in preview.html, "the preview shows a name before the yes")
        page = self.worker.fill(preview, send="1")
        found = re.search(r"/requests/(\w+)/", " ".join([page.path, *page.links]))
        _check(found is not None, "the request was not sent")
        self.request = found[1] if found else ""

    def minimum(self) -> None:
        """the shelter's inbox shows the minimum and no more"""
        page = self.shelter.get("/inbox/")
        _check(any(self.request in link for link in page.links), "the request did not arrive")
        page = self.shelter.get(f"/requests/{self.request}/")
        _check(page.status == OK and "Намунаева" not in page.html, "a name was shown before yes")
        _check(self.shelter.get(f"/cases/{self.ref}/").status == MISSING, "the case was open")
        self.asked = page

    def accept(self) -> None:
        """yes: what was agreed opens, though the sender is not there"""
        page = self.shelter.press(self.asked, "/accept/")
        _check(page.status == OK, f"the yes was not taken: {page.status}")
        page = self.shelter.get(f"/cases/{self.ref}/person/")
        _check("Намунаева" in page.html, "the name did not open after yes")
        _check(
            self.shelter.get(f"/cases/{self.ref}/notes/story/").status != OK,
            "the story was open though nobody agreed to it",
        )

    def nobody_else(self) -> None:
        """the police and another service find nothing by name, reference or address"""
        for visitor in (self.police, self.other):
            for path in (f"/cases/{self.ref}/", f"/requests/{self.request}/"):
                _check(visitor.get(path).status == MISSING, f"{path} was open")
            found = visitor.get("/search/")
            if found.status == OK:
                found = visitor.fill(found, name=NAME)
                _check(self.ref not in found.html, "a stranger's search found her")

    def knows(self) -> None:
        """“Who knows about me?”: one service; she stops it"""
        page = self.worker.get(f"/cases/{self.ref}/knows/")
        stops = [link for link in page.links if link.endswith("/stop/")]
        _check(len(stops) == 1, f"{len(stops)} services know, not one")
        page = self.worker.press(self.worker.get(stops[0]), "")
        _check(page.status == OK, f"stopping failed: {page.status}")

    def gone(self) -> None:
        """the shelter sees nothing any more"""
        for path in (f"/cases/{self.ref}/", f"/cases/{self.ref}/person/"):
            _check(self.shelter.get(path).status == MISSING, f"{path} stayed open")

    def closed(self) -> None:
        """the case is closed with a reason, and opened again"""
        page = self.worker.get(f"/cases/{self.ref}/close/")
        page = self.worker.fill(page, reason="contact_lost")
        page = self.worker.press(self.worker.get(f"/cases/{self.ref}/"), "/reopen/")
        _check(page.status == OK, "the case could not be opened again")
