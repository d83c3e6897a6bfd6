"""Filters by one partner, stream, workspace or connection, which links to lists set."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.tenancy.models import Partner, Workspace


class ScopeFilter(admin.SimpleListFilter):
    """Filter by the public ID, or the slug, of a row. Offers no other rows, which may be many.

    If `path` is empty, the list itself finds the rows (`search_conditions`).
    """

    path = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        public_id = self.value()
        return [(public_id, self.name_of(public_id))] if public_id else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not (self.value() and self.path):
            return queryset
        return queryset.filter(**{self.path: self.value()})

    def name_of(self, public_id: str) -> str:
        """Return the name of a row; the ID itself if there is no such row."""
        raise NotImplementedError


class WorkspaceFilter(ScopeFilter):
    title, parameter_name = _("workspace"), "workspace"

    def name_of(self, public_id: str) -> str:
        row = Workspace.objects.filter(public_id=public_id).first()
        return str(row or public_id)


class ConnectionFilter(ScopeFilter):
    title, parameter_name = _("connection"), "connection"

    def name_of(self, public_id: str) -> str:
        row = Connection.objects.filter(public_id=public_id).first()
        return str(row or public_id)


class StreamScope(ScopeFilter):
    title, parameter_name = _("stream"), "stream"

    def name_of(self, public_id: str) -> str:
        return str(Stream.objects.filter(slug=public_id).first() or public_id)


class PartnerScope(ScopeFilter):
    title, parameter_name = _("partner"), "partner"

    def name_of(self, public_id: str) -> str:
        return str(Partner.objects.filter(slug=public_id).first() or public_id)


class WorkspaceOfFeedFilter(WorkspaceFilter):
    path = "feed__workspace__public_id"
