"""Every form of the portal: where it is, who can send it, and what is typed into it.

A form that is missing here fails tests/portal/test_all_forms_listed.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.alerts.webhooks.models import WebhookEndpoint
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan, to_json
from streams.connections.models import Connection
from streams.delivery.connection.verification import send_test_event
from streams.delivery.models import Cursor, Delivery
from streams.delivery.quarantine_decisions import decide
from streams.events.models import QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.services import SuppressionScope, suppress
from streams.review.qa.workspaces import prepare
from streams.sign_in.sso.domains import set_domains
from streams.sign_in.sso.services import (
    SsoSettings,
    configure,
    mark_tested,
    set_enforced,
)
from streams.uploads.services import delete_upload
from tests import factories
from tests.second_factors import App

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.portal.access_table import Scene

WORKSPACE = "w/<public_id>/"
PARTNER = "p/<slug:slug>/"
STREAM = f"{PARTNER}streams/<slug:stream_slug>/"
CHOICES = {"attention-email": "daily", "attention-inbox": "off"}
PLAN_YAML = b"events:\n- name: Email Clicked\n  when: A person clicks.\n"


def as_it_is(scene: Scene) -> None:
    """Change nothing: the scene already has everything that the form needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form. Tests type `fields`, `secrets` and `file` into it, again each time."""

    template: str
    page: str  # a route
    action: str = ""  # a route; empty: the page's own
    query: str = ""
    who: str = "petra"
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    file: tuple[str, bytes] | None = None
    prepare: Callable[[Scene], None] = as_it_is
    # From `page` to the page with the form, if only a POST shows it.
    steps: Callable[[Page], None] | None = None

    @property
    def sends_to(self) -> str:
        return self.action or self.page

    def __str__(self) -> str:
        return f"{self.template} {self.sends_to}"


def of_workspace(template: str, page: str, action: str = "", **more) -> Form:
    return Form(
        template=template,
        page=WORKSPACE + page,
        action=action and WORKSPACE + action,
        **{"who": "anna", **more},
    )


def of_partner(template: str, page: str, action: str = "", **more) -> Form:
    return Form(
        template=template,
        page=PARTNER + page,
        action=action and PARTNER + action,
        **more,
    )


def of_stream(template: str, page: str, action: str = "", **more) -> Form:
    return Form(
        template=template, page=STREAM + page, action=action and STREAM + action, **more
    )


# --- What a form needs ----------------------------------------------------------------


def suppressed_person(scene: Scene) -> None:
    suppress(
        SuppressionScope(scene.cast.workspace),
        identifiers=[Identifier(IdentifierKind.EXTERNAL_ID, "ext-4712", "crm_id")],
        origin=SuppressedPerson.Origin.PAGE,
    )


def without_uploads(scene: Scene) -> None:
    """Leave no upload, because a workspace has only one that isn't applied."""
    delete_upload(upload=scene.upload, actor=None)


def unconnected(scene: Scene) -> None:
    Connection.objects.update(deleted_at=factories.NOW)


def tested(scene: Scene) -> None:
    connection = Connection.objects.get()
    sent = send_test_event(connection=connection, actor=None)
    factories.delivered(connection.cursors.get(kind=Cursor.Kind.LIVE), sent.seq)


def not_recognized(scene: Scene) -> None:
    Connection.objects.update(known=False, known_at=now())


def without_admin(scene: Scene) -> None:
    """A partner can invite people only until the workspace has an admin."""
    scene.cast.workspace.memberships.filter(role="admin").update(role="editor")


def with_single_sign_on(scene: Scene) -> None:
    """The partner's provider is configured and tested."""
    petra, partner = scene.cast.petra, scene.cast.partner
    entered = SsoSettings(
        issuer="https://login.postbox.example",
        client_id="portal",
        role_claim="groups",
        role_values={"admin": ["admins"]},
    )
    provider = configure(partner=partner, entered=entered, secret="x", actor=petra)
    mark_tested(provider=provider, actor=petra)
    set_domains(partner=partner, domains=["postbox.example"], actor=None)


def with_required_single_sign_on(scene: Scene) -> None:
    with_single_sign_on(scene)
    petra = scene.cast.petra
    set_enforced(partner=scene.cast.partner, is_enforced=True, actor=petra)


