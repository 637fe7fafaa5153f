"""The accounts of a demonstration on its own sign-in page: ``{% load demo %}``."""

import json
import time
from pathlib import Path
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django import template
from django.conf import settings
from django.utils.translation import get_language

from panoh.policy import queries as policy
from panoh.ui import queries as ui

register = template.Library()


@register.simple_tag
def demo_accounts() -> list[dict[str, str]]:
    """User name, role, unit, passphrase and second code of now of each account of a demonstration.

    Empty in every other mode, whatever lies in the folder.
    """
    place = Path(settings.PANOH_VAR) / "demo.json"
    if not ui.is_demo() or not place.is_file():
        return []
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    return [_shown(account, counter) for account in json.loads(place.read_text("utf-8"))]


def _shown(account: dict[str, Any], counter: int) -> dict[str, str]:
    secret = account["totp_secret"]
    return {
        "username": account["username"],
        "role": str(policy.role(account["role"]).label),
        "unit": account["unit"].get(get_language() or "", ""),
        "passphrase": account["passphrase"],
        "code": format_hotp_value(hotp_value(secret, counter)),
    }
