"""The activity log entries that each URL writes that changes something.

test_activity_table.py sends each form with valid data, and fails for a URL that is missing here.
"""

from __future__ import annotations

from tests.portal.access_table import RESET_KEY

WORKSPACE, PARTNER = "w/<public_id>/", "p/<slug:slug>/"
STREAM = f"{PARTNER}streams/<slug:stream_slug>/"
OF_WORKSPACE = f"{PARTNER}workspaces/<public_id>/"

# The actions that are recorded after a form was sent, by the form's route.
RECORDED: dict[str, set[str]] = {
    f"{WORKSPACE}connection/": {"connection.made"},
    f"{WORKSPACE}connection/test/": {"connection.tested"},
    f"{WORKSPACE}connection/seen/": {"connection.seen"},
    f"{WORKSPACE}connection/pause/": {"connection.paused"},
    f"{WORKSPACE}connection/resume/": {"connection.resumed"},
    f"{WORKSPACE}connection/retry/": {"connection.retried"},
    f"{WORKSPACE}connection/replace/": {"connection.replaced"},
    f"{WORKSPACE}connection/skip/": {"events.skipped"},
    f"{WORKSPACE}connection/delete/": {"connection.deleted"},
    f"{WORKSPACE}connection/receive/secret/": {"inbound.secret_rotated"},
    f"{WORKSPACE}connection/receive/test/": {"inbound.tested"},
    f"{WORKSPACE}identity/uploads/": {"identity.upload_started"},
    f"{WORKSPACE}identity/uploads/<upload_id>/apply/": {"identity.upload_applied"},
    f"{WORKSPACE}identity/uploads/<upload_id>/delete/": {"identity.upload_deleted"},
    f"{WORKSPACE}identity/conflicts/<int:pk>/decide/": {"identity.kept"},
    f"{WORKSPACE}privacy/erase/": {"erasure.requested"},
    f"{WORKSPACE}privacy/suppress/": {"privacy.suppressed"},
    f"{WORKSPACE}privacy/unsuppress/": {"privacy.unsuppressed"},
    f"{WORKSPACE}privacy/deletions/": {"inbound.suppresses_deleted"},
    f"{WORKSPACE}privacy/export/": {"export.person_requested"},
    f"{WORKSPACE}alerts/settings/": {"workspace.late_after"},
    f"{WORKSPACE}alerts/<int:pk>/acknowledge/": {"alert.acknowledged"},
    f"{WORKSPACE}alerts/<int:pk>/mute/": {"alert.muted_for_day"},
    f"{WORKSPACE}alerts/<int:pk>/unmute/": {"alert.unmuted"},
    f"{PARTNER}alerts/<int:pk>/acknowledge/": {"alert.acknowledged"},
    f"{PARTNER}alerts/<int:pk>/mute/": {"alert.muted_for_day"},
    f"{PARTNER}alerts/<int:pk>/unmute/": {"alert.unmuted"},
    f"{WORKSPACE}exports/new/": {"export.requested"},
    f"{WORKSPACE}exports/<export_id>/delete/": {"export.deleted"},
    f"{WORKSPACE}replays/new/": {"replay.started"},
    f"{WORKSPACE}replays/<replay_id>/cancel/": {"replay.cancelled"},
    f"{WORKSPACE}quarantine/decide/": {"quarantine.rename"},
    f"{WORKSPACE}quarantine/stop/": {"quarantine.stopped"},
    f"{WORKSPACE}quarantine/mode/": {"workspace.check_mode"},
    f"{WORKSPACE}members/": {"member.invited"},
    f"{WORKSPACE}members/invite/": {"member.invited"},
    f"{WORKSPACE}leave/": {"member.removed"},
    f"{WORKSPACE}members/<int:pk>/role/": {"member.role_changed"},
    f"{WORKSPACE}members/<int:pk>/remove/": {"member.removed"},
    f"{WORKSPACE}members/second-factor/require/": {"workspace.second_factor_required"},
    f"{WORKSPACE}members/second-factor/optional/": {"workspace.second_factor_optional"},
    f"{WORKSPACE}invitations/<int:pk>/resend/": {"member.invited"},
    f"{WORKSPACE}invitations/<int:pk>/withdraw/": {"member.invitation_withdrawn"},
    f"{PARTNER}workspaces/new/": {"workspace.created", "feed.opened"},
    f"{PARTNER}workspaces/remove/": {"workspace.removed"},
    f"{OF_WORKSPACE}invite/": {"member.invited"},
    f"{OF_WORKSPACE}invitations/<int:pk>/resend/": {"member.invited"},
    f"{OF_WORKSPACE}invitations/<int:pk>/withdraw/": {"member.invitation_withdrawn"},
    f"{OF_WORKSPACE}feeds/<int:pk>/key/": {"feed.ingest_key_made"},
    f"{PARTNER}streams/new/": {"stream.created", "plan.drafted"},
    STREAM: {"stream.changed"},
    f"{STREAM}exceptions/": {"stream.readings_chosen"},
    f"{STREAM}identity/": {"stream.identity_chosen"},
    f"{STREAM}launch/": {"stream.submitted"},
    f"{STREAM}launch/start-qa/": {"stream.qa_started"},
    f"{STREAM}launch/request/": {"stream.live_asked"},
    f"{STREAM}plan/template/": {"plan.drafted"},
    f"{STREAM}plan/publish/": {"plan.published"},
    f"{STREAM}plan/rename/": {"plan.drafted"},
    f"{STREAM}plan/discard/": {"plan.discarded"},
    f"{STREAM}plan/files/import/": {"plan.drafted"},
    f"{STREAM}plan/versions/<int:number>/": {"plan.drafted"},
    f"{STREAM}plan/spec/": {"plan.drafted"},
    f"{STREAM}plan/learn/": {"plan.drafted"},
    f"{STREAM}plan/events/new/": {"plan.drafted"},
    f"{STREAM}plan/events/<key>/": {"plan.drafted"},
    f"{STREAM}plan/events/<key>/remove/": {"plan.drafted"},
    f"{STREAM}quarantine/decide/": {"quarantine.rename"},
    f"{STREAM}quarantine/stop/": {"quarantine.stopped"},
    f"{STREAM}docs/facts/": {"stream.profile_changed"},
    f"{STREAM}docs/logo/": {"stream.logo_changed"},
    f"{STREAM}docs/logo/remove/": {"stream.logo_removed"},
    f"{STREAM}docs/<kind>/": {"page.saved"},
    f"{STREAM}docs/<kind>/publish/": {"page.published"},
    f"{STREAM}docs/<kind>/versions/<int:number>/": {"page.saved"},
    f"{STREAM}qa/run/": {"qa.run", "token.created", "token.revoked"},
    f"{STREAM}qa/workspaces/": {"workspace.created", "feed.opened", "connection.made"},
    f"{PARTNER}tokens/": {"token.created"},
    f"{PARTNER}tokens/<int:pk>/revoke/": {"token.revoked"},
    f"{PARTNER}members/": {"member.invited"},
    f"{PARTNER}members/invite/": {"member.invited"},
    f"{PARTNER}leave/": {"member.removed"},
    f"{PARTNER}members/<int:pk>/role/": {"member.role_changed"},
    f"{PARTNER}members/<int:pk>/remove/": {"member.removed"},
    f"{PARTNER}invitations/<int:pk>/resend/": {"member.invited"},
    f"{PARTNER}invitations/<int:pk>/withdraw/": {"member.invitation_withdrawn"},
    "notifications/w/<public_id>/": {"notices.chosen"},
    "notifications/p/<slug:slug>/": {"notices.chosen"},
    "notifications/w/<public_id>/test/": {"notices.tested"},
    "notifications/p/<slug:slug>/test/": {"notices.tested"},
}
RECORDED |= {
    f"{PARTNER}sso/enforce/": {"sso.enforced"},
    f"{PARTNER}sso/passwords/": {"sso.not_enforced"},
    f"{PARTNER}sso/remove/": {"sso.removed"},
}
for _place in (WORKSPACE, PARTNER):
    _one = f"{_place}webhooks/<endpoint_id>/"
    RECORDED |= {
        f"{_place}webhooks/": {"webhook.added"},
        _one: {"webhook.changed"},
        f"{_one}secret/": {"webhook.secret_rotated"},
        f"{_one}test/": {"webhook.tested"},
        f"{_one}enable/": {"webhook.enabled"},
        f"{_one}delete/": {"webhook.deleted"},
    }
