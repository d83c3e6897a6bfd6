"""Every rule of the Spec: the one place that knows their ids, severities and pages.

An id never changes and is never given to another rule: programs act on it. Rules about
an event's name begin with SPEC-NAME.
"""

from __future__ import annotations

from streams.spec.data import DOCS
from streams.spec.findings import Rule, Severity, by_id

_ERROR, _WARNING, _HINT = Severity.ERROR, Severity.WARNING, Severity.HINT

COMMON = DOCS + "connections/spec/common/"
SEMANTIC = DOCS + "connections/spec/semantic/"
TRACK = DOCS + "connections/spec/track/"
IDENTIFY = DOCS + "connections/spec/identify/"
HTTP_API = DOCS + "connections/sources/catalog/libraries/server/http-api/"
STREAMS = DOCS + "partners/streams/"
PARTNER_SOURCES = DOCS + "partners/sources/"
WAREHOUSES = DOCS + "connections/storage/warehouses/schema/"
UNIFY = DOCS + "unify/product-limits/"
PRACTICES = DOCS + "protocols/tracking-plan/best-practices/"

RULES: dict[str, Rule] = by_id(
    Rule("SPEC-JSON-001", _ERROR, "Not valid JSON, or not an object", HTTP_API),
    Rule("SPEC-JSON-002", _ERROR, "Not UTF-8", HTTP_API),
    Rule("SPEC-JSON-003", _ERROR, "A number that JSON cannot hold", HTTP_API),
    Rule("SPEC-JSON-004", _ERROR, "Half of a character", HTTP_API),
    Rule("SPEC-JSON-005", _ERROR, "Nested too deep", HTTP_API),
    Rule("SPEC-SIZE-001", _ERROR, "The event is too large", HTTP_API),
    Rule("SPEC-TYPE-001", _ERROR, "None of the six calls", COMMON),
    Rule("SPEC-TYPE-002", _ERROR, "Another call than its path says", HTTP_API),
    Rule("SPEC-ID-001", _ERROR, "No userId", STREAMS),
    Rule("SPEC-ID-002", _ERROR, "An id that is not a text", COMMON),
    Rule("SPEC-ID-003", _ERROR, "An empty id", COMMON),
    Rule("SPEC-ID-004", _ERROR, "No groupId", DOCS + "connections/spec/group/"),
    Rule("SPEC-ID-005", _ERROR, "No previousId", DOCS + "connections/spec/alias/"),
    Rule("SPEC-NAME-001", _ERROR, "No event name", TRACK),
    Rule("SPEC-NAME-002", _ERROR, "A name that is empty or not a text", TRACK),
    Rule("SPEC-NAME-003", _ERROR, "A name that Segment's docs call wrong", STREAMS),
    Rule("SPEC-NAME-004", _ERROR, "A Spec name, spelled otherwise", STREAMS),
    Rule("SPEC-NAME-005", _WARNING, "Another name for a Spec event", STREAMS),
    Rule("SPEC-NAME-006", _HINT, "A variant that the Spec allows", SEMANTIC),
    Rule("SPEC-NAME-007", _WARNING, "A name on which the docs disagree", STREAMS),
    Rule("SPEC-NAME-008", _HINT, "Perhaps another name for a Spec event", STREAMS),
    Rule("SPEC-NAME-009", _WARNING, "A value in the name", PRACTICES),
    Rule("SPEC-NAME-010", _HINT, "The name is not in Title Case", PARTNER_SOURCES),
    Rule("SPEC-PROPERTY-001", _WARNING, "A Spec property of another type", SEMANTIC),
    Rule("SPEC-PROPERTY-002", _HINT, "A value that the Spec does not list", SEMANTIC),
    Rule("SPEC-PROPERTY-003", _WARNING, "A reserved property of another type", TRACK),
    Rule("SPEC-PROPERTY-004", _WARNING, "A Spec property, spelled otherwise", SEMANTIC),
    Rule("SPEC-PROPERTY-005", _HINT, "A property on which the docs disagree", SEMANTIC),
    Rule("SPEC-MONEY-001", _WARNING, "Not a currency's code", TRACK),
    Rule("SPEC-MONEY-002", _WARNING, "Money that is not a number", TRACK),
    Rule("SPEC-TRAIT-001", _WARNING, "A reserved trait of another type", IDENTIFY),
    Rule("SPEC-TRAIT-002", _WARNING, "A trait in two spellings", IDENTIFY),
    Rule("SPEC-FIELD-001", _WARNING, "A field that Segment calls otherwise", COMMON),
    Rule("SPEC-FIELD-002", _WARNING, "Traits outside the context", COMMON),
    Rule("SPEC-CONTEXT-001", _WARNING, "A context field of another type", COMMON),
    Rule("SPEC-KEY-001", _HINT, "A key that is not in snake_case", PARTNER_SOURCES),
    Rule("SPEC-KEY-002", _HINT, "Keys that are numbered", PRACTICES),
    Rule("SPEC-KEY-003", _HINT, "A key that is too long for a warehouse", WAREHOUSES),
    Rule("SPEC-COUNT-001", _WARNING, "Too many properties or traits", UNIFY),
    Rule("SPEC-SIZE-002", _HINT, "A text that warehouses cut", WAREHOUSES),
    Rule("SPEC-SIZE-003", _WARNING, "A groupId that Unify drops", UNIFY),
    Rule("SPEC-OBJECT-001", _ERROR, "Not an object", HTTP_API),
    Rule("SPEC-MESSAGE-001", _ERROR, "Not a messageId", COMMON),
    Rule("SPEC-TIME-001", _ERROR, "Not a time", COMMON),
    Rule("SPEC-TIME-002", _WARNING, "A time in the future", COMMON),
    Rule("SPEC-TIME-003", _WARNING, "A time before 1970", UNIFY),
)