def with_a_factor(scene: Scene) -> None:
    App(scene.cast.anna)


def with_a_required_factor(scene: Scene) -> None:
    workspace = scene.cast.workspace
    workspace.second_factor_required_at = now()
    workspace.save(update_fields=["second_factor_required_at"])


def with_another_admin(scene: Scene) -> None:
    """Someone who isn't the last admin leaves without a successor."""
    scene.cast.workspace.memberships.filter(user=scene.cast.alice).update(role="admin")
    scene.cast.partner.memberships.filter(user=scene.cast.dev).update(role="admin")


def with_mutes(scene: Scene) -> None:
    for audience in ("workspace", "partner"):
        scene.notice.alert.mutes.update_or_create(
            audience=audience, defaults={"muted_at": now()}
        )


def with_an_empty_workspace(scene: Scene) -> None:
    factories.feed(
        scene.cast.stream, factories.workspace(scene.cast.partner, name="Typo")
    )


def with_test_workspaces(scene: Scene) -> None:
    prepare(stream=scene.cast.stream, actor=None)


def paused(scene: Scene) -> None:
    Connection.objects.update(status="paused")
    Cursor.objects.update(held=True)


def paused_with_queue(scene: Scene) -> None:
    paused(scene)
    factories.append(scene.cast.feed, 2)


def failing(scene: Scene) -> None:
    Cursor.objects.filter(kind=Cursor.Kind.LIVE).update(failures=2, due_at=now())


def queued_and_failing(scene: Scene) -> None:
    live = Cursor.objects.filter(kind=Cursor.Kind.LIVE)
    live.update(position=0, failures=2, due_at=now())
    Delivery.objects.update(outcome=Delivery.Outcome.RETRY, status_code=503)


def at_stage(stage: str) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        Stream.objects.filter(pk=scene.cast.stream.pk).update(stage=stage)

    return prepare


def drafted(*names: str) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        plan = TrackingPlan(
            events=tuple(PlannedEvent(name=one, when="It happens.") for one in names)
        )
        PlanVersion.objects.create(
            stream=scene.cast.stream, number=2, content=to_json(plan)
        )

    return prepare


def drafted_page(scene: Scene) -> None:
    factories.page_version(
        scene.cast.stream, number=2, text="{{ about }}\n\nNew.", published_at=None
    )


def seen_recently(scene: Scene) -> None:
    factories.append(scene.cast.feed, 12, now=now(), event="Email Clicked")


def discarding(scene: Scene) -> None:
    decide(
        feeds=[scene.cast.feed],
        held=QuarantineFilter(),
        action=QuarantineJob.Action.DISCARD,
        actor=None,
    )


# --- Steps to pages that only a POST shows -------------------------------------------


def change_region(page: Page) -> None:
    page.locator("[name=region][value=sandbox-eu]").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Review changes").click()


def upload_plan(page: Page) -> None:
    page.locator("[name=file]").set_input_files(
        {"name": "plan.yaml", "mimeType": "text/plain", "buffer": PLAN_YAML}
    )
    page.get_by_role("button", name="Upload file").click()
    page.get_by_role("heading", name="Changes").wait_for()


def with_endpoints_that_are_gone(_: Scene) -> None:
    WebhookEndpoint.objects.update(gone_at=now())


def webhook_forms(of: Callable[..., Form]) -> list[Form]:
    url = {"webhook_url": "https://hooks.example.com/secret"}
    one, page = "webhooks/<endpoint_id>/", "portal/webhooks/webhook.html"
    return [
        of("portal/webhooks/webhooks.html", "webhooks/", secrets=url,
           fields={"kind": "slack", "description": "On call & co."}),
        of(page, one, secrets=url, fields={"description": "On call & co."}),
        of(page, one, f"{one}secret/"),
        of(page, one, f"{one}enable/", prepare=with_endpoints_that_are_gone),
        of("portal/webhooks/_messages.html", one, f"{one}test/"),
        of("portal/webhooks/delete.html", f"{one}delete/"),
    ]  # fmt: skip


INVITED = {"email": "new@example.com"}
EVENT = {"name": "Survey Answered", "when": "A person answers."}