RECORDED["profile/"] = {"user.changed"}
# URLs that change nothing, or nothing that others can see.
UNRECORDED: dict[str, str] = {
    f"{WORKSPACE}connection/change/": "a preview of the change",
    f"{WORKSPACE}connection/check/": "shows what Segment says about the key now",
    f"{WORKSPACE}identity/": "looks up a person",
    f"{WORKSPACE}identity/uploads/<upload_id>/part/": "a part of a recorded upload",
    f"{WORKSPACE}filters/save/": "a person's own filter",
    f"{WORKSPACE}filters/<int:pk>/delete/": "a person's own filter",
    f"{STREAM}plan/check/": "checks pasted events",
    f"{STREAM}plan/files/": "a preview of the import",
    f"{STREAM}docs/<kind>/preview/": "a preview of the page",
    "accounts/sso/": "leads to the provider, where the person signs in",
    "accounts/sso/hint/": "shows how to sign in with an email",
    "^v1/inbound/.*$": "ingest: the identity map of the feed learns",
    "^v1/.*$": "ingest: events are stored in the feed",
    "inbox/read/": "a person's own notices",
}
# URLs whose entries another test checks, because they need a server that responds.
ELSEWHERE: dict[str, str] = {f"{PARTNER}sso/": "tests/portal/test_partner_sso.py"}
# Sent without a form of the table: test_activity_table.py has a test for each.
OTHERS: dict[str, set[str]] = {
    "api/v1/replays": {"replay.started"},
    "api/v1/workspaces/<path:workspace>/privacy/erasures": {"erasure.requested"},
    "api/v1/workspaces/<path:workspace>/privacy/exports": {"export.person_requested"},
    "api/v1/replays/<replay_id>/cancel": {"replay.cancelled"},
    "api/v1/workspaces/<path:workspace>/privacy/suppressions": {"privacy.suppressed"},
    "api/v1/workspaces/<path:workspace>/privacy/suppressions/remove": {
        "privacy.unsuppressed"
    },
    "accounts/login/": {"user.signed_in"},
    "accounts/logout/": {"user.signed_out"},
    "accounts/password/change/": {"user.password_changed"},
    RESET_KEY: {"user.password_reset", "user.signed_in"},
    "invitations/<token>/": {"member.joined"},
    "unsubscribe/<token>/": {"notices.unsubscribed"},
}
# The admin's forms that create and change rows, by model: the fields that the test enters.
ADMIN_ADDED: dict[str, tuple[dict[str, str], set[str]]] = {
    "partner": (
        {
            "name": "Fern",
            "slug": "fern",
            "stream_name": "Fern",
            "stream_slug": "fern",
            "admin_email": "ada@fern.example",
        },
        {"partner.created", "stream.created", "user.created", "member.joined"},
    ),
    "workspace": ({"name": "Fern", "external_id": "fern-9"}, {"workspace.created"}),
    "user": ({"email": "fern@example.com"}, {"user.created"}),
    "group": ({"name": "Support"}, {"group.created"}),
    "stream": ({"name": "Fern", "slug": "fern"}, {"stream.created"}),
}
ADMIN_CHANGED: dict[str, tuple[dict[str, str], set[str]]] = {
    "partner": ({"name": "Renamed"}, {"partner.changed"}),
    "workspace": ({"name": "Renamed"}, {"workspace.changed"}),
    "user": ({"name": "Renamed"}, {"user.changed"}),
    "group": ({"name": "Renamed"}, {"group.changed"}),
    "stream": ({"name": "Renamed"}, {"stream.changed"}),
}
