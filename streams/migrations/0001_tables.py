"""All tables. With the next two files, it replaces the 45 migrations of the time before
0.1.0. A database of that time must have completed them all."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import streams.base.clock
import streams.base.ids
import streams.base.text
import streams.catalog.models
import streams.spec.modes
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("streams", "0001_initial"),
        ("streams", "0003_one_connection_per_write_key"),
        ("streams", "0004_budget_per_stream"),
        ("streams", "0005_weight_per_workspace"),
        ("streams", "0006_halts"),
        ("streams", "0007_stream_retention"),
        ("streams", "0008_feed_expired"),
        ("streams", "0009_cursor_expired"),
        ("streams", "0010_age_of_marks"),
        ("streams", "0011_cursor_end"),
        ("streams", "0012_cursor_trouble"),
        ("streams", "0013_replay"),
        ("streams", "0014_plan_version"),
        ("streams", "0015_stream_stage"),
        ("streams", "0016_check_mode"),
        ("streams", "0017_test_workspace"),
        ("streams", "0018_feed_quarantine"),
        ("streams", "0019_quarantined_event"),
        ("streams", "0020_sandbox_in_europe"),
        ("streams", "0021_page_version"),
        ("streams", "0022_stream_profile"),
        ("streams", "0023_logo"),
        ("streams", "0024_reserved_slugs"),
        ("streams", "0025_quarantine_job"),
        ("streams", "0026_spec_readings"),
        ("streams", "0028_qa_run"),
        ("streams", "0029_submission"),
        ("streams", "0030_live_request"),
        ("streams", "0031_finding_counts"),
        ("streams", "0032_internal_tokens"),
        ("streams", "0033_audit_stream"),
        ("streams", "0034_audit_stream_filled"),
        ("streams", "0036_findings_of_streams"),
        ("streams", "0037_rate_count"),
        ("streams", "0038_invitation"),
        ("streams", "0039_invitations_from_the_log"),
        ("streams", "0040_names_are_one_line"),
        ("streams", "0041_clean_names"),
        ("streams", "0043_generation"),
        ("streams", "0044_form_claim"),
        ("streams", "0045_audit_outlives_workspaces"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="last login"
                    ),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        max_length=100,
                        validators=[streams.base.text.validate_one_line],
                    ),
                ),
                ("is_staff", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(default=streams.base.clock.now)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CursorMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "cursor_id",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("cursor_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("position", models.BigIntegerField()),
                ("rejected", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="cursor_mark_age")],
            },
        ),
        migrations.CreateModel(
            name="FeedMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed_id",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("feed_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="feed_mark_age")],
            },
        ),
        migrations.CreateModel(
            name="FormClaim",
            fields=[
                (
                    "digest",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("claimed_at", models.DateTimeField(db_index=True)),
                ("result", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("number", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("ticks", models.BigIntegerField(default=0)),
                (
                    "ticked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("went_back_at", models.DateTimeField(null=True)),
                ("missing_from", models.DateTimeField(null=True)),
                ("missing_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[streams.base.text.validate_one_line]
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="PartnerMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="partner_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="streams.partner",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("developer", "Developer"),
                            ("support", "Support"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "partner"), name="one_role_in_partner"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="partner",
            name="members",
            field=models.ManyToManyField(
                through="streams.PartnerMembership", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.CreateModel(
            name="RateCount",
            fields=[
                (
                    "key",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("count", models.IntegerField()),
                ("ends_at_s", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="SeenMessage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "digest",
                        "feed_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("digest", models.BinaryField(max_length=16)),
                ("feed_id", models.BigIntegerField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="streams",
                        to="streams.partner",
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        unique=True, validators=[streams.catalog.models.not_reserved]
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[streams.base.text.validate_one_line]
                    ),
                ),
                ("version", models.CharField(default="1.0.0", max_length=20)),
                (
                    "allow_anonymous",
                    models.BooleanField(
                        default=False,
                        help_text="Take events that carry an anonymousId and no userId. Segment asks partners for a userId on every call.",
                    ),
                ),
                (
                    "create_workspaces",
                    models.BooleanField(
                        default=True,
                        help_text="An event for a workspace that is not known yet makes that workspace.",
                    ),
                ),
                (
                    "requests_per_second",
                    models.PositiveIntegerField(
                        db_default=50,
                        default=50,
                        help_text="Segment grants a partner's tool 50. More only where Segment has agreed to it.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "retention_days",
                    models.PositiveSmallIntegerField(
                        db_default=30,
                        default=30,
                        help_text="Days for which events are kept, sent or not: 14 to 365. A shorter time takes effect a week later.",
                        validators=[
                            django.core.validators.MinValueValidator(14),
                            django.core.validators.MaxValueValidator(365),
                        ],
                    ),
                ),
                (
                    "retention_shortened_at",
                    models.DateTimeField(editable=False, null=True),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("in_qa", "In QA"),
                            ("live", "Live"),
                            ("suspended", "Suspended"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "check_mode",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("warn", "Warn"),
                            ("quarantine", "Quarantine"),
                            ("reject", "Reject"),
                        ],
                        db_default=streams.spec.modes.Mode["WARN"],
                        default=streams.spec.modes.Mode["WARN"],
                        help_text="What becomes of an event that breaks the Segment Spec or the stream's plan. A workspace may be stricter.",
                        max_length=10,
                        verbose_name="checking",
                    ),
                ),
                (
                    "spec_readings",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        editable=False,
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("retention_days__range", (14, 365))),
                        name="retention_within_bounds",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Halt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all streams.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="halts",
                        to="streams.stream",
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("us", "United States"),
                            ("eu", "Europe (Ireland)"),
                            ("sandbox", "Sandbox"),
                            ("sandbox-eu", "Sandbox (Europe)"),
                        ],
                        help_text="Empty: all regions.",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        help_text="Customers read this on their pages.",
                        max_length=200,
                        validators=[streams.base.text.validate_one_line],
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="lease",
                        serialize=False,
                        to="streams.stream",
                    ),
                ),
                ("owner", models.UUIDField(null=True)),
                ("until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LiveRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="live_requests",
                        to="streams.stream",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("live", "Live"), ("not_yet", "Not yet")],
                        max_length=7,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("stream",),
                        name="one_undecided_live_request",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Logo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logo",
                        to="streams.stream",
                    ),
                ),
                ("content", models.BinaryField()),
                ("content_type", models.CharField(max_length=20)),
                ("digest", models.CharField(max_length=32)),
                ("uploaded_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="PageVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="page_versions",
                        to="streams.stream",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("source", "Source page"),
                            ("integration", "Integration page"),
                        ],
                        max_length=11,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField(max_length=60000)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("edited_at", models.DateTimeField(default=streams.base.clock.now)),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "kind", "number"), name="page_version_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("published_at", None)),
                        fields=("stream", "kind"),
                        name="one_draft_of_a_page",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="streams.partner",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="streams.stream",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[streams.base.text.validate_one_line]
                    ),
                ),
                ("hint", models.CharField(max_length=8)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("is_internal", models.BooleanField(db_default=False, default=False)),
            ],
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_versions",
                        to="streams.stream",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField(default=dict)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("edited_at", models.DateTimeField(default=streams.base.clock.now)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "number"), name="plan_version_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("published_at", None)),
                        fields=("stream",),
                        name="one_draft_of_a_plan",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QaRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qa_runs",
                        to="streams.stream",
                    ),
                ),
                ("started_at", models.DateTimeField(default=streams.base.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seqs", models.JSONField(default=dict)),
                ("events", models.IntegerField(default=0)),
                ("refused", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="StreamProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile",
                        to="streams.stream",
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=400)),
                ("website", models.URLField(blank=True, max_length=300)),
                ("support_email", models.EmailField(blank=True, max_length=254)),
                ("docs_url", models.URLField(blank=True, max_length=300)),
                ("category", models.CharField(blank=True, max_length=50)),
                ("catalog_id", models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="streams.stream",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.planversion",
                    ),
                ),
                ("build_on", models.DateField(verbose_name="building starts")),
                ("qa_on", models.DateField(verbose_name="QA starts")),
                ("launch_on", models.DateField(verbose_name="launch")),
                ("notes", models.TextField(blank=True, max_length=2000)),
                ("submitted_at", models.DateTimeField()),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("approved", "Approved"), ("sent_back", "Sent back")],
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("comment", models.TextField(blank=True, max_length=2000)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("stream",),
                        name="one_undecided_submission",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("qa_on__gte", models.F("build_on")),
                            ("launch_on__gte", models.F("qa_on")),
                        ),
                        name="submission_dates_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspensions",
                        to="streams.stream",
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("in_qa", "In QA"),
                            ("live", "Live"),
                            ("suspended", "Suspended"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("suspended_at", models.DateTimeField()),
                ("resumed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resumed_at", None)),
                        fields=("stream",),
                        name="one_open_suspension",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Workspace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="workspaces",
                        to="streams.partner",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=streams.base.ids.public_id, max_length=12, unique=True
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        max_length=100, validators=[streams.base.text.validate_one_line]
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[streams.base.text.validate_one_line]
                    ),
                ),
                (
                    "weight",
                    models.PositiveSmallIntegerField(
                        db_default=1,
                        default=1,
                        help_text="Turns to send in each round, where others wait too.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "is_test",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="The partner's own, to try the stream with: delivered to before the stream is approved, and what its QA looks at.",
                        verbose_name="test workspace",
                    ),
                ),
                (
                    "check_mode",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("warn", "Warn"),
                            ("quarantine", "Quarantine"),
                            ("reject", "Reject"),
                        ],
                        db_default=streams.spec.modes.Mode["OFF"],
                        default=streams.spec.modes.Mode["OFF"],
                        help_text="Stricter than the stream's own, or the same.",
                        max_length=10,
                        verbose_name="checking",
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "external_id"), name="workspace_external_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.partner",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="streams.workspace",
                    ),
                ),
                ("stream", models.CharField(blank=True, db_default="", max_length=50)),
                ("action", models.CharField(max_length=60)),
                ("detail", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [
                    models.Index(
                        fields=["workspace", "-at"], name="audit_by_workspace"
                    ),
                    models.Index(fields=["partner", "-at"], name="audit_by_partner"),
                    models.Index(
                        condition=models.Q(("workspace", None)),
                        fields=["stream", "-id"],
                        name="audit_by_stream",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="streams.stream",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="streams.workspace",
                    ),
                ),
                ("head_seq", models.BigIntegerField(default=0)),
                ("head_at", models.DateTimeField(null=True)),
                ("expired_seq", models.BigIntegerField(db_default=0, default=0)),
                ("expired", models.BigIntegerField(db_default=0, default=0)),
                ("quarantined", models.BigIntegerField(db_default=0, default=0)),
                ("discarded", models.BigIntegerField(db_default=0, default=0)),
                ("quarantine_expired", models.BigIntegerField(db_default=0, default=0)),
                (
                    "ingest_key_digest",
                    models.CharField(max_length=64, null=True, unique=True),
                ),
                ("ingest_key_hint", models.CharField(blank=True, max_length=8)),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "workspace"), name="one_feed"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connections",
                        to="streams.feed",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=streams.base.ids.public_id, max_length=12, unique=True
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        choices=[
                            ("us", "United States"),
                            ("eu", "Europe (Ireland)"),
                            ("sandbox", "Sandbox"),
                            ("sandbox-eu", "Sandbox (Europe)"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key_ciphertext", models.BinaryField()),
                ("key_ring_id", models.CharField(editable=False, max_length=20)),
                ("key_fingerprint", models.CharField(editable=False, max_length=64)),
                ("key_last4", models.CharField(max_length=4)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("attention", "Needs attention"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("status_reason", models.CharField(blank=True, max_length=300)),
                ("status_at", models.DateTimeField(default=streams.base.clock.now)),
                ("known", models.BooleanField(null=True)),
                ("known_at", models.DateTimeField(null=True)),
                ("test_code", models.CharField(blank=True, max_length=4)),
                ("test_sent_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("feed",),
                        name="one_connection_per_feed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("key_fingerprint",),
                        name="one_connection_per_write_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cursors",
                        to="streams.connection",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cursors",
                        to="streams.feed",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.stream",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("live", "Live"), ("replay", "Replay")],
                        default="live",
                        max_length=6,
                    ),
                ),
                ("start", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("end_seq", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("position_at", models.DateTimeField(null=True)),
                ("rejected", models.BigIntegerField(default=0)),
                ("filtered", models.BigIntegerField(default=0)),
                ("expired", models.BigIntegerField(db_default=0, default=0)),
                ("rejected_forgotten", models.BigIntegerField(db_default=0, default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("held", models.BooleanField(default=False)),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("troubled_seq", models.BigIntegerField(null=True)),
                ("troubled_at", models.DateTimeField(null=True)),
                ("suspect_seq", models.BigIntegerField(null=True)),
                ("rejections_in_row", models.IntegerField(default=0)),
                ("last_delivered_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False), ("held", False)),
                        fields=["stream", "due_at"],
                        name="cursor_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("connection", "kind"),
                        name="one_cursor_of_each_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("start__gte", 0), ("start__lte", models.F("position"))
                        ),
                        name="cursor_starts_before_its_position",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("end_seq", None), ("ended_at", None), ("kind", "live")
                            ),
                            models.Q(
                                ("end_seq__gte", models.F("position")),
                                ("end_seq__isnull", False),
                                ("kind", "replay"),
                            ),
                            _connector="OR",
                        ),
                        name="replay_ends_at_its_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("due_at", None), _connector="OR"
                        ),
                        name="ended_is_never_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "cursor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.cursor",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="streams.connection",
                    ),
                ),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("events", models.IntegerField()),
                ("body_bytes", models.IntegerField()),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.IntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("delivered", "Delivered"),
                            ("split", "Refused, sent again in halves"),
                            ("rejected", "Rejected"),
                            ("retry", "Will be tried again"),
                            ("held", "Refused, connection held"),
                        ],
                        max_length=10,
                    ),
                ),
                ("status_code", models.IntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("retry_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(fields=["connection", "-id"], name="delivery_list"),
                    models.Index(
                        fields=["connection", "last_seq"], name="delivery_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.feed",
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("received_at", models.DateTimeField()),
                ("type", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=200)),
                ("user_id", models.CharField(max_length=200)),
                ("message_id", models.CharField(max_length=100)),
                ("payload", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="FindingKind",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_kinds",
                        to="streams.feed",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_kinds",
                        to="streams.stream",
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField()),
                ("rule", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("error", "Error"),
                            ("warning", "Warning"),
                            ("hint", "Hint"),
                        ],
                        max_length=7,
                    ),
                ),
                ("path", models.CharField(blank=True, max_length=200)),
                ("message", models.CharField(blank=True, max_length=300)),
                ("fix", models.CharField(blank=True, max_length=300)),
                ("sample", models.TextField(blank=True)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("feed", "slot"), name="finding_slot"
                    ),
                    models.UniqueConstraint(
                        fields=("feed", "rule", "name"), name="finding_kind"
                    ),
                    models.UniqueConstraint(
                        fields=("stream", "slot"), name="finding_slot_of_stream"
                    ),
                    models.UniqueConstraint(
                        fields=("stream", "rule", "name"), name="finding_kind_of_stream"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("feed", None), ("stream__isnull", False)),
                            models.Q(("feed__isnull", False), ("stream", None)),
                            _connector="OR",
                        ),
                        name="finding_of_feed_or_stream",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__lte", 200)),
                        name="finding_slot_bound",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="streams.findingkind",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="finding_hour_age")],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="streams.partner",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="streams.workspace",
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(max_length=10)),
                ("number", models.CharField(max_length=16, unique=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("partner", None), ("workspace", None), _connector="XOR"
                        ),
                        name="invitation_to_partner_or_workspace",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuarantinedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.feed",
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("type", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=200)),
                ("user_id", models.CharField(max_length=200)),
                ("message_id", models.CharField(max_length=100)),
                ("rule", models.CharField(max_length=40)),
                ("payload", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["feed", "id"], name="quarantine_order"),
                    models.Index(
                        fields=["feed", "rule", "name"], name="quarantine_counts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuarantineJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "order",
                    models.CharField(
                        db_index=True, default=streams.base.ids.public_id, max_length=12
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarantine_jobs",
                        to="streams.feed",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("rename", "Rename"),
                            ("discard", "Discard"),
                        ],
                        max_length=8,
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=40)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("new_name", models.CharField(blank=True, max_length=200)),
                ("events", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("position", models.BigIntegerField(default=0)),
                ("released", models.BigIntegerField(default=0)),
                ("discarded", models.BigIntegerField(default=0)),
                ("kept", models.BigIntegerField(default=0)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=streams.base.clock.now)),
                ("worked_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["worked_at"],
                        name="quarantine_to_do",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rejection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rejections",
                        to="streams.connection",
                    ),
                ),
                (
                    "cursor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.cursor",
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("reason", models.CharField(max_length=300)),
                ("status_code", models.IntegerField(null=True)),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cursor", "seq"), name="rejected_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "cursor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="replay",
                        serialize=False,
                        to="streams.cursor",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=streams.base.ids.public_id, max_length=12, unique=True
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("type", models.CharField(blank=True, max_length=8)),
                ("user_id", models.CharField(blank=True, max_length=200)),
                ("rejected_only", models.BooleanField(default=False)),
                ("new_ids", models.BooleanField(default=False)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=streams.base.clock.now)),
                ("stopped_because", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="WorkspaceMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="workspace_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="streams.workspace",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("editor", "Editor"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=streams.base.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "workspace"), name="one_role_in_workspace"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="workspace",
            name="members",
            field=models.ManyToManyField(
                through="streams.WorkspaceMembership", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
