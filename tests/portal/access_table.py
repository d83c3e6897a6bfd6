"""Every URL except the admin's, and what each person gets from it.

test_access.py fails for a URL that is missing here, or that no longer exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from streams.alerts.people.unsubscribing import unsubscribe_token
from streams.base.clock import now
from streams.catalog.plans.authoring.editing import key_of, mark_of
from streams.catalog.plans.plan import PlannedEvent
from streams.delivery.models import Cursor, Delivery
from streams.events.models import QuarantinedEvent
from streams.tenancy.invitations import make_invitation, token_of
from tests import factories

if TYPE_CHECKING:
    from streams.alerts.models import Notice
    from streams.delivery.replay.models import Replay
    from streams.exports.models import Export
    from streams.identity.models import Conflict
    from streams.tenancy.models import PartnerToken
    from streams.uploads.models import Upload

HOUR = timedelta(hours=1)
PEOPLE = (
    "nobody", "charlie", "rita", "bob", "alice", "anna", "sam", "dev", "petra",
)  # fmt: skip

# On every response, to any request.
HEADERS = {
    "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
    "Referrer-Policy", "Cross-Origin-Opener-Policy",
}  # fmt: skip
# The result for a person: a status, or a redirect to the sign-in page.
SIGN_IN = "sign in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method of one route.

    `gets` has a status for each of PEOPLE, in their order.
    """

    route: str
    method: str = "get"
    gets: tuple[object, ...]
    data: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)  # method of the test client

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def for_viewers(route: str, method: str = "get", **data: str) -> Row:
    """For every member of the workspace, and those of its partner."""
    gets = (SIGN_IN, 404, 404, 200, 200, 200, 200, 200, 200)
    return Row(route=f"w/<public_id>/{route}", method=method, gets=gets, data=data)


def for_viewers_post(route: str, **data: str) -> Row:
    """For every member of the workspace, and those of its partner; a redirect."""
    gets = (SIGN_IN, 404, 404, 302, 302, 302, 302, 302, 302)
    return Row(route=f"w/<public_id>/{route}", method="post", gets=gets, data=data)


def for_editors(route: str, method: str = "post", ok: int = 302, **data: str) -> Row:
    """For editors and admins of the workspace."""
    gets = (SIGN_IN, 404, 404, 403, ok, ok, 403, 403, 403)
    return Row(route=f"w/<public_id>/{route}", method=method, gets=gets, data=data)


def for_admins(route: str, method: str = "post", ok: int = 302, **data: str) -> Row:
    """For admins of the workspace."""
    gets = (SIGN_IN, 404, 404, 403, 403, ok, 403, 403, 403)
    return Row(route=f"w/<public_id>/{route}", method=method, gets=gets, data=data)


def for_members(route: str, ok: int, last_admin: int, method: str = "get") -> Row:
    """For members of the workspace, not those of its partner."""
    gets = (SIGN_IN, 404, 404, ok, ok, last_admin, 404, 404, 404)
    return Row(route=f"w/<public_id>/{route}", method=method, gets=gets)


def for_partner_team(
    route: str, method: str = "get", ok: int = 200, **data: str
) -> Row:
    """For everyone in the partner's team."""
    gets = (SIGN_IN, 404, 404, 404, 404, 404, ok, ok, ok)
    return Row(route=f"p/<slug:slug>/{route}", method=method, gets=gets, data=data)


def for_developers(route: str, method: str = "get", ok: int = 200, **data: str) -> Row:
    """For developers and admins of the partner."""
    gets = (SIGN_IN, 404, 404, 404, 404, 404, 403, ok, ok)
    return Row(route=f"p/<slug:slug>/{route}", method=method, gets=gets, data=data)


def for_partner_admins(
    route: str, method: str = "get", ok: int = 200, **data: str
) -> Row:
    """For admins of the partner."""
    gets = (SIGN_IN, 404, 404, 404, 404, 404, 403, 403, ok)
    return Row(route=f"p/<slug:slug>/{route}", method=method, gets=gets, data=data)


def account(route: str, nobody: object, member: int) -> Row:
    """The user's own account, or none yet."""
    return Row(route=f"accounts/{route}", gets=(nobody, *[member] * 8))


