from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streams.portal import (
    changing,
    connection,
    deliveries,
    docs,
    docs_page,
    event_check,
    events,
    findings,
    history,
    home,
    invitations,
    members,
    new_stream,
    overview,
    partner,
    partner_streams,
    pending,
    plan,
    plan_event,
    plan_files,
    plan_learn,
    plan_publish,
    plan_spec,
    plan_versions,
    qa,
    quarantine,
    replays,
    way,
)

type Pages = list[URLPattern | URLResolver]

connection_pages = [
    path("", connection.connection, name="connection"),
    path("check/", connection.connection_check, name="connection-check"),
    path("test/", connection.connection_test, name="connection-test"),
    path(
        "test/<int:seq>/",
        connection.connection_test_fresh,
        name="connection-test-fresh",
    ),
    path("seen/", connection.connection_seen, name="connection-seen"),
    path("pause/", connection.connection_pause, name="connection-pause"),
    path("resume/", connection.connection_resume, name="connection-resume"),
    path("retry/", connection.connection_retry, name="connection-retry"),
    path("change/", changing.connection_change, name="connection-change"),
    path("replace/", changing.connection_replace, name="connection-replace"),
    path("delete/", connection.connection_delete, name="connection-delete"),
]

replay_pages = [
    path("", replays.replays, name="replays"),
    path("new/", replays.replay_new, name="replay-new"),
    path("<replay_id>/", replays.replay, name="replay"),
    path("<replay_id>/fresh/", replays.replay_fresh, name="replay-fresh"),
    path("<replay_id>/cancel/", replays.replay_cancel, name="replay-cancel"),
]

