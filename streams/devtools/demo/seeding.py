"""Creates the demonstration's rows. Seeding is idempotent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.pages.initial_text import starting_text
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.pages.services import (
    NEVER_SAVED,
    change_profile,
    publish,
    set_logo,
)
from streams.catalog.plans import services as plans
from streams.catalog.plans.authoring.templates import template
from streams.catalog.services import create_partner_with_stream, create_stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.delivery.connection.services import connect
from streams.devtools.demo import accounts
from streams.devtools.demo.demo_streams import IN_REVIEW, LIVE, LOGO, DemoStream
from streams.events.feeds import new_ingest_key, open_feed
from streams.identity.inbound.secrets import has_secret
from streams.identity.inbound.services import open_address, rotate_secret
from streams.review import services as review
from streams.tenancy.members import add_member
from streams.tenancy.models import (
    Partner,
    PartnerToken,
    User,
    Workspace,
)
from streams.tenancy.services import create_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.devtools.demo.accounts import DemoUser, DemoWorkspace
    from streams.events.models import Feed


def obstacle() -> str | None:
    """Return the reason not to create the demonstration's accounts here, or None."""
    if settings.HTTPS:
        return "HTTPS is on. To seed anyway, run `manage.py seed_demo --force`."
    others = Partner.objects.exclude(slug=accounts.PARTNER_SLUG)
    if others.exists():
        return "Real partners exist. To seed anyway, run `manage.py seed_demo --force`."
    return None


def seed() -> None:
    """Create missing rows, and derive all secrets from the current SECRET_KEY."""
    # SECRET_KEY has changed if it doesn't lead to the stored token. Comparing passwords
    # would take half a second each.
    renew = not PartnerToken.objects.filter(
        digest=accounts.partner_token().digest
    ).exists()
    emails = [person.email for person in accounts.PEOPLE]
    users = User.objects.filter(email__in=emails)
    known = set(users.values_list("email", flat=True))
    # Before the transaction: hashing takes half a second each, and much longer while the other
    # processes start. On SQLite, an open transaction blocks all other writers, who give up
    # after 20 seconds.
    hashes = {
        person: make_password(person.password)
        for person in accounts.PEOPLE
        if renew or person.email not in known
    }
    _create_missing(hashes)


@transaction.atomic
def _create_missing(hashes: Mapping[DemoUser, str]) -> None:
    users = {person: _user(person, hashes) for person in accounts.PEOPLE}
    stream = _stream(users[accounts.PARTNER_ADMIN])
    workspaces = {c.external_id: _workspace(stream, c) for c in accounts.CUSTOMERS}
    places: dict[str, Partner | Workspace] = {
        stream.partner.slug: stream.partner,
        **workspaces,
    }
    for person, user in users.items():
        if person.place:
            _give_role(person, user, places[person.place])
    _give_token(stream, users[accounts.PARTNER_ADMIN])
    feeds = [_feed(stream, workspaces[c.external_id], c) for c in accounts.CUSTOMERS]
    _connect(feeds[0], accounts.CUSTOMERS[0])
    _publish_plan(stream, LIVE, users[accounts.PARTNER_ADMIN])
    _write_docs(stream, LIVE, users[accounts.PARTNER_ADMIN])
    _bring_to_life(stream, users[accounts.PARTNER_ADMIN], users[accounts.STAFF])
    _submit_another(stream.partner, users[accounts.PARTNER_ADMIN])


def _user(person: DemoUser, hashes: Mapping[DemoUser, str]) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        is_staff = not person.place
        return User.objects.create(
            email=person.email,
            password=hashes[person],
            name=person.name,
            is_staff=is_staff,
            is_superuser=is_staff,
        )
    if person in hashes:
        user.password = hashes[person]
        user.save(update_fields=["password"])
    return user


def _stream(admin: User) -> Stream:
    if not Partner.objects.filter(slug=accounts.PARTNER_SLUG).exists():
        create_partner_with_stream(
            name=accounts.PARTNER_NAME,
            slug=accounts.PARTNER_SLUG,
            stream_name=LIVE.name,
            stream_slug=LIVE.slug,
            admin=admin,
            actor=None,
        )
    return Stream.objects.select_related("partner").get(slug=LIVE.slug)


def _workspace(stream: Stream, customer: DemoWorkspace) -> Workspace:
    known = Workspace.objects.filter(
        partner=stream.partner, external_id=customer.external_id
    )
    return known.first() or create_workspace(
        partner=stream.partner,
        external_id=customer.external_id,
        name=customer.name,
        actor=None,
    )


