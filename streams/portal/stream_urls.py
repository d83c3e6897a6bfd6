"""The pages of one stream."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streams.portal.docs import page_editor
from streams.portal.docs import views as docs_views
from streams.portal.event_check import views as event_check_views
from streams.portal.launch import qa
from streams.portal.launch import views as launch_views
from streams.portal.plan import (
    event_editor,
    files,
    inference,
    publish,
    spec_events,
    versions,
)
from streams.portal.plan import views as plan_views
from streams.portal.quarantine import urls as quarantine
from streams.portal.stream import activity_log, overview, plan_templates, send_events
from streams.portal.stream import views as stream_views
from streams.portal.workspace import issues

type Pages = list[URLPattern | URLResolver]

plan_version_pages: Pages = [
    path("", versions.version, name="partner-stream-plan-version"),
    path("plan.yaml", files.as_yaml, name="partner-stream-plan-yaml"),
    path("schema.json", files.as_schema, name="partner-stream-plan-schema"),
]

plan_pages: Pages = [
    path("", plan_views.plan, name="partner-stream-plan"),
    path("check/", event_check_views.check, name="partner-stream-plan-check"),
    path(
        "template/", plan_templates.plan_template, name="partner-stream-plan-template"
    ),
    path("publish/", publish.publishing, name="partner-stream-plan-publish"),
    path("rename/", publish.rename, name="partner-stream-plan-rename"),
    path("discard/", publish.discard, name="partner-stream-plan-discard"),
    path("files/", files.files, name="partner-stream-plan-files"),
    path("files/import/", files.bring_in, name="partner-stream-plan-import"),
    path("versions/", versions.versions, name="partner-stream-plan-versions"),
    path("versions/<int:number>/", include(plan_version_pages)),
    path("spec/", spec_events.pick, name="partner-stream-plan-spec"),
    path("learn/", inference.learning, name="partner-stream-plan-learn"),
    path("events/new/", event_editor.event_new, name="partner-stream-plan-event-new"),
    path("events/<key>/", event_editor.event, name="partner-stream-plan-event"),
    path(
        "events/<key>/remove/",
        plan_views.event_remove,
        name="partner-stream-plan-event-remove",
    ),
]

qa_pages: Pages = [
    path("", qa.qa, name="partner-stream-qa"),
    path("fresh/", qa.qa_fresh, name="partner-stream-qa-fresh"),
    path("report/", qa.qa_report, name="partner-stream-qa-report"),
    path("run/", qa.qa_run, name="partner-stream-qa-run"),
    path("workspaces/", qa.qa_workspaces, name="partner-stream-qa-workspaces"),
]

docs_page_pages: Pages = [
    path("", page_editor.editor, name="partner-stream-docs-page"),
    path("preview/", page_editor.preview, name="partner-stream-docs-preview"),
    path("publish/", page_editor.publishing, name="partner-stream-docs-publish"),
    path(
        "versions/<int:number>/",
        page_editor.version,
        name="partner-stream-docs-version",
    ),
]

docs_pages: Pages = [
    path("", docs_views.docs, name="partner-stream-docs"),
    path("facts/", docs_views.facts, name="partner-stream-docs-facts"),
    path("logo/", docs_views.logo, name="partner-stream-docs-logo"),
    path(
        "logo/remove/", docs_views.logo_remove, name="partner-stream-docs-logo-remove"
    ),
    path(
        "source/index.md", page_editor.export_source, name="partner-stream-docs-export"
    ),
    path("<kind>/", include(docs_page_pages)),
]

launch_pages: Pages = [
    path("launch/", launch_views.checklist, name="partner-stream-launch"),
    path(
        "launch/start-qa/", launch_views.start_qa, name="partner-stream-launch-start-qa"
    ),
    path(
        "launch/request/",
        launch_views.request_launch,
        name="partner-stream-launch-request",
    ),
    path("activity/", activity_log.stream_activity, name="partner-stream-activity"),
]

setting_pages: Pages = [
    path("", stream_views.stream, name="partner-stream"),
    path("exceptions/", stream_views.readings, name="partner-stream-exceptions"),
    path("identity/", stream_views.identity, name="partner-stream-identity"),
]

stream_pages: Pages = [
    path("", include(setting_pages), {"tab": "partner-stream"}),
    path(
        "overview/",
        overview.overview,
        {"tab": "partner-stream-overview"},
        name="partner-stream-overview",
    ),
    path("", include(launch_pages), {"tab": "partner-stream-launch"}),
    path("plan/", include(plan_pages), {"tab": "partner-stream-plan"}),
    path(
        "issues/",
        issues.stream_issues,
        {"tab": "partner-stream-issues"},
        name="partner-stream-issues",
    ),
    path(
        "quarantine/",
        include(quarantine.stream_pages),
        {"tab": "partner-stream-quarantine"},
    ),
    path("docs/", include(docs_pages), {"tab": "partner-stream-docs"}),
    path(
        "send/",
        send_events.send_events,
        {"tab": "partner-stream-send"},
        name="partner-stream-send",
    ),
    path("qa/", include(qa_pages), {"tab": "partner-stream-qa"}),
]
