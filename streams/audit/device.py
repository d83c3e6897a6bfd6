"""A short name for a device: "Firefox on Linux"."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

MAX_DEVICE = 60  # characters

# The first match counts: Edge and Opera also call themselves Chrome, and Chrome Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
# Android also calls itself Linux, and iPhones call themselves "like Mac OS X".
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
PRODUCT = re.compile(r"[A-Za-z0-9._-]+(/[0-9][0-9.]*)?")


def device_of(user_agent: str) -> str:
    """Return the browser and the system of a User-Agent header, at most MAX_DEVICE characters.

    For other programs, return their name, such as "curl/8.5.0". Empty: there is no header, or
    no name in it.
    """
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    if browser:
        return browser
    product = PRODUCT.match(user_agent)
    return product[0][:MAX_DEVICE] if product else ""


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for part, name in names if part in text), "")
