"""A country whose law says how many days there are; the pack of Tajikistan knows none."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings


@contextmanager
def terms(**days: int) -> Iterator[Path]:
    """A copy of the pack in which these periods are set: ``terms(appeal_days=10)``."""
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(settings.PANOH_PACK, Path(place) / "test-pack")
        path = folder / "periods.toml"
        text = path.read_text("utf-8")
        for key, value in days.items():
            text, count = re.subn(
                rf'(key = "{key}"\n(?:label.*\n)*value = ).*', rf"\g<1>{value}", text
            )
            assert count == 1, key
        path.write_text(text, "utf-8")
        with override_settings(PANOH_PACK=folder):
            yield folder


@contextmanager
def many_zones(**days: int) -> Iterator[str]:
    """As ``terms``, in a country of many time zones; yield one that lies far in its east."""
    with terms(**days) as folder:
        head = folder / "pack.toml"
        head.write_text(head.read_text("utf-8").replace('code = "tj"', 'code = "ru"', 1), "utf-8")
        yield "Asia/Vladivostok"
