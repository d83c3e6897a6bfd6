"""The page of all components: photographed in each state, light, dark and on a phone.

The photographs are in pytest's temporary folder: look at them after a change of static/portal/css.
"""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.browser.page_actions import barriers
from tests.browser.page_load import faults, watch
from tests.browser.test_pages import DESK, PHONE, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIEWS = (("light", DESK), ("dark", DESK), ("light", PHONE))
CONTROLS = ":is(a, button, input, select, textarea, label, summary)"
FORCED = {
    "hover": ["hover"],
    "focus-visible": ["focus", "focus-visible"],
    "active": ["hover", "active"],
}
STYLES = """([state, controls]) => [...document.querySelectorAll(`[data-force="${state}"] ${controls}`)]
    .map(one => {
        const { backgroundColor, borderColor, outlineStyle, color, textDecorationColor } = getComputedStyle(one);
        const row = getComputedStyle(one, "::after").backgroundColor;
        return [backgroundColor, borderColor, outlineStyle, color, textDecorationColor, row].join();
    })"""


def styles(page, state: str) -> list[str]:
    """Return how the controls look that are in a forced state."""
    found: list[str] = page.evaluate(STYLES, [state, CONTROLS])
    return found


def force(page, states: dict[str, list[str]]) -> None:
    """Put the controls of each `data-force` into its state, as a pointer or keyboard would."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for state, classes in states.items():
        selector = f'[data-force="{state}"] {CONTROLS}'
        found = session.send(
            "DOM.querySelectorAll", {"nodeId": root, "selector": selector}
        )
        for node in found["nodeIds"]:
            session.send(
                "CSS.forcePseudoState",
                {"nodeId": node, "forcedPseudoClasses": classes},
            )


def test_every_component_is_photographed_in_every_state(page, live_server, tmp_path):
    watch(page.context)
    client = Client()
    client.force_login(factories.staff("olga@portal.example"))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])
    photographs: dict[str, bytes] = {}
    problems: dict[str, object] = {}

    for scheme, view in VIEWS:
        name = f"{scheme}-{view['width']}"
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(view)
        page.goto(f"{live_server.url}/admin/components/")
        before = {state: styles(page, state) for state in FORCED}
        problems[name] = [
            *faults(page), *barriers(page), *too_wide(page, view["width"]),
        ]  # fmt: skip
        force(page, FORCED)
        unchanged = [state for state in FORCED if styles(page, state) == before[state]]
        problems[f"{name}, looks as without the state"] = unchanged
        path = tmp_path / f"components-{name}.png"
        photographs[name] = page.screenshot(path=path, full_page=True)

    assert {name: found for name, found in problems.items() if found} == {}
    assert len({*photographs.values()}) == len(VIEWS)