def _give_role(person: DemoUser, user: User, place: Partner | Workspace) -> None:
    if not place.members.contains(user):
        add_member(place=place, user=user, role=person.role, actor=None)


def _give_token(stream: Stream, owner: User) -> None:
    """Store the API token of the current SECRET_KEY, and undo a revocation."""
    secret = accounts.partner_token()
    PartnerToken.objects.update_or_create(
        stream=stream,
        name=accounts.TOKEN_NAME,
        defaults={"hint": secret.hint, "digest": secret.digest, "revoked_at": None},
        create_defaults={
            "partner": stream.partner,
            "created_by": owner,
            "hint": secret.hint,
            "digest": secret.digest,
        },
    )


def _feed(stream: Stream, workspace: Workspace, customer: DemoWorkspace) -> Feed:
    feed, _ = open_feed(stream=stream, workspace=workspace, actor=None)
    secret = accounts.ingest_key(customer)
    if feed.ingest_key_digest != secret.digest:
        new_ingest_key(feed=feed, actor=None, secret=secret)
    _open_inbound(feed, customer)
    return feed


def _open_inbound(feed: Feed, customer: DemoWorkspace) -> None:
    """Open the feed's inbound address, and give it the secret of the current SECRET_KEY."""
    secret, public_id = accounts.inbound_secret(customer), accounts.inbound_id(customer)
    address, is_new = open_address(
        feed=feed, actor=None, secret=secret, public_id=public_id
    )
    if not is_new and not has_secret(address, secret):
        rotate_secret(address=address, actor=None, secret=secret)


def _connect(feed: Feed, customer: DemoWorkspace) -> None:
    """Connect the feed to the sandbox, unless it already has a connection."""
    if not Connection.objects.current().filter(feed=feed).exists():
        connect(
            feed=feed,
            write_key=accounts.write_key(customer),
            region=Region.SANDBOX,
            actor=None,
        )


def _publish_plan(stream: Stream, demo: DemoStream, admin: User) -> None:
    """Publish the template that the demonstration follows, unless the stream has a plan."""
    if stream.plan_versions.exists():
        return
    chosen = template(demo.template)
    what = f"the template “{chosen.title}”"
    plans.replace_draft(stream=stream, plan=chosen.plan, what=what, actor=admin)
    plans.publish(stream=stream, note=demo.plan_note, actor=admin)


def _write_docs(stream: Stream, demo: DemoStream, admin: User) -> None:
    """Publish both docs pages with their initial text, unless the stream has pages."""
    if stream.page_versions.exists():
        return
    change_profile(stream=stream, actor=admin, **demo.profile)
    set_logo(stream=stream, upload=LOGO.read_bytes(), actor=admin)
    for kind in PageKind:
        publish(
            stream=stream,
            kind=kind,
            text=starting_text(kind, stream),
            seen=NEVER_SAVED,
            actor=admin,
        )


def _bring_to_life(stream: Stream, admin: User, staff: User) -> None:
    """Take the stream through every stage, unless it has been submitted before."""
    if stream.stage != Stage.DRAFT or stream.submissions.exists():
        return
    review.submit(stream=stream, timeline=_timeline(LIVE), actor=admin)
    review.approve(stream=stream, comment=accounts.APPROVED, actor=staff)
    review.start_qa(stream=stream, actor=admin)
    # The servers that a QA run needs are not running yet.
    review.go_live(stream=stream, reason=accounts.WITHOUT_QA, actor=staff)


def _submit_another(partner: Partner, admin: User) -> None:
    """Create the stream that waits for review, unless it exists."""
    if Stream.objects.filter(slug=IN_REVIEW.slug).exists():
        return
    stream = create_stream(
        partner=partner, slug=IN_REVIEW.slug, name=IN_REVIEW.name, actor=admin
    )
    _publish_plan(stream, IN_REVIEW, admin)
    _write_docs(stream, IN_REVIEW, admin)
    review.submit(stream=stream, timeline=_timeline(IN_REVIEW), actor=admin)


def _timeline(demo: DemoStream) -> review.Timeline:
    build, qa, launch = (now().date() + days for days in demo.days)
    return review.Timeline(
        build_on=build, qa_on=qa, launch_on=launch, notes=demo.for_reviewers
    )
