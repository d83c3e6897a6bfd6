from __future__ import annotations

from django.conf import settings
from django.db import models

from streams.base.clock import now
from streams.catalog.pages.page_kinds import PageKind

MAX_TEXT = 60_000  # characters, which take less than a second to render


class PageVersionQuerySet(models.QuerySet["PageVersion"]):
    def of(self, kind: PageKind) -> PageVersionQuerySet:
        """Return the versions of a page, newest first: the draft first, if there is one."""
        return self.filter(kind=kind).order_by("-number")

    def published(self) -> PageVersionQuerySet:
        return self.exclude(published_at=None).order_by("-number")


class PageVersion(models.Model):
    """A version of a docs page: the one draft, or published and immutable."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="page_versions"
    )
    kind = models.CharField(max_length=11, choices=PageKind)
    number = models.PositiveIntegerField()  # 1, 2, 3 … in each page
    text = models.TextField(max_length=MAX_TEXT)  # Markdown, with directives for PARTS
    revision = models.PositiveIntegerField(default=1)  # increases with every save
    edited_at = models.DateTimeField(default=now)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = PageVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "kind", "number"], name="page_version_number"
            ),
            models.UniqueConstraint(
                fields=["stream", "kind"],
                condition=models.Q(published_at=None),
                name="one_draft_of_a_page",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.kind} v{self.number}"

    @property
    def mark(self) -> str:
        """A mark that changes with the text, to detect conflicting edits."""
        return f"{self.number}.{self.revision}"


class StreamProfile(models.Model):
    """The tool details in a stream's docs and in Segment's catalog."""

    stream = models.OneToOneField(
        "streams.Stream", on_delete=models.CASCADE, related_name="profile"
    )
    about = models.CharField(max_length=400, blank=True)
    website = models.URLField(max_length=300, blank=True)
    support_email = models.EmailField(blank=True)
    docs_url = models.URLField(max_length=300, blank=True)
    category = models.CharField(max_length=50, blank=True)
    catalog_id = models.CharField(max_length=40, blank=True)  # Segment's own

    def __str__(self) -> str:
        return f"Profile of {self.stream}"


class Logo(models.Model):
    """A stream's logo, which logo.py has made safe to show."""

    stream = models.OneToOneField(
        "streams.Stream", on_delete=models.CASCADE, related_name="logo"
    )
    content = models.BinaryField()
    content_type = models.CharField(max_length=20)
    digest = models.CharField(max_length=32)  # of the content, in hexadecimal
    uploaded_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"Logo of {self.stream}"
