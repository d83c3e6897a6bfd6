"""How people get notices until they choose, by their role."""

from __future__ import annotations

from streams.alerts.models import Notice
from streams.alerts.people.digests import Cadence
from streams.tenancy.models import PartnerMembership, WorkspaceMembership

CHANNELS = (Notice.Channel.EMAIL, Notice.Channel.INBOX)
_EMAIL, _INBOX = CHANNELS
_ALL = {_EMAIL: Cadence.NOW, _INBOX: Cadence.NOW}
_INBOX_ONLY = {_EMAIL: Cadence.OFF, _INBOX: Cadence.NOW}
_NOTHING = {_EMAIL: Cadence.OFF, _INBOX: Cadence.OFF}

type Defaults = dict[str, dict[Notice.Channel, Cadence]]

IN_WORKSPACE: Defaults = {
    WorkspaceMembership.Role.ADMIN: _ALL,
    WorkspaceMembership.Role.EDITOR: _INBOX_ONLY,
    WorkspaceMembership.Role.VIEWER: _NOTHING,
}
IN_PARTNER: Defaults = {
    PartnerMembership.Role.ADMIN: _ALL,
    PartnerMembership.Role.DEVELOPER: _INBOX_ONLY,
    PartnerMembership.Role.SUPPORT: _INBOX_ONLY,
}
OPERATOR = "operator"  # the role of people who may see alerts in the admin
IN_PORTAL: Defaults = {OPERATOR: _ALL}
