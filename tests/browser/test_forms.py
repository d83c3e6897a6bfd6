"""Forms sent without a session, twice at once, or after Back: no text is lost.

Each form takes effect once. Every form of the portal is tested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client

from streams.audit.models import AuditEntry
from streams.base.form_claims import FormClaim
from tests import factories
from tests.browser.all_forms import FORMS, Form, unconnected
from tests.portal.access_table import Row, Scene, set_scene

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

# The form that sends to an address, and its submit button.
FIND = """path => [...document.querySelectorAll("form[method=post]")].find(form =>
    new URL(form.getAttribute("action") || location.href, location.href).pathname === path)"""
TYPE = """(form, typed) => {
    for (const [name, wanted] of Object.entries(typed)) {
        for (const field of form.querySelectorAll(`[name="${name}"]`)) {
            if (["checkbox", "radio"].includes(field.type)) {
                field.checked = [wanted].flat().includes(field.value);
            } else field.value = wanted;
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }
    }
}"""
TYPED = """(form, names) => Object.fromEntries(names.map(name => {
    const found = new FormData(form).getAll(name);
    return [name, found.map(one => one.replaceAll("\\r\\n", "\\n"))];
}))"""
SUBMIT = """form => form.requestSubmit([...form.elements].findLast(one => one.type === "submit"))"""
# The effect of one submit, and of a second one.
PRESS = """async form => {
    const button = [...form.elements].findLast(one => one.type === "submit");
    form.requestSubmit(button);
    await new Promise(done => setTimeout(done, 100));
    const again = new SubmitEvent("submit", { bubbles: true, cancelable: true });
    const sent = form.dispatchEvent(again);
    return {
        disabled: button.disabled,
        pending: button.dataset.pending,
        again: sent ? "sent" : "prevented",
    };
}"""
# Two submits without JavaScript: each is a separate request.
TWICE = """async form => {
    const button = [...form.elements].findLast(one => one.type === "submit");
    const send = async () => {
        const action = new URL(form.getAttribute("action") || location.href, location.href);
        action.hash = "";
        const whole = new FormData(form, button);
        const body = form.enctype.startsWith("multipart") ? whole : new URLSearchParams(whole);
        const response = await fetch(action, { method: "POST", body });
        return [response.status, response.url];
    };
    return Promise.all([send(), send()]);
}"""


@pytest.fixture(scope="module")
def page(browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # leave a page with a draft
    yield page
    context.close()


@pytest.fixture
def scene(page, transactional_db, settings, segment) -> Iterator[Scene]:
    settings.SANDBOX_URL = segment.url
    yield set_scene()
    page.goto("about:blank")  # otherwise it would ask for parts of deleted rows


class Person:
    """A user at one form."""

    def __init__(self, page: Page, scene: Scene, web: str, form: Form) -> None:
        self.page, self.scene, self.web, self.form = page, scene, web, form
        self.page_path = scene.url(Row(route=form.page, gets=()))
        self.action = scene.url(Row(route=form.sends_to, gets=()))

    def sign_in(self) -> None:
        client = Client()
        client.force_login(self.scene.person(self.form.who))
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        self.page.context.add_cookies([{**session, "url": self.web}])

    def open(self) -> None:
        self.page.goto(self.web + self.page_path + self.form.query)
        if self.form.steps:
            self.form.steps(self.page)

    def on_form(self, script: str, *args: object) -> object:
        found = self.page.evaluate_handle(FIND, self.action)
        assert found.as_element(), f"no form to {self.action} at {self.page.url}"
        return found.evaluate(script, *args)

    def fill_in(self) -> None:
        self.on_form(TYPE, self.form.fields)
        self.fill_in_secrets()

    def fill_in_secrets(self) -> None:
        self.on_form(TYPE, self.form.secrets)
        if self.form.file:
            name, content = self.form.file
            upload = {"name": name, "mimeType": "image/svg+xml", "buffer": content}
            self.page.locator("input[type=file]").set_input_files(upload)

    def typed(self) -> object:
        return self.on_form(TYPED, list(self.form.fields))

    def submit(self) -> None:
        with self.page.expect_navigation():
            self.on_form(SUBMIT)


def done() -> tuple[Counter, Counter]:
    """Count the entries of the activity log, and the rows that a form may create."""
    entries = Counter(
        (entry.action, entry.workspace_id, str(entry.detail))
        for entry in AuditEntry.objects.all()
    )
    skipped = {FormClaim, *apps.get_app_config("sessions").get_models()}
    rows = Counter(
        {
            model.__name__: model._default_manager.count()
            for model in apps.get_models()
            if model not in skipped
        }
    )
    rows["mail"] = len(mail.outbox)
    return entries, rows


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_form_loses_nothing_and_is_processed_once(form, page, scene, live_server):
    page.context.clear_cookies()
    form.prepare(scene)
    person = Person(page, scene, live_server.url, form)
    person.sign_in()

    without_a_session(person)
    twice_at_once(person)
    after_back(person)


def without_a_session(person: Person) -> None:
    page, form = person.page, person.form
    person.open()
    person.fill_in()
    before, typed = done(), person.typed()
    page.context.clear_cookies(name="sessionid")

    person.submit()

    page.get_by_role("heading", name="Sign in to continue").wait_for()
    assert not any(secret in page.content() for secret in form.secrets.values())
    assert done() == before
    if form.steps:  # nothing was typed on this page, and its own address shows another
        person.sign_in()
        person.open()
        return
    person.sign_in()
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.wait_for_url(f"{person.web}{person.page_path}{form.query}")
    if form.fields:
        page.get_by_text("Restored what you typed on").wait_for()
    assert person.typed() == typed


def twice_at_once(person: Person) -> None:
    before, rows = done()
    person.fill_in_secrets()

    (first, address), (second, other) = person.on_form(TWICE)

    entries, _ = done()
    assert max(first, second) < 400
    if first == second:  # 201: the page shows a secret, once
        assert address == other
    assert [one for one, n in (entries - before).items() if n > 1] == []
    recipients = Counter(
        address for one in mail.outbox[rows["mail"] :] for address in one.to
    )
    assert [address for address, n in recipients.items() if n > 1] == []


def after_back(person: Person) -> None:
    """The form is still there and can be submitted again."""
    page, after_two = person.page, done()
    person.submit()
    assert done() == after_two
    if person.form.steps:  # Back would repeat the POST that led here
        return
    page.go_back()
    if not person.page.evaluate_handle(FIND, person.action).as_element():
        return  # the action is no longer possible
    person.fill_in()

    person.submit()

    assert done() == after_two


def open_form_as_petra(page, scene, live_server, template: str) -> Person:
    """Open one form as Petra."""
    page.context.clear_cookies()
    form = next(one for one in FORMS if one.template == template)
    person = Person(page, scene, live_server.url, form)
    person.sign_in()
    person.open()
    return person


def test_a_draft_survives_closing_the_tab_and_is_deleted_once_saved(
    page, scene, live_server
):
    person = open_form_as_petra(page, scene, live_server, "portal/docs/page.html")
    page.locator("#id_text").fill("A long text.")
    page.locator("#preview").get_by_text("A long text.").wait_for()

    page.goto("about:blank")
    person.open()
    page.get_by_text("Restored what you typed on").wait_for()
    assert page.locator("#id_text").input_value() == "A long text."
    page.locator("#preview").get_by_text("A long text.").wait_for()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("The draft was saved.").wait_for()
    page.wait_for_load_state()  # the script that deletes the draft runs before that
    kept = page.evaluate(
        "Object.keys(localStorage).filter(key => key.includes(location.pathname))"
    )
    person.open()

    assert kept == []
    assert page.get_by_text("Restored what you typed on").count() == 0


def test_a_restored_draft_can_be_discarded(page, scene, live_server):
    person = open_form_as_petra(page, scene, live_server, "portal/docs/page.html")
    before = page.locator("#id_text").input_value()
    page.locator("#id_text").fill("A long text.")
    person.open()

    page.get_by_role("button", name="Discard").click()
    page.get_by_text("Restored what you typed on").wait_for(state="detached")

    assert page.locator("#id_text").input_value() == before


def test_rows_added_to_an_event_are_restored(page, scene, live_server):
    person = open_form_as_petra(page, scene, live_server, "portal/plan/event.html")
    page.locator("#id_name").fill("Survey Answered")
    page.get_by_role("button", name="Add row to Properties").click()
    page.locator("[name=properties-1-path]").fill("survey_id")

    person.open()

    page.get_by_text("Restored what you typed on").wait_for()
    assert page.locator("[name=properties-1-path]").input_value() == "survey_id"
    assert page.locator("#id_name").input_value() == "Survey Answered"


def test_no_draft_contains_a_secret_and_signing_out_deletes_all_drafts(
    page, scene, live_server
):
    unconnected(scene)
    person = open_form_as_petra(page, scene, live_server, "portal/connection/new.html")
    person.fill_in()
    person.open()
    page.get_by_text("Restored what you typed on").wait_for()
    kept = page.evaluate("JSON.stringify(localStorage)")

    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()

    assert "sandbox-eu" in kept
    assert factories.WRITE_KEY not in kept
    assert page.evaluate("localStorage.length") == 0


def test_a_preview_without_a_session_keeps_the_editor_and_says_so(
    page, scene, live_server
):
    person = open_form_as_petra(page, scene, live_server, "portal/docs/page.html")
    page.context.clear_cookies(name="sessionid")
    page.locator("#id_text").fill("Written while signed out.")

    page.get_by_text("You're signed out.").wait_for()
    assert page.locator("#id_text").input_value() == "Written while signed out."
    person.sign_in()  # in another tab
    page.locator("#id_text").fill("Written after that.")
    page.locator("#preview").get_by_text("Written after that.").wait_for()

    assert not page.get_by_text("You're signed out.").is_visible()


def test_without_a_network_nothing_is_sent_and_nothing_is_lost(
    page, scene, live_server
):
    person = open_form_as_petra(page, scene, live_server, "portal/docs/facts.html")
    person.fill_in()
    before = done()
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The portal can't be reached.").wait_for()
    assert person.typed() == {
        name: [value] for name, value in person.form.fields.items()
    }
    page.context.set_offline(False)

    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()

    assert sum((done()[0] - before[0]).values()) == 1


def test_a_form_that_is_being_sent_cannot_be_sent_again(page, scene, live_server):
    person = open_form_as_petra(page, scene, live_server, "portal/docs/facts.html")
    person.fill_in()
    held: list[Route] = []
    page.route("**/docs/facts/", lambda route: held.append(route))

    pressed = person.on_form(PRESS)
    held[0].abort()
    page.unroute("**/docs/facts/")

    assert pressed == {"disabled": True, "pending": "spins", "again": "prevented"}
