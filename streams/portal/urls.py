from __future__ import annotations

from django.urls import include, path

from streams.portal.activity import views as activity_views
from streams.portal.alerts import urls as alerts
from streams.portal.chart import views as chart_views
from streams.portal.connection import change_key, skip_queue
from streams.portal.connection import views as connection_views
from streams.portal.exports import views as export_views
from streams.portal.partner import customers, event_search, workspaces
from streams.portal.people import (
    invitation_link,
    leave,
    members,
    pending_invitations,
    profile,
    second_factor,
    several_invitations,
)
from streams.portal.quarantine import urls as quarantine
from streams.portal.replay import views as replay_views
from streams.portal.requests import views as request_views
from streams.portal.shared import saved_filters
from streams.portal.sso import urls as sso_urls
from streams.portal.stream import plan_templates
from streams.portal.stream import views as stream_views
from streams.portal.stream_urls import Pages, stream_pages
from streams.portal.tail import views as tail_views
from streams.portal.usage import views as usage_views
from streams.portal.webhooks import urls as webhooks
from streams.portal.workspace import events, home, issues, overview, your_page

# Where a page is in the navigation is declared by options of its path: `section` is an item of
# the sidebar, and `tab` is the name of a stream tab's own page. The templates mark that item;
# `signed_in` keeps the options from the views.

overview_pages: Pages = [
    path("", overview.overview, name="overview"),
    path("fresh/", overview.overview_fresh, name="overview-fresh"),
    path("chart/", chart_views.overview_chart, name="overview-chart"),
]

event_pages: Pages = [
    path("", events.events, name="events"),
    path("search/", events.events_search, name="events-search"),
    path("new/<int:after>/", events.events_new, name="events-new"),
    path("<int:seq>/", include("streams.portal.event.urls")),
]

saved_filter_pages: Pages = [
    path("save/", saved_filters.save, name="saved-filter-save"),
    path("<int:pk>/delete/", saved_filters.delete, name="saved-filter-delete"),
]

connection_pages: Pages = [
    path("", connection_views.connection, name="connection"),
    path("fresh/", connection_views.connection_fresh, name="connection-fresh"),
    path("check/", connection_views.connection_check, name="connection-check"),
    path("test/", connection_views.connection_test, name="connection-test"),
    path("seen/", connection_views.connection_seen, name="connection-seen"),
    path("pause/", connection_views.connection_pause, name="connection-pause"),
    path("resume/", connection_views.connection_resume, name="connection-resume"),
    path("retry/", connection_views.connection_retry, name="connection-retry"),
    path("change/", change_key.connection_change, name="connection-change"),
    path("replace/", change_key.connection_replace, name="connection-replace"),
    path("skip/", skip_queue.connection_skip, name="connection-skip"),
    path("delete/", connection_views.connection_delete, name="connection-delete"),
    path("receive/", include("streams.portal.receive.urls")),
]

replay_pages = [
    path("", replay_views.replays, name="replays"),
    path("new/", replay_views.replay_new, name="replay-new"),
    path("<replay_id>/", replay_views.replay, name="replay"),
    path("<replay_id>/fresh/", replay_views.replay_fresh, name="replay-fresh"),
    path("<replay_id>/cancel/", replay_views.replay_cancel, name="replay-cancel"),
]

export_pages = [
    path("", export_views.exports, name="exports"),
    path("new/", export_views.export_new, name="export-new"),
    path("<export_id>/", export_views.export, name="export"),
    path("<export_id>/fresh/", export_views.export_fresh, name="export-fresh"),
    path("<export_id>/file/", export_views.export_file, name="export-file"),
    path("<export_id>/delete/", export_views.export_delete, name="export-delete"),
]

workspace_member_pages: Pages = [
    path("leave/", leave.workspace_leave, name="leave"),
    path("members/invite/", several_invitations.invite_several, name="invite-several"),
    path("members/", members.members, name="members"),
    path(
        "members/second-factor/require/",
        second_factor.second_factor_require,
        name="second-factor-require",
    ),
    path(
        "members/second-factor/optional/",
        second_factor.second_factor_optional,
        name="second-factor-optional",
    ),
    path("members/<int:pk>/role/", members.member_role, name="member-role"),
    path("members/<int:pk>/remove/", members.member_remove, name="member-remove"),
    path(
        "invitations/<int:pk>/resend/",
        pending_invitations.resend,
        name="invitation-resend",
    ),
    path(
        "invitations/<int:pk>/withdraw/",
        pending_invitations.withdraw,
        name="invitation-withdraw",
    ),
]

activity_pages: Pages = [
    path("", activity_views.workspace_activity, name="activity"),
    path("log.<form>", activity_views.workspace_activity_file, name="activity-file"),
]

workspace_tail_pages: Pages = [
    path("", tail_views.workspace_tail, name="tail"),
    path("rows/", tail_views.workspace_tail_rows, name="tail-rows"),
]

