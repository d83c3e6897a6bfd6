"""Takes the screenshots for the docs of streams: static/docs/*.png.

Run it against a newly seeded portal (`make run`). It connects the demonstration's second
workspace to the sandbox with a random key. Run it again whenever these pages change. The
screenshots show no key.
"""

from __future__ import annotations

import json
import secrets
import string
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TO = ROOT / "static" / "docs"
PERSON = "charlie@fern.example"


def main() -> None:
    facts = json.loads((ROOT / "var" / "run.json").read_text())
    person = next(one for one in facts["sign_ins"] if one["email"] == PERSON)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(
            color_scheme="light", viewport={"width": 900, "height": 900}
        )
        page.goto(facts["web"])
        page.get_by_label("Email").fill(person["email"])
        page.get_by_label("Password").fill(person["password"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Connection", exact=True).click()
        # Customers of production installations cannot choose the sandbox.
        page.locator(".choice", has_text="Sandbox").evaluate_all(
            "all => all.forEach(one => one.remove())"
        )
        take(page, "form.card", "connect")
        page.reload()
        page.get_by_role("textbox", name="Write key").fill(made_up_key())
        page.get_by_label("Sandbox", exact=False).first.check()
        page.get_by_role("button", name="Connect").click()
        page.get_by_role("button", name="Send test event").click()
        page.locator(".test-code").wait_for()
        page.locator("#test .how li", has_text="sandbox").evaluate(
            "one => one.remove()"
        )
        take(page, "#test .notice", "test")
        browser.close()


def take(page: Page, part: str, name: str) -> None:
    found = page.locator(part)
    found.evaluate("one => { one.style.padding = '1rem'; }")  # not all have a frame
    found.screenshot(path=TO / f"{name}.png")


def made_up_key() -> str:
    return "".join(
        secrets.choice(string.ascii_letters + string.digits) for _ in range(32)
    )


if __name__ == "__main__":
    main()