FORMS = [
    of_workspace(
        "portal/connection/new.html",
        "connection/",
        prepare=unconnected,
        fields={"region": "sandbox-eu"},
        secrets={"write_key": factories.WRITE_KEY},
    ),
    of_workspace(
        "portal/connection/_check_again.html",
        "connection/",
        "connection/check/",
        prepare=not_recognized,
    ),
    of_workspace(
        "portal/connection/_test_event.html", "connection/", "connection/test/"
    ),
    of_workspace(
        "portal/connection/_test_event.html",
        "connection/",
        "connection/seen/",
        prepare=tested,
    ),
    of_workspace("portal/connection/_action.html", "connection/", "connection/pause/"),
    of_workspace(
        "portal/connection/_action.html",
        "connection/",
        "connection/resume/",
        prepare=paused,
    ),
    of_workspace(
        "portal/connection/_action.html",
        "connection/",
        "connection/retry/",
        prepare=failing,
    ),
    of_workspace(
        "portal/event/_explanation.html",
        "events/<int:seq>/",
        "connection/retry/",
        prepare=queued_and_failing,
    ),
    of_workspace(
        "portal/attempts/_inspector.html",
        "attempts/<int:pk>/",
        "connection/retry/",
        prepare=queued_and_failing,
    ),
    *(form for of in (of_workspace, of_partner) for form in webhook_forms(of)),
    of_workspace(
        "portal/identity/identity.html",
        "identity/",
        fields={"kind": "external_id", "type": "crm_id"},
        secrets={"person": "ext-4711"},
    ),
    of_workspace(
        "portal/privacy/export.html",
        "privacy/export/",
        fields={"kind": "external_id", "type": "crm_id"},
        secrets={"person": "ext-4711"},
    ),
    of_workspace(
        "portal/privacy/erase.html",
        "privacy/erase/",
        fields={"kind": "external_id", "type": "crm_id", "confirm": "erase"},
        secrets={"person": "ext-4711"},
    ),
    of_workspace(
        "portal/privacy/suppress.html",
        "privacy/suppress/",
        fields={"kind": "external_id", "type": "crm_id", "confirm": "suppress"},
        secrets={"person": "ext-4711"},
    ),
    of_workspace(
        "portal/privacy/suppress.html",
        "privacy/unsuppress/",
        fields={"kind": "external_id", "type": "crm_id", "confirm": "store"},
        secrets={"person": "ext-4712"},
        prepare=suppressed_person,
    ),
    of_workspace(
        "portal/privacy/_suppressed.html",
        "privacy/",
        "privacy/deletions/",
        fields={"suppress": "yes"},
    ),
    of_workspace(
        "portal/uploads/uploads.html",
        "identity/uploads/",
        "identity/uploads/",
        file=("people.csv", b"userId,email\nu1,a@example.com\n"),
        prepare=without_uploads,
    ),
    of_workspace(
        "portal/uploads/_upload.html",
        "identity/uploads/<upload_id>/",
        "identity/uploads/<upload_id>/delete/",
    ),
    of_workspace(
        "portal/uploads/_upload.html",
        "identity/uploads/<upload_id>/",
        "identity/uploads/<upload_id>/apply/",
    ),
    of_workspace(
        "portal/identity/_conflicts.html",
        "identity/",
        "identity/conflicts/<int:pk>/decide/",
    ),
    of_workspace(
        "portal/receive/_address.html",
        "connection/receive/",
        "connection/receive/secret/",
    ),
    of_workspace(
        "portal/receive/_received.html",
        "connection/receive/",
        "connection/receive/test/",
    ),
    of_workspace(
        "portal/exports/new.html",
        "exports/new/",
        "exports/new/",
        fields={"format": "jsonl"},
    ),
    of_workspace(
        "portal/exports/_export.html",
        "exports/<export_id>/",
        "exports/<export_id>/delete/",
    ),
    of_workspace(
        "portal/connection/change.html",
        "connection/change/",
        fields={"region": "sandbox-eu"},
        secrets={"write_key": factories.WRITE_KEY},
    ),
    of_workspace(
        "portal/connection/preview.html",
        "connection/change/",
        "connection/replace/",
        steps=change_region,
    ),
    of_workspace(
        "portal/connection/skip_preview.html",
        "connection/skip/",
        query="?before=2027-01-01T00:00",
        prepare=paused_with_queue,
    ),
    of_workspace("portal/connection/delete.html", "connection/delete/"),
    of_workspace(
        "portal/replay/preview.html",
        "replays/new/",
        query="?first=1&last=3&ids=same&count=1",
    ),
    of_workspace(
        "portal/replay/_replay.html",
        "replays/<replay_id>/",
        "replays/<replay_id>/cancel/",
    ),
    of_workspace(
        "portal/shared/_saved_filters.html",
        "events/",
        "filters/save/",
        query="?outcome=queued",
        fields={"name": "Purchase", "page": "events", "query": "outcome=queued"},
    ),
    of_workspace(
        "portal/quarantine/resolve.html",
        "quarantine/decide/",
        query="?rule=PLAN-EVENT-001&name=Email+Opened&action=rename",
        fields={"new_name": "Mail Opened"},
    ),
    of_workspace(
        "portal/quarantine/_jobs.html",
        "quarantine/",
        "quarantine/stop/",
        prepare=discarding,
    ),
    of_workspace(
        "portal/quarantine/quarantine.html",
        "quarantine/",
        "quarantine/mode/",
        fields={"check_mode": "reject"},
    ),
    of_workspace(
        "portal/people/_invite.html", "members/", fields={**INVITED, "role": "editor"}
    ),
    of_workspace(
        "portal/people/_members.html",
        "members/",
        "members/<int:pk>/role/",
        fields={"role": "editor"},
    ),
    of_workspace(
        "portal/workspace/alert_settings.html",
        "alerts/settings/",
        fields={"late_after_minutes": "30"},
    ),
    of_workspace("portal/people/_member_remove.html", "members/<int:pk>/remove/"),
    of_workspace(
        "portal/people/_second_factor.html",
        "members/",
        "members/second-factor/require/",
        prepare=with_a_factor,
    ),
    of_workspace(
        "portal/people/_second_factor.html",
        "members/",
        "members/second-factor/optional/",
        prepare=with_a_required_factor,
    ),
    of_workspace(
        "portal/people/_several.html",
        "members/invite/",
        fields={"emails": "several@example.com", "role": "editor"},
    ),
    of_workspace("portal/people/_leave.html", "leave/", prepare=with_another_admin),
    of_workspace(
        "portal/people/_invitations.html", "members/", "invitations/<int:pk>/resend/"
    ),
    of_workspace(
        "portal/people/_invitations.html", "members/", "invitations/<int:pk>/withdraw/"
    ),
    of_partner(
        "portal/partner/workspace_new.html",
        "workspaces/new/",
        fields={"name": "Fern & Field", "external_id": "fern-7"},
    ),
    of_partner(
        "portal/partner/workspaces_remove.html",
        "workspaces/remove/",
        prepare=with_an_empty_workspace,
    ),
    of_partner(
        "portal/people/_invite.html",
        "workspaces/<public_id>/invite/",
        fields={**INVITED, "role": "editor"},
        prepare=without_admin,
    ),
    of_partner(
        "portal/people/_invitations.html",
        "workspaces/<public_id>/",
        "workspaces/<public_id>/invitations/<int:pk>/resend/",
        prepare=without_admin,
    ),
    of_partner(
        "portal/people/_invitations.html",
        "workspaces/<public_id>/",
        "workspaces/<public_id>/invitations/<int:pk>/withdraw/",
        prepare=without_admin,
    ),
    of_partner(
        "portal/partner/ingest_key.html", "workspaces/<public_id>/feeds/<int:pk>/key/"
    ),
    of_partner(
        "portal/stream/new.html",
        "streams/new/",
        fields={"name": "Second", "slug": "second", "plan": "email"},
    ),
    of_stream(
        "portal/stream/settings.html",
        "",
        fields={"name": "Post & Box", "version": "1.2.3", "check_mode": "quarantine"},
    ),
    of_stream(
        "portal/stream/settings.html",
        "",
        "identity/",
        fields={"first": "email", "unresolved": "set_aside"},
    ),
    of_stream(
        "portal/stream/settings.html",
        "",
        "exceptions/",
        fields={"accepted": ["review-rating"]},
    ),
    of_stream(
        "portal/launch/_stage.html",
        "launch/",
        prepare=at_stage("draft"),
        fields={
            "build_on": "2027-01-04",
            "qa_on": "2027-02-01",
            "launch_on": "2027-03-01",
            "notes": "Forty customers wait.\nNone in Europe.",
        },
    ),
    of_stream(
        "portal/launch/_stage.html",
        "launch/",
        "launch/start-qa/",
        prepare=at_stage("approved"),
    ),
    of_stream(
        "portal/launch/_stage.html",
        "launch/",
        "launch/request/",
        prepare=at_stage("in_qa"),
        fields={"note": "The rate was tested elsewhere."},
    ),
    of_stream(
        "portal/plan/template.html",
        "plan/template/",
        fields={"plan": "surveys"},
    ),
    of_stream(
        "portal/event_check/check.html",
        "plan/check/",
        fields={"events": '{"type": "track",\n "event": "Purchase"}', "plan": "spec"},
    ),
    of_stream(
        "portal/plan/publish.html",
        "plan/publish/",
        prepare=drafted("Email Opened", "Email Link Clicked"),
        fields={"note": "Clicks too."},
    ),
    of_stream(
        "portal/plan/_issue_with_fix.html",
        "plan/publish/",
        "plan/rename/",
        prepare=drafted("Email Unsubscribed"),
    ),
    of_stream(
        "portal/plan/discard.html",
        "plan/discard/",
        prepare=drafted("Email Link Clicked"),
    ),
    of_stream("portal/plan/files.html", "plan/files/", file=("plan.yaml", PLAN_YAML)),
    of_stream(
        "portal/plan/import.html",
        "plan/files/",
        "plan/files/import/",
        steps=upload_plan,
    ),
    of_stream(
        "portal/plan/version.html",
        "plan/versions/<int:number>/",
        prepare=drafted("Email Link Clicked"),
    ),
    of_stream(
        "portal/plan/spec_events.html",
        "plan/spec/",
        fields={"events": ["Unsubscribed", "Email Bounced"]},
    ),
    of_stream("portal/plan/inference.html", "plan/learn/", prepare=seen_recently),
    of_stream("portal/plan/event.html", "plan/events/new/", fields=EVENT),
    of_stream("portal/plan/event.html", "plan/events/<key>/", fields=EVENT),
    of_stream("portal/plan/event_remove.html", "plan/events/<key>/remove/"),
    of_stream(
        "portal/quarantine/resolve.html",
        "quarantine/decide/",
        query="?rule=PLAN-EVENT-001&name=Email+Opened&action=rename",
        fields={"new_name": "Mail Opened"},
    ),
    of_stream(
        "portal/quarantine/_jobs.html",
        "quarantine/",
        "quarantine/stop/",
        prepare=discarding,
    ),
    of_stream(
        "portal/docs/facts.html",
        "docs/facts/",
        fields={"about": "Postbox sends mail.", "support_email": "help@example.com"},
    ),
    of_stream(
        "portal/docs/docs.html",
        "docs/",
        "docs/logo/",
        file=("logo.svg", factories.LOGO),
    ),
    of_stream("portal/docs/docs.html", "docs/", "docs/logo/remove/"),
    of_stream(
        "portal/docs/page.html",
        "docs/<kind>/",
        fields={"text": "# Ours\n\n{{ about }}\n\n" + "Long & <b>plain</b>. " * 5_000},
    ),
    of_stream("portal/docs/publish.html", "docs/<kind>/publish/", prepare=drafted_page),
    of_stream(
        "portal/docs/version.html",
        "docs/<kind>/versions/<int:number>/",
        prepare=drafted_page,
    ),
    of_stream(
        "portal/launch/_qa_checklist.html",
        "qa/",
        "qa/run/",
        prepare=with_test_workspaces,
    ),
    of_stream("portal/launch/qa.html", "qa/", "qa/workspaces/"),
    of_partner("portal/stream/tokens.html", "tokens/", fields={"name": "Staging"}),
    of_partner("portal/stream/token_revoke.html", "tokens/<int:pk>/revoke/"),
    of_partner(
        "portal/people/_invite.html",
        "members/",
        fields={**INVITED, "role": "developer"},
    ),
    of_partner(
        "portal/people/_members.html",
        "members/",
        "members/<int:pk>/role/",
        fields={"role": "developer"},
    ),
    of_partner("portal/people/_member_remove.html", "members/<int:pk>/remove/"),
    of_partner(
        "portal/people/_several.html",
        "members/invite/",
        fields={"emails": "several@example.com", "role": "developer"},
    ),
    of_partner("portal/people/_leave.html", "leave/", prepare=with_another_admin),
    of_partner(
        "portal/people/_invitations.html", "members/", "invitations/<int:pk>/resend/"
    ),
    of_partner(
        "portal/people/_invitations.html", "members/", "invitations/<int:pk>/withdraw/"
    ),
    of_workspace(
        "portal/shared/_alert_acknowledge.html",
        "alerts/",
        "alerts/<int:pk>/acknowledge/",
    ),
    of_partner(
        "portal/shared/_alert_acknowledge.html",
        "alerts/",
        "alerts/<int:pk>/acknowledge/",
    ),
    of_workspace(
        "portal/shared/_alert_mute.html",
        "alerts/",
        "alerts/<int:pk>/mute/",
        fields={"how_long": "day"},
    ),
    of_workspace(
        "portal/shared/_alert_mute.html",
        "alerts/",
        "alerts/<int:pk>/unmute/",
        prepare=with_mutes,
    ),
    of_partner(
        "portal/shared/_alert_mute.html",
        "alerts/",
        "alerts/<int:pk>/mute/",
        fields={"how_long": "day"},
    ),
    of_partner(
        "portal/shared/_alert_mute.html",
        "alerts/",
        "alerts/<int:pk>/unmute/",
        prepare=with_mutes,
    ),
    Form(
        template="portal/notices/choices.html",
        page="notifications/w/<public_id>/",
        who="anna",
        fields=CHOICES,
    ),
    Form(
        template="portal/notices/choices.html",
        page="notifications/p/<slug:slug>/",
        fields=CHOICES,
    ),
    Form(
        template="portal/notices/_tests.html",
        page="notifications/w/<public_id>/",
        action="notifications/w/<public_id>/test/",
        who="anna",
    ),
    Form(
        template="portal/notices/_tests.html",
        page="notifications/p/<slug:slug>/",
        action="notifications/p/<slug:slug>/test/",
    ),
    Form(
        template="portal/notices/inbox.html",
        page="inbox/",
        action="inbox/read/",
        who="anna",
    ),
    Form(
        template="portal/people/profile.html",
        page="profile/",
        who="anna",
        fields={"name": "Anna North", "time_zone": "Europe/Berlin", "theme": "dark"},
    ),
    of_partner(
        "portal/sso/configuration.html",
        "sso/",
        fields={
            "issuer": "https://login.postbox.example",
            "client_id": "portal",
            "role_claim": "groups",
            "admin_values": "admins",
            "developer_values": "developers",
            "support_values": "support",
        },
        secrets={"client_secret": "the-secret-of-the-portal"},
    ),
    of_partner(
        "portal/sso/_status.html", "sso/", "sso/enforce/", prepare=with_single_sign_on
    ),
    of_partner(
        "portal/sso/_status.html",
        "sso/",
        "sso/passwords/",
        prepare=with_required_single_sign_on,
    ),
    of_partner("portal/sso/remove.html", "sso/remove/", prepare=with_single_sign_on),
]

# Routes that accept a POST without a form, or whose forms contain only secrets.
WITHOUT_FORM = {
    f"{WORKSPACE}identity/uploads/<upload_id>/part/": "the next part of a large file",
    f"{STREAM}docs/<kind>/preview/": "the editor's form, shown again",
    f"{WORKSPACE}filters/<int:pk>/delete/": "a button without fields, gone after one click",
}
TEMPLATES_OF_SECRETS = {
    "account/sessions.html", "account/confirm_login_code.html", "account/request_login_code.html",
    "account/login.html", "account/logout.html", "account/password_change.html",
    "account/password_reset.html", "account/password_reset_from_key.html",
    "account/password_set.html", "account/reauthenticate.html",
    "account/confirm_by_code.html",
    "portal/notices/unsubscribe.html",  # without a session
    "portal/people/_person.html", "portal/workspace/home.html",  # to sign out
    "portal/people/invitation.html", "portal/people/invitation_sign_up.html",
    "portal/shared/_kept_form.html",
    "portal/sso/find.html",  # an email, before signing in
}  # fmt: skip
