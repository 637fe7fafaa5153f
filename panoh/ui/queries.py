"""What every page asks: the name of the installation, its mode, the way out, the navigation."""

from collections.abc import Container
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.ui.forms import ONCE
from panoh.ui.templatetags.addresses import address

# What Django puts into every form; masked anew for each page.
OF_PAGE = "csrfmiddlewaretoken"


class Link(NamedTuple):
    """One entry of the navigation."""

    label: str | Promise
    url: str
    current: bool


# The pages themselves stand in higher rooms: an address that does not exist (yet) is left out, and
# so is one whose permission, by its code, an account lacks: a link that is refused helps nobody.
NAVIGATION: tuple[tuple[str | Promise, str, str], ...] = (
    (_("Today"), "desk:today", ""),
    (_("Search"), "desk:search", "search_people"),
    (_("First contact"), "desk:first_contact", "contact_create"),
    (_("Inbox"), "desk:inbox", "referral_answer"),
    (_("Directory"), "directory:list", "directory_read"),
    (_("More"), "desk:more", ""),
)


def installation() -> str | Promise:
    """The neutral name chosen at set-up; it stands on every page and names no subject."""
    return str(getattr(settings, "PANOH_NAME", "")) or _("Service desk")


def languages() -> list[tuple[str, str]]:
    """Code and own name of each language of the pages, the pack's own first."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]


def is_demo() -> bool:
    """Whether everything here is invented, which every page then says."""
    return getattr(settings, "PANOH_MODE", "serve") == "demo"


def leave_url() -> str:
    """Where "leave this page" leads: an everyday site that explains nothing."""
    return str(getattr(settings, "PANOH_LEAVE_URL", "https://www.wikipedia.org/"))


def sent_mark(request: HttpRequest) -> UUID | None:
    """What was sent and by whom, as a number that tells nothing to who does not know the form's
    own mark. The token of the session is left out: the same form may come after another sign-in.
    A button without a mark of its own is known by the token of the page it stood on."""
    typed = request.POST.copy()
    if ONCE in typed:
        typed.pop(OF_PAGE, None)
    elif OF_PAGE not in typed:
        return None
    sent = sha256(f"{request.user.pk}\n{request.path}\n{typed.urlencode()}".encode())
    for key in sorted(request.FILES):
        for one in request.FILES.getlist(key):
            one.seek(0)
            for chunk in one.chunks():
                sent.update(chunk)
    return UUID(bytes=sent.digest()[:16])


def navigation(path: str, permissions: Container[str]) -> list[Link]:
    """The staff pages that exist and may be opened, with the one ``path`` belongs to marked."""
    links = []
    for label, name, needed in NAVIGATION:
        if needed and needed not in permissions:
            continue
        try:
            url = address(name)
        except NoReverseMatch:
            continue
        links.append((label, url))
    # "/" is a prefix of everything: the longest match is the page's own.
    nearest = max((u for _l, u in links if path == u or _under(path, u)), key=len, default="")
    return [Link(label, url, url == nearest) for label, url in links]


def _under(path: str, url: str) -> bool:
    return len(url) > 1 and path.startswith(url)


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame of a page needs. Reads no table: what the account may do
    was put on the request by the middleware of room access."""
    permissions: Container[str] = getattr(request, "permissions", ())
    return {"navigation": navigation(request.path, permissions), "is_demo": is_demo()}