def account_of_anyone(route: str, gets: int, method: str = "get") -> Row:
    """For everyone who is signed in, about themselves."""
    return Row(route=route, method=method, gets=(SIGN_IN, *[gets] * 8))


def open_to_all(route: str, status: int, method: str = "get", **options: str) -> Row:
    return Row(route=route, method=method, gets=(status,) * 9, options=options)


STREAM = {
    "name": "P", "version": "1.0.1", "retention_days": "30", "check_mode": "warn",
}  # fmt: skip
NEW_STREAM = {"name": "Second", "slug": "second", "plan": "email"}
# The userId of the link in the scene, as the page marks it.
SEEN = sha256(b"user-1").hexdigest()
OPENED = PlannedEvent(name="Email Opened")
EVENT = {"call": "track", "name": "Survey Answered"}
PAGE = {"text": "About us", "seen": "1.1"}
INVITED = {"email": "new@example.com", "role": "viewer"}
RESET_KEY = r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

# In URLs of every scene.
THE_SAME = {
    "<path:workspace>": "customer-17",
    "<kind>": "source",
    "<form>": "csv",
    "<key>": key_of(OPENED),
    "<int:number>": "1",
    "<int:seq>": "1",
    "<int:after>": "0",
    "sessions/<int:pk>": "sessions/1",
    "passkeys/<int:pk>": "passkeys/1",  # of no one
}