workspace_pages: Pages = [
    path("", overview.overview, name="overview"),
    path("fresh/", overview.overview_fresh, name="overview-fresh"),
    path("events/", events.events, name="events"),
    path("events/new/<int:after>/", events.events_new, name="events-new"),
    path("events/<int:seq>/", events.event, name="event"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("connection/", include(connection_pages)),
    path("replays/", include(replay_pages)),
    path("findings/", findings.workspace_findings, name="findings"),
    path("quarantine/", quarantine.workspace_quarantine, name="quarantine"),
    path("quarantine/decide/", quarantine.workspace_decide, name="quarantine-decide"),
    path("quarantine/mode/", quarantine.workspace_mode, name="quarantine-mode"),
    path("members/", members.members, name="members"),
    path("members/<int:pk>/role/", members.member_role, name="member-role"),
    path("members/<int:pk>/remove/", members.member_remove, name="member-remove"),
    path("invitations/<int:pk>/resend/", pending.resend, name="invitation-resend"),
    path(
        "invitations/<int:pk>/withdraw/", pending.withdraw, name="invitation-withdraw"
    ),
]

partner_workspace_pages = [
    path("", partner.workspace, name="partner-workspace"),
    path("invite/", members.workspace_invite, name="partner-workspace-invite"),
    path(
        "invitations/<int:pk>/resend/",
        pending.workspace_resend,
        name="partner-workspace-invitation-resend",
    ),
    path(
        "invitations/<int:pk>/withdraw/",
        pending.workspace_withdraw,
        name="partner-workspace-invitation-withdraw",
    ),
    path("feeds/<int:pk>/key/", partner.ingest_key, name="partner-ingest-key"),
]

plan_version_pages: Pages = [
    path("", plan_versions.version, name="partner-stream-plan-version"),
    path("plan.yaml", plan_files.as_yaml, name="partner-stream-plan-yaml"),
    path("schema.json", plan_files.as_schema, name="partner-stream-plan-schema"),
]

# The second word after "partner-" is the tab that a page stands below.
plan_pages: Pages = [
    path("", plan.plan, name="partner-stream-plan"),
    path("check/", event_check.check, name="partner-stream-plan-check"),
    path("template/", new_stream.plan_template, name="partner-stream-plan-template"),
    path("publish/", plan_publish.publishing, name="partner-stream-plan-publish"),
    path("rename/", plan_publish.rename, name="partner-stream-plan-rename"),
    path("discard/", plan_publish.discard, name="partner-stream-plan-discard"),
    path("files/", plan_files.files, name="partner-stream-plan-files"),
    path("files/import/", plan_files.bring_in, name="partner-stream-plan-import"),
    path("versions/", plan_versions.versions, name="partner-stream-plan-versions"),
    path("versions/<int:number>/", include(plan_version_pages)),
    path("spec/", plan_spec.pick, name="partner-stream-plan-spec"),
    path("learn/", plan_learn.learning, name="partner-stream-plan-learn"),
    path("events/new/", plan_event.event_new, name="partner-stream-plan-event-new"),
    path("events/<key>/", plan_event.event, name="partner-stream-plan-event"),
    path(
        "events/<key>/remove/",
        plan.event_remove,
        name="partner-stream-plan-event-remove",
    ),
]

quarantine_pages: Pages = [
    path("", quarantine.stream_quarantine, name="partner-stream-quarantine"),
    path("decide/", quarantine.stream_decide, name="partner-stream-quarantine-decide"),
]

qa_pages: Pages = [
    path("", qa.qa, name="partner-stream-qa"),
    path("fresh/", qa.qa_fresh, name="partner-stream-qa-fresh"),
    path("report/", qa.qa_report, name="partner-stream-qa-report"),
    path("run/", qa.qa_run, name="partner-stream-qa-run"),
    path("workspaces/", qa.qa_workspaces, name="partner-stream-qa-workspaces"),
]

docs_page_pages: Pages = [
    path("", docs_page.editor, name="partner-stream-docs-page"),
    path("preview/", docs_page.preview, name="partner-stream-docs-preview"),
    path("publish/", docs_page.publishing, name="partner-stream-docs-publish"),
    path(
        "versions/<int:number>/",
        docs_page.version,
        name="partner-stream-docs-version",
    ),
]

docs_pages: Pages = [
    path("", docs.docs, name="partner-stream-docs"),
    path("facts/", docs.facts, name="partner-stream-docs-facts"),
    path("logo/", docs.logo, name="partner-stream-docs-logo"),
    path("logo/remove/", docs.logo_remove, name="partner-stream-docs-logo-remove"),
    path("source/index.md", docs_page.export_source, name="partner-stream-docs-export"),
    path("<kind>/", include(docs_page_pages)),
]

way_pages: Pages = [
    path("", way.stream_way, name="partner-stream-way"),
    path("start-qa/", way.way_start_qa, name="partner-stream-way-start-qa"),
    path("ask/", way.way_ask, name="partner-stream-way-ask"),
]

stream_pages: Pages = [
    path("", partner_streams.stream, name="partner-stream"),
    path("readings/", partner_streams.readings, name="partner-stream-readings"),
    path("way/", include(way_pages)),
    path("history/", history.stream_history, name="partner-stream-way-history"),
    path("plan/", include(plan_pages)),
    path("findings/", findings.stream_findings, name="partner-stream-findings"),
    path("quarantine/", include(quarantine_pages)),
    path("docs/", include(docs_pages)),
    path("qa/", include(qa_pages)),
]

partner_pages: Pages = [
    path("", partner.workspaces, name="partner"),
    path("workspaces/new/", partner.workspace_new, name="partner-workspace-new"),
    path(
        "workspaces/remove/",
        partner.workspaces_remove,
        name="partner-workspaces-remove",
    ),
    path("workspaces/<public_id>/", include(partner_workspace_pages)),
    path("streams/", partner_streams.streams, name="partner-streams"),
    path("streams/new/", new_stream.stream_new, name="partner-stream-new"),
    path("streams/<slug:stream_slug>/", include(stream_pages)),
    path("history/", history.partner_history, name="partner-history"),
    path("tokens/", partner_streams.tokens, name="partner-tokens"),
    path(
        "tokens/<int:pk>/revoke/",
        partner_streams.token_revoke,
        name="partner-token-revoke",
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
        pending.partner_resend,
        name="partner-invitation-resend",
    ),
    path(
        "invitations/<int:pk>/withdraw/",
        pending.partner_withdraw,
        name="partner-invitation-withdraw",
    ),
]

pages: Pages = [
    path("", home.home, name="home"),
    path("w/<public_id>/", include(workspace_pages)),
    path("p/<slug:slug>/", include(partner_pages)),
    path("invitations/<token>/", invitations.invitation, name="invitation"),
]

urlpatterns = [
    path("", include((pages, "portal"))),
    path("accounts/", include("streams.portal.accounts")),
]