workspace_pages: Pages = [
    path("", include(overview_pages), {"section": "overview"}),
    path("events/", include(event_pages), {"section": "events"}),
    path("filters/", include(saved_filter_pages), {"section": "events"}),
    path(
        "attempts/",
        include("streams.portal.attempts.urls"),
        {"section": "attempts"},
    ),
    path("connection/", include(connection_pages), {"section": "connection"}),
    path(
        "identity/uploads/",
        include("streams.portal.uploads.urls"),
        {"section": "identity"},
    ),
    path(
        "identity/",
        include("streams.portal.identity.urls"),
        {"section": "identity"},
    ),
    path("usage/", usage_views.usage, {"section": "usage"}, name="usage"),
    path("privacy/", include("streams.portal.privacy.urls"), {"section": "privacy"}),
    path("alerts/", include(alerts.workspace_pages), {"section": "alerts"}),
    path("webhooks/", include(webhooks.pages()), {"section": "alerts"}),
    path("exports/", include(export_pages), {"section": "events"}),
    path("replays/", include(replay_pages), {"section": "replays"}),
    path(
        "issues/",
        issues.workspace_issues,
        {"section": "issues"},
        name="issues",
    ),
    path("quarantine/", include(quarantine.workspace_pages), {"section": "quarantine"}),
    path("tail/", include(workspace_tail_pages), {"section": "tail"}),
    path("", include(workspace_member_pages), {"section": "members"}),
    path("activity/", include(activity_pages), {"section": "activity"}),
]

partner_workspace_pages: Pages = [
    path("", workspaces.workspace, name="partner-workspace"),
    path("invite/", members.workspace_invite, name="partner-workspace-invite"),
    path(
        "invitations/<int:pk>/resend/",
        pending_invitations.workspace_resend,
        name="partner-workspace-invitation-resend",
    ),
    path(
        "invitations/<int:pk>/withdraw/",
        pending_invitations.workspace_withdraw,
        name="partner-workspace-invitation-withdraw",
    ),
    path("feeds/<int:pk>/key/", workspaces.ingest_key, name="partner-ingest-key"),
]

partner_workspaces_pages: Pages = [
    path("", customers.workspaces, name="partner"),
    path("workspaces/new/", workspaces.workspace_new, name="partner-workspace-new"),
    path(
        "workspaces/remove/",
        workspaces.workspaces_remove,
        name="partner-workspaces-remove",
    ),
    path("workspaces/<public_id>/", include(partner_workspace_pages)),
]

partner_tail_pages: Pages = [
    path("", tail_views.partner_tail, name="partner-tail"),
    path("rows/", tail_views.partner_tail_rows, name="partner-tail-rows"),
]

partner_event_pages: Pages = [
    path("", event_search.event_search, name="partner-events"),
    path("more/", event_search.event_search_more, name="partner-events-more"),
]

partner_stream_pages: Pages = [
    path("streams/", stream_views.streams, name="partner-streams"),
    path("streams/new/", plan_templates.stream_new, name="partner-stream-new"),
    path("streams/<slug:stream_slug>/", include(stream_pages)),
]

partner_activity_pages: Pages = [
    path("", activity_views.partner_activity, name="partner-activity"),
    path(
        "log.<form>",
        activity_views.partner_activity_file,
        name="partner-activity-file",
    ),
]

token_pages: Pages = [
    path("", stream_views.tokens, name="partner-tokens"),
    path("<int:pk>/revoke/", stream_views.token_revoke, name="partner-token-revoke"),
]

partner_member_pages: Pages = [
    path("leave/", leave.partner_leave, name="partner-leave"),
    path(
        "members/invite/",
        several_invitations.partner_invite_several,
        name="partner-invite-several",
    ),
    path("members/", members.partner_members, name="partner-members"),
    path(
        "members/<int:pk>/role/",
        members.partner_member_role,
        name="partner-member-role",
    ),
    path(
        "members/<int:pk>/remove/",
        members.partner_member_remove,
        name="partner-member-remove",
    ),
    path(
        "invitations/<int:pk>/resend/",
        pending_invitations.partner_resend,
        name="partner-invitation-resend",
    ),
    path(
        "invitations/<int:pk>/withdraw/",
        pending_invitations.partner_withdraw,
        name="partner-invitation-withdraw",
    ),
]

partner_pages: Pages = [
    path("", include(partner_workspaces_pages), {"section": "workspaces"}),
    path("", include(partner_stream_pages), {"section": "streams"}),
    path("activity/", include(partner_activity_pages), {"section": "activity"}),
    path("events/", include(partner_event_pages), {"section": "events"}),
    path("tail/", include(partner_tail_pages), {"section": "tail"}),
    path(
        "requests/",
        request_views.requests,
        {"section": "requests"},
        name="partner-requests",
    ),
    path("tokens/", include(token_pages), {"section": "tokens"}),
    path("alerts/", include(alerts.partner_pages), {"section": "alerts"}),
    path("webhooks/", include(webhooks.pages("partner-")), {"section": "webhooks"}),
    path("", include(partner_member_pages), {"section": "members"}),
    path("sso/", include(sso_urls.partner_pages), {"section": "members"}),
]

pages: Pages = [
    path("", home.home, name="home"),
    path("w/<public_id>/", include(workspace_pages)),
    path("p/<slug:slug>/", include(partner_pages)),
    path("", include("streams.portal.notices.urls")),
    path("profile/", profile.profile, name="profile"),
    path("your/<slug:place>/<slug:page>/", your_page.your_page, name="your-page"),
    path("invitations/<token>/", invitation_link.invitation, name="invitation"),
]

urlpatterns = [
    path("", include((pages, "portal"))),
    path("accounts/", include("streams.portal.account.urls")),
    path("accounts/sso/", include("streams.portal.sso.urls")),
]