ROWS = [
    for_viewers(""),
    for_viewers("fresh/"),
    for_viewers("chart/"),
    for_viewers("events/"),
    for_viewers("events/search/"),
    for_viewers("events/new/<int:after>/"),
    for_viewers("events/<int:seq>/"),
    for_viewers("events/<int:seq>/event.json"),
    for_viewers_post("filters/save/"),
    for_viewers_post("filters/<int:pk>/delete/"),
    for_viewers("tail/"),
    for_viewers("tail/rows/"),
    for_viewers("attempts/"),
    for_viewers("attempts/errors/"),
    for_viewers("attempts/<int:pk>/"),
    for_viewers("attempts/<int:pk>/body.json"),
    for_viewers("connection/"),
    for_editors("connection/", ok=200),  # nothing was pasted: the form says so
    for_editors("connection/check/"),
    for_editors("connection/test/"),
    for_viewers("connection/fresh/"),
    for_editors("connection/seen/"),
    for_editors("connection/pause/"),
    for_editors("connection/resume/"),
    for_editors("connection/retry/"),
    for_editors("connection/change/", "get", 200),
    for_editors("connection/change/", "post", 200),
    for_editors("connection/replace/", ok=400),  # a change without a preview
    for_editors("connection/skip/", "get", 200),
    for_editors("connection/skip/", up_to="1"),
    for_viewers("connection/receive/"),
    for_viewers("connection/receive/fresh/"),
    for_editors("connection/receive/secret/", ok=201),
    for_editors("connection/receive/test/"),
    for_viewers("privacy/"),
    for_viewers("privacy/fresh/"),
    for_viewers("privacy/export/"),
    for_viewers_post("privacy/export/", kind="user_id", person="user-1"),
    for_admins("privacy/erase/", "get", 200),
    for_admins("privacy/erase/", kind="user_id", person="user-1", confirm="erase"),
    for_admins("privacy/suppress/", "get", 200),
    for_admins(
        "privacy/suppress/", kind="user_id", person="user-1", confirm="suppress"
    ),
    for_admins("privacy/unsuppress/", "get", 200),
    for_admins(
        "privacy/unsuppress/", kind="user_id", person="user-9", confirm="store", ok=200
    ),
    for_admins("privacy/deletions/", suppress="yes"),
    for_viewers("identity/"),
    for_viewers("identity/", "post", kind="user_id", person="user-1"),
    for_viewers("identity/uploads/"),
    for_editors("identity/uploads/", ok=200),  # no file: the form says so
    for_viewers("identity/uploads/<upload_id>/"),
    for_viewers("identity/uploads/<upload_id>/fresh/"),
    for_viewers("identity/uploads/<upload_id>/report/"),
    for_editors("identity/uploads/<upload_id>/part/", ok=400),  # without the part
    for_editors("identity/uploads/<upload_id>/apply/"),
    for_editors("identity/uploads/<upload_id>/delete/"),
    for_editors("identity/conflicts/<int:pk>/decide/", decision="keep", seen=SEEN),
    for_viewers("usage/"),
    for_viewers("privacy/"),
    for_admins("connection/delete/", "get", 200),
    for_admins("connection/delete/"),
    for_viewers("alerts/"),
    for_editors("alerts/<int:pk>/acknowledge/"),
    for_editors("alerts/<int:pk>/mute/", how_long="day"),
    for_editors("alerts/<int:pk>/unmute/"),
    for_editors("alerts/settings/", "get", 200),
    for_editors("alerts/settings/", late_after_minutes="30"),
    for_admins("alerts/notices/", "get", 200),
    for_admins("webhooks/", "get", 200),
    for_admins("webhooks/", "post", 200),  # no URL: the form says so
    for_admins("webhooks/<endpoint_id>/", "get", 200),
    for_admins("webhooks/<endpoint_id>/", "post", description="On call"),
    for_admins("webhooks/<endpoint_id>/fresh/", "get", 200),
    for_admins("webhooks/<endpoint_id>/secret/", ok=201),
    for_admins("webhooks/<endpoint_id>/test/"),
    for_admins("webhooks/<endpoint_id>/enable/"),
    for_admins("webhooks/<endpoint_id>/delete/", "get", 200),
    for_admins("webhooks/<endpoint_id>/delete/"),
    for_viewers("exports/"),
    for_viewers("exports/new/"),
    for_viewers("exports/new/", "post"),  # no format was chosen: the form says so
    for_viewers("exports/<export_id>/"),
    for_viewers("exports/<export_id>/fresh/"),
    for_viewers("exports/<export_id>/file/"),
    for_editors("exports/<export_id>/delete/"),
    for_viewers("replays/"),
    for_editors("replays/new/", "get", 200),
    for_editors("replays/new/", "post", 200),  # nothing was selected: the form says so
    for_viewers("replays/<replay_id>/"),
    for_viewers("replays/<replay_id>/fresh/"),
    for_editors("replays/<replay_id>/cancel/"),
    for_viewers("issues/"),
    for_viewers("quarantine/"),
    for_viewers("quarantine/<int:pk>/"),
    for_editors("quarantine/stop/"),
    for_editors("quarantine/decide/", "get", 200),
    for_editors("quarantine/decide/", ok=200),  # nothing was selected: the form says so
    for_editors("quarantine/mode/", check_mode="reject"),
    for_viewers("members/"),
    for_admins("members/", **INVITED),
    for_admins("members/second-factor/require/"),
    for_admins("members/second-factor/optional/"),
    for_admins("members/<int:pk>/role/", role="editor"),
    for_admins("members/<int:pk>/remove/", "get", 200),
    for_admins("members/<int:pk>/remove/"),
    for_admins("invitations/<int:pk>/resend/"),
    for_admins("invitations/<int:pk>/withdraw/"),
    for_admins("members/invite/", "get", 200),
    for_admins("members/invite/", "post", 200),  # no email: the form says so
    for_members("leave/", 200, 200),
    for_members("leave/", 302, 200, "post"),  # Anna is the last admin
    for_admins("activity/", "get", 200),
    for_admins("activity/log.<form>", "get", 200),
    for_partner_team(""),
    for_developers("workspaces/new/"),
    for_developers("workspaces/new/", "post"),
    for_developers("workspaces/remove/"),
    for_developers("workspaces/remove/", "post", 302),
    for_partner_team("workspaces/<public_id>/"),
    # The workspace has an admin, who decides: see test_people_forms.py for one without.
    for_developers("workspaces/<public_id>/invite/", ok=403),
    for_developers("workspaces/<public_id>/invite/", "post", 403, **INVITED),
    for_developers("workspaces/<public_id>/invitations/<int:pk>/resend/", "post", 403),
    for_developers(
        "workspaces/<public_id>/invitations/<int:pk>/withdraw/", "post", 403
    ),
    for_developers("workspaces/<public_id>/feeds/<int:pk>/key/"),
    for_developers("workspaces/<public_id>/feeds/<int:pk>/key/", "post", 201),
    for_partner_team("streams/"),
    for_partner_admins("streams/new/"),
    for_partner_admins("streams/new/", "post", 302, **NEW_STREAM),
    for_partner_team("streams/<slug:stream_slug>/"),
    for_developers("streams/<slug:stream_slug>/", "post", 302, **STREAM),
    for_developers(
        "streams/<slug:stream_slug>/exceptions/", "post", 302, accepted="review-rating"
    ),
    for_developers(
        "streams/<slug:stream_slug>/identity/",
        "post",
        302,
        first="email",
        unresolved="set_aside",
        conflict_rule="person",
    ),
    for_partner_team("streams/<slug:stream_slug>/overview/"),
    for_partner_team("streams/<slug:stream_slug>/launch/"),
    for_partner_team("streams/<slug:stream_slug>/activity/"),
    for_partner_team("activity/"),
    for_partner_admins("activity/log.<form>"),
    for_partner_admins(
        "streams/<slug:stream_slug>/launch/", "post", 200
    ),  # no dates: the form says so
    for_partner_admins("streams/<slug:stream_slug>/launch/start-qa/", "post", 302),
    for_partner_admins("streams/<slug:stream_slug>/launch/request/", "post", 200),
    for_partner_team("streams/<slug:stream_slug>/plan/"),
    for_developers("streams/<slug:stream_slug>/plan/template/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/template/", "post", 302, plan="email"
    ),
    for_partner_team("streams/<slug:stream_slug>/plan/check/"),
    for_partner_team(
        "streams/<slug:stream_slug>/plan/check/", "post", events="{}", plan="spec"
    ),
    for_developers("streams/<slug:stream_slug>/plan/publish/"),
    for_developers("streams/<slug:stream_slug>/plan/publish/", "post", seen="no mark"),
    for_developers("streams/<slug:stream_slug>/plan/rename/", "post", 302),
    for_developers("streams/<slug:stream_slug>/plan/discard/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/discard/", "post", 302, seen="no draft"
    ),
    for_partner_team("streams/<slug:stream_slug>/plan/files/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/files/", "post"
    ),  # no file: it says so
    for_developers(
        "streams/<slug:stream_slug>/plan/files/import/",
        "post",
        text="{}",
        seen="any",
    ),
    for_partner_team("streams/<slug:stream_slug>/plan/versions/"),
    for_partner_team("streams/<slug:stream_slug>/plan/versions/<int:number>/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/versions/<int:number>/",
        "post",
        302,
        seen="any",
    ),
    for_partner_team("streams/<slug:stream_slug>/plan/versions/<int:number>/plan.yaml"),
    for_partner_team(
        "streams/<slug:stream_slug>/plan/versions/<int:number>/schema.json"
    ),
    for_developers("streams/<slug:stream_slug>/plan/spec/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/spec/", "post", 302, events="Unsubscribed"
    ),
    for_developers("streams/<slug:stream_slug>/plan/learn/"),
    # The inferred events are missing.
    for_developers("streams/<slug:stream_slug>/plan/learn/", "post", 400),
    for_developers("streams/<slug:stream_slug>/plan/events/new/"),
    for_developers("streams/<slug:stream_slug>/plan/events/new/", "post", 302, **EVENT),
    for_developers("streams/<slug:stream_slug>/plan/events/<key>/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/events/<key>/",
        "post",
        302,
        seen=mark_of(OPENED),
        **EVENT,
    ),
    for_developers("streams/<slug:stream_slug>/plan/events/<key>/remove/"),
    for_developers(
        "streams/<slug:stream_slug>/plan/events/<key>/remove/",
        "post",
        302,
        seen=mark_of(OPENED),
    ),
    for_partner_team("streams/<slug:stream_slug>/issues/"),
    for_partner_team("streams/<slug:stream_slug>/quarantine/"),
    for_partner_team("streams/<slug:stream_slug>/quarantine/<int:pk>/"),
    for_developers("streams/<slug:stream_slug>/quarantine/stop/", "post", 302),
    for_developers("streams/<slug:stream_slug>/quarantine/decide/"),
    for_developers("streams/<slug:stream_slug>/quarantine/decide/", "post"),
    for_partner_team("streams/<slug:stream_slug>/docs/"),
    for_developers("streams/<slug:stream_slug>/docs/facts/"),
    for_developers(
        "streams/<slug:stream_slug>/docs/facts/", "post", 302, about="P is new."
    ),
    for_developers("streams/<slug:stream_slug>/docs/logo/", "post", 302),
    for_developers("streams/<slug:stream_slug>/docs/logo/remove/", "post", 302),
    for_partner_team("streams/<slug:stream_slug>/docs/source/index.md"),
    for_partner_team("streams/<slug:stream_slug>/docs/<kind>/"),
    for_developers("streams/<slug:stream_slug>/docs/<kind>/", "post", 302, **PAGE),
    for_partner_team("streams/<slug:stream_slug>/docs/<kind>/preview/", "post", **PAGE),
    for_developers("streams/<slug:stream_slug>/docs/<kind>/publish/"),
    for_developers(
        "streams/<slug:stream_slug>/docs/<kind>/publish/",
        "post",
        302,
        seen="1.1",
    ),
    for_partner_team("streams/<slug:stream_slug>/docs/<kind>/versions/<int:number>/"),
    for_developers(
        "streams/<slug:stream_slug>/docs/<kind>/versions/<int:number>/",
        "post",
        302,
        seen="1.1",
    ),
    for_partner_team("streams/<slug:stream_slug>/send/"),
    for_partner_team("streams/<slug:stream_slug>/qa/"),
    for_partner_team("streams/<slug:stream_slug>/qa/fresh/"),
    for_partner_team("streams/<slug:stream_slug>/qa/report/"),
    for_developers("streams/<slug:stream_slug>/qa/run/", "post", 302),
    for_developers("streams/<slug:stream_slug>/qa/workspaces/", "post", 302),
    for_partner_team("events/"),
    for_partner_team("events/more/", user_id="ada"),
    for_partner_team("requests/"),
    for_partner_team("alerts/"),
    for_partner_team("alerts/<int:pk>/acknowledge/", "post", 302),
    for_partner_team("alerts/<int:pk>/mute/", "post", 302, how_long="day"),
    for_partner_team("alerts/<int:pk>/unmute/", "post", 302),
    for_partner_team("tail/"),
    for_partner_team("tail/rows/"),
    for_partner_team("tokens/"),
    for_developers("tokens/", "post"),
    for_developers("tokens/<int:pk>/revoke/"),
    for_developers("tokens/<int:pk>/revoke/", "post", 302),
    for_partner_admins("webhooks/"),
    for_partner_admins("webhooks/", "post"),
    for_partner_admins("webhooks/<endpoint_id>/"),
    for_partner_admins("webhooks/<endpoint_id>/", "post", 302, description="On call"),
    for_partner_admins("webhooks/<endpoint_id>/fresh/"),
    for_partner_admins("webhooks/<endpoint_id>/secret/", "post", 201),
    for_partner_admins("webhooks/<endpoint_id>/test/", "post", 302),
    for_partner_admins("webhooks/<endpoint_id>/enable/", "post", 302),
    for_partner_admins("webhooks/<endpoint_id>/delete/"),
    for_partner_admins("webhooks/<endpoint_id>/delete/", "post", 302),
    for_partner_team("members/"),
    for_partner_admins("members/invite/"),
    for_partner_admins("members/invite/", "post", 200),
    for_partner_team("leave/"),
    Row(
        route="p/<slug:slug>/leave/",
        method="post",
        gets=(SIGN_IN, 404, 404, 404, 404, 404, 302, 302, 200),
    ),
    for_partner_admins("members/", "post", 302, **INVITED | {"role": "support"}),
    for_partner_admins("members/<int:pk>/role/", "post", 302, role="support"),
    for_partner_admins("members/<int:pk>/remove/"),
    for_partner_admins("members/<int:pk>/remove/", "post", 302),
    for_partner_admins("invitations/<int:pk>/resend/", "post", 302),
    for_partner_admins("invitations/<int:pk>/withdraw/", "post", 302),
    for_partner_admins("sso/"),
    for_partner_admins("sso/", "post", 200),  # nothing was entered: the form says so
    for_partner_admins("sso/test/", ok=404),  # there is nothing to test yet
    for_partner_admins("sso/enforce/", "post", 302),
    for_partner_admins("sso/passwords/", "post", 302),
    for_partner_admins("sso/remove/"),
    for_partner_admins("sso/remove/", "post", 302),
    # Home redirects users with one place.
    Row(route="", gets=(SIGN_IN, *[302] * 8)),
    account_of_anyone("profile/", 200),
    account_of_anyone("profile/", 200, "post"),  # no name: the form says so
    account_of_anyone("your/<slug:place>/<slug:page>/", 302),
    account_of_anyone("inbox/", 200),
    account_of_anyone("inbox/read/", 302, "post"),
    # A notice to Anna: not even others of her workspace see it.
    Row(
        route="inbox/<int:pk>/",
        gets=(SIGN_IN, 404, 404, 404, 404, 302, 404, 404, 404),
    ),
    # With one place, there is nothing to choose from. Anna's workspace is a place of its members
    # only: its partner sees its pages, but gets its own notices.
    Row(route="notifications/", gets=(SIGN_IN, *[302] * 8)),
    Row(
        route="notifications/w/<public_id>/",
        gets=(SIGN_IN, 404, 404, 200, 200, 200, 302, 302, 302),
    ),
    Row(
        route="notifications/w/<public_id>/",
        method="post",
        gets=(SIGN_IN, 404, 404, 200, 200, 200, 302, 302, 302),
    ),
    Row(
        route="notifications/p/<slug:slug>/",
        gets=(SIGN_IN, 404, 404, 404, 404, 404, 200, 200, 200),
    ),
    Row(
        route="notifications/p/<slug:slug>/",
        method="post",
        gets=(SIGN_IN, 404, 404, 404, 404, 404, 200, 200, 200),
    ),
    Row(
        route="notifications/w/<public_id>/test/",
        method="post",
        gets=(SIGN_IN, 404, 404, 302, 302, 302, 404, 404, 404),
    ),
    Row(
        route="notifications/w/<public_id>/fresh/",
        gets=(SIGN_IN, 404, 404, 200, 200, 200, 404, 404, 404),
    ),
    Row(
        route="notifications/p/<slug:slug>/test/",
        method="post",
        gets=(SIGN_IN, 404, 404, 404, 404, 404, 302, 302, 302),
    ),
    Row(
        route="notifications/p/<slug:slug>/fresh/",
        gets=(SIGN_IN, 404, 404, 404, 404, 404, 200, 200, 200),
    ),
    # The link has Anna's token, which gives no access to anything.
    open_to_all("unsubscribe/<token>/", 200),
    open_to_all("unsubscribe/<token>/", 200, "post"),
    Row(route="search/", gets=(SIGN_IN, *[200] * 8)),
    open_to_all("invitations/<token>/", 200),
    account("login/", 200, 302),
    account("login/code/", 200, 302),
    account("login/code/confirm/", SIGN_IN, 302),
    account("logout/", 302, 200),
    account("inactive/", 200, 200),
    account("signup/", 200, 302),
    account("reauthenticate/", SIGN_IN, 200),
    account("reauthenticate/code/", SIGN_IN, 200),
    account("password/change/", SIGN_IN, 200),
    account("password/set/", SIGN_IN, 302),
    account("password/reset/", 200, 200),
    account("password/reset/done/", 200, 200),
    Row(route=RESET_KEY, gets=(200,) * 9),  # "This link isn't valid anymore"
    account("password/reset/key/done/", 200, 200),
    account("sessions/", SIGN_IN, 200),
    account("sessions/end/", SIGN_IN, 405),
    account("sessions/<int:pk>/end/", SIGN_IN, 405),
    account("2fa/", SIGN_IN, 200),
    account("2fa/required/", SIGN_IN, 302),
    account("2fa/done/", SIGN_IN, 302),
    account("2fa/authenticate/", SIGN_IN, 302),
    account("2fa/reauthenticate/", SIGN_IN, 302),
    account("2fa/trust/", SIGN_IN, 302),
    account("2fa/app/add/", SIGN_IN, 200),
    account("2fa/app/remove/", SIGN_IN, 404),
    account("2fa/recovery-codes/", SIGN_IN, 404),
    account("2fa/recovery-codes/new/", SIGN_IN, 200),
    account("2fa/passkeys/", 302, 302),
    account("2fa/passkeys/add/", SIGN_IN, 200),
    account("2fa/passkeys/sign-in/", SIGN_IN, 302),
    account("2fa/passkeys/reauthenticate/", SIGN_IN, 302),
    account("2fa/passkeys/<int:pk>/remove/", SIGN_IN, 404),
    account("2fa/passkeys/<int:pk>/rename/", SIGN_IN, 404),
    account("email/", 404, 404),
    account("confirm-email/", 404, 404),
    account("sso/", 200, 302),
    Row(route="accounts/sso/", method="post", gets=(200, *[302] * 8)),
    open_to_all("accounts/sso/hint/", 200, "post"),
    # No provider is configured.
    open_to_all("accounts/sso/<slug:provider_id>/start/", 404),
    open_to_all("accounts/sso/<slug:provider_id>/callback/", 404),
    open_to_all("sitemap.xml", 200),
    open_to_all("robots.txt", 200),
    open_to_all("docs/<slug:stream_slug>/", 200),
    open_to_all("docs/<slug:stream_slug>/integration/", 200),
    open_to_all("docs/<slug:stream_slug>/logo", 200),
    open_to_all("docs/", 200),
    open_to_all("docs/search/", 200),
    open_to_all("docs/guide/<slug:name>/", 200),
    open_to_all("healthz", 200),
    open_to_all("readyz", 200),
    open_to_all("readyz/details", 404),  # see tests/api/test_health.py
    # A session of the portal gives no access here.
    open_to_all("api/v1/replays", 401),
    open_to_all("api/v1/replays", 401, "post"),
    open_to_all("api/v1/replays/<replay_id>", 401),
    open_to_all("api/v1/replays/<replay_id>/cancel", 401, "post"),
    open_to_all("api/v1/workspaces/<path:workspace>/identities", 401),
    open_to_all("api/v1/workspaces/<path:workspace>/identities", 401, "put"),
    open_to_all("api/v1/workspaces/<path:workspace>/identities/keys", 401),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/suppressions", 401),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/suppressions", 401, "post"),
    open_to_all(
        "api/v1/workspaces/<path:workspace>/privacy/suppressions/remove", 401, "post"
    ),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/exports", 401, "post"),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/exports/<export_id>", 401),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/erasures", 401),
    open_to_all("api/v1/workspaces/<path:workspace>/privacy/erasures", 401, "post"),
    open_to_all("^api/.*$", 404),
    open_to_all("^v1/.*$", 401, "post", content_type="application/json"),
    open_to_all("^v1/inbound/.*$", 404, "post", content_type="application/json"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The cast, and a row of everything that a URL can name."""

    cast: factories.Cast
    delivery: Delivery
    held_id: int  # of an event in quarantine
    replay: Replay
    export: Export
    upload: Upload
    token: PartnerToken
    notice: Notice  # in Anna's inbox
    conflict: Conflict

    def url(self, row: Row) -> str:
        """Return the URL of a row, for the cast's workspace and partner."""
        if "unsubscribe/" in row.route:
            token = unsubscribe_token(self.cast.anna, f"w{self.cast.workspace.pk}")
            return reverse("portal:unsubscribe", args=[token])
        return self._path(row)

    def _path(self, row: Row) -> str:
        cast, path = self.cast, "/" + row.route
        bob = cast.workspace.memberships.get(user=cast.bob).pk
        sam = cast.partner.memberships.get(user=cast.sam).pk
        names = {
            RESET_KEY: "accounts/password/reset/key/1-c0ffee-12345/",
            "^v1/.*$": "v1/track",
            "^v1/inbound/.*$": "v1/inbound/0",
            "^api/.*$": "api/v2/replays",
            "<slug:name>": "quick-start",
            "<slug:provider_id>": "operators",
            **self._public_ids(),
            "w/<public_id>/attempts/<int:pk>": f"w/<public_id>/attempts/{self.delivery.pk}",
            "w/<public_id>/filters/<int:pk>": "w/<public_id>/filters/1",
            "w/<public_id>/members/<int:pk>": f"w/<public_id>/members/{bob}",
            "p/<slug:slug>/invitations/<int:pk>": (
                f"p/<slug:slug>/invitations/{self._waiting(cast.partner)}"
            ),
            "invitations/<int:pk>": f"invitations/{self._waiting(cast.workspace)}",
            "quarantine/<int:pk>": f"quarantine/{self.held_id}",
            "feeds/<int:pk>": f"feeds/{cast.feed.pk}",
            "inbox/<int:pk>": f"inbox/{self.notice.pk}",
            "conflicts/<int:pk>": f"conflicts/{self.conflict.pk}",
            "alerts/<int:pk>": f"alerts/{self.notice.alert_id}",
            "tokens/<int:pk>": f"tokens/{self.token.pk}",
            "members/<int:pk>": f"members/{sam}",
            "<public_id>": cast.workspace.public_id,
            "<slug:slug>": cast.partner.slug,
            "<slug:place>/<slug:page>": "partner/api-tokens",
            "<slug:stream_slug>": cast.stream.slug,
            **THE_SAME,
        }
        for name, value in names.items():
            path = path.replace(name, value)
        if "<token>" in path:
            path = path.replace("<token>", self._invitation())
        return path

    def person(self, name: str) -> object:
        """Return one of PEOPLE, or None for a visitor."""
        return None if name == "nobody" else getattr(self.cast, name)

    def _public_ids(self) -> dict[str, str]:
        of_partner = self.cast.partner.webhook_endpoints.get()
        page = "p/<slug:slug>/webhooks/"
        return {
            f"{page}<endpoint_id>": f"{page}{of_partner.public_id}",
            "<replay_id>": self.replay.public_id,
            "<export_id>": self.export.public_id,
            "<upload_id>": self.upload.public_id,
            "<endpoint_id>": self.cast.workspace.webhook_endpoints.get().public_id,
        }

    def _waiting(self, place: object) -> int:
        """Return the primary key of the place's open invitation."""
        waiting = place.invitations.filter(email="waits@example.com", withdrawn_at=None)
        return waiting.get().pk

    def _invitation(self) -> str:
        made = make_invitation(
            place=self.cast.workspace,
            email="new@example.com",
            role="viewer",
            actor=self.cast.anna,
        )
        return token_of(made)


def set_scene() -> Scene:
    cast = factories.cast()
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 3)
    for place, role in ((cast.workspace, "viewer"), (cast.partner, "support")):
        make_invitation(place=place, email="waits@example.com", role=role, actor=None)
    factories.quarantined(cast.feed)
    factories.found(cast.feed, at=now())
    Cursor.objects.filter(pk=cursor.pk).update(position=3, due_at=None)
    delivery = Delivery.objects.create(
        cursor=cursor,
        connection=cursor.connection,
        first_seq=1,
        last_seq=3,
        events=3,
        body_bytes=900,
        started_at=factories.NOW,
        duration_ms=120,
        outcome=Delivery.Outcome.DELIVERED,
        status_code=200,
        answer='{"success": true}',
    )
    token, _ = factories.token(cast.stream)
    factories.published_pages(cast.stream)
    factories.published_plan(cast.stream, OPENED.name)
    # Never late, however long the tests take: /readyz is fine.
    replay = factories.replay(cursor, end=3, since=now(), due_at=now() + HOUR)
    notice = alerted(cast, cursor)
    held_id = QuarantinedEvent.objects.get(feed=cast.feed).pk
    return Scene(
        cast=cast,
        delivery=delivery,
        held_id=held_id,
        replay=replay,
        export=factories.export(cast.feed, requested_by=cast.anna),
        upload=factories.upload(cast.feed, requested_by=cast.anna),
        token=token,
        notice=notice,
        conflict=identified(cast),
    )


def identified(cast: factories.Cast) -> Conflict:
    """Create an inbound address, a link, and a conflict of its userIds."""
    factories.inbound_address(cast.feed)
    return factories.identity_conflict(cast.feed)


def alerted(cast: factories.Cast, cursor: Cursor) -> Notice:
    """Create alerts, a notice in Anna's inbox, and messages to webhook endpoints."""
    alert = factories.alert(cursor.connection, to=cast.anna)
    over = {"closed_at": factories.NOW, "calm_since": factories.NOW}
    factories.alert(cursor.connection, to=cast.anna, **over)
    for place in (cast.workspace, cast.partner):
        endpoint, _ = factories.webhook_endpoint(place)
        factories.webhook_message(endpoint, alert, status=503, attempts=3)
        factories.webhook_message(endpoint, None, status=200, delivered_at=now())
    return factories.in_inbox(alert, cast.anna)


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield every route of the project, as its patterns spell it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)
