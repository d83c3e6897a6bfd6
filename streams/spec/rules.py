"""All rules of the Spec, with their IDs, severities and docs pages.

An ID never changes and is never reused, because programs depend on it. The IDs of rules
about names start with SPEC-NAME.
"""

from __future__ import annotations

from streams.spec.issues import Rule, Severity, by_id
from streams.spec.spec_data import DOCS

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
CONSENT = DOCS + "privacy/consent-management/consent-in-segment-connections/"
PRACTICES = DOCS + "protocols/tracking-plan/best-practices/"

# Errors that Segment would accept: the validation mode decides about these events.
DECIDED_BY_MODE = frozenset(
    {"SPEC-NAME-003", "SPEC-NAME-004", "SPEC-CONSENT-002", "SPEC-CONSENT-004"}
)

RULES: dict[str, Rule] = by_id(
    Rule("SPEC-JSON-001", _ERROR, "Invalid JSON, or not an object", HTTP_API),
    Rule("SPEC-JSON-002", _ERROR, "Invalid UTF-8", HTTP_API),
    Rule("SPEC-JSON-003", _ERROR, "Number that JSON can't represent", HTTP_API),
    Rule("SPEC-JSON-004", _ERROR, "Incomplete Unicode character", HTTP_API),
    Rule("SPEC-JSON-005", _ERROR, "Nested too deeply", HTTP_API),
    Rule("SPEC-SIZE-001", _ERROR, "Event too large", HTTP_API),
    Rule("SPEC-TYPE-001", _ERROR, "Unknown call type", COMMON),
    Rule("SPEC-TYPE-002", _ERROR, "Type doesn't match the path", HTTP_API),
    Rule("SPEC-ID-001", _ERROR, "Missing userId", STREAMS),
    Rule("SPEC-ID-002", _ERROR, "ID is not a string", COMMON),
    Rule("SPEC-ID-003", _ERROR, "Empty ID", COMMON),
    Rule("SPEC-ID-004", _ERROR, "Missing groupId", DOCS + "connections/spec/group/"),
    Rule("SPEC-ID-005", _ERROR, "Missing previousId", DOCS + "connections/spec/alias/"),
    Rule("SPEC-NAME-001", _ERROR, "Missing event name", TRACK),
    Rule("SPEC-NAME-002", _ERROR, "Empty name, or not a string", TRACK),
    Rule("SPEC-NAME-003", _ERROR, "Name that Segment's docs list as wrong", STREAMS),
    Rule("SPEC-NAME-004", _ERROR, "Different spelling of a Spec name", STREAMS),
    Rule("SPEC-NAME-005", _WARNING, "Different name for a Spec event", STREAMS),
    Rule("SPEC-NAME-006", _HINT, "Variant that the Spec allows", SEMANTIC),
    Rule("SPEC-NAME-007", _WARNING, "Name on which Segment's docs disagree", STREAMS),
    Rule("SPEC-NAME-008", _HINT, "Possibly a different name for a Spec event", STREAMS),
    Rule("SPEC-NAME-009", _WARNING, "Name contains a value", PRACTICES),
    Rule("SPEC-NAME-010", _HINT, "Name is not in Title Case", PARTNER_SOURCES),
    Rule("SPEC-PROPERTY-001", _WARNING, "Wrong type for a Spec property", SEMANTIC),
    Rule("SPEC-PROPERTY-002", _HINT, "Value that the Spec doesn't list", SEMANTIC),
    Rule("SPEC-PROPERTY-003", _WARNING, "Wrong type for a reserved property", TRACK),
    Rule(
        "SPEC-PROPERTY-004", _WARNING, "Different spelling of a Spec property", SEMANTIC
    ),
    Rule(
        "SPEC-PROPERTY-005",
        _HINT,
        "Property on which Segment's docs disagree",
        SEMANTIC,
    ),
    Rule("SPEC-MONEY-001", _WARNING, "Invalid currency code", TRACK),
    Rule("SPEC-MONEY-002", _WARNING, "Amount is not a number", TRACK),
    Rule("SPEC-TRAIT-001", _WARNING, "Wrong type for a reserved trait", IDENTIFY),
    Rule("SPEC-TRAIT-002", _WARNING, "Trait in two spellings", IDENTIFY),
    Rule("SPEC-FIELD-001", _WARNING, "Field with a different name in Segment", COMMON),
    Rule("SPEC-FIELD-002", _WARNING, "Traits outside the context", COMMON),
    Rule("SPEC-CONTEXT-001", _WARNING, "Wrong type for a context field", COMMON),
    Rule("SPEC-KEY-001", _HINT, "Key is not in snake_case", PARTNER_SOURCES),
    Rule("SPEC-KEY-002", _HINT, "Numbered keys", PRACTICES),
    Rule("SPEC-KEY-003", _HINT, "Key too long for warehouses", WAREHOUSES),
    Rule("SPEC-COUNT-001", _WARNING, "Too many properties or traits", UNIFY),
    Rule("SPEC-SIZE-002", _HINT, "String that warehouses truncate", WAREHOUSES),
    Rule("SPEC-SIZE-003", _WARNING, "groupId that Unify drops", UNIFY),
    Rule("SPEC-OBJECT-001", _ERROR, "Not an object", HTTP_API),
    Rule("SPEC-CONSENT-001", _ERROR, "Consent of a wrong type", CONSENT),
    Rule("SPEC-CONSENT-002", _ERROR, "Consent without a category", CONSENT),
    Rule("SPEC-CONSENT-003", _WARNING, "Category that Segment can't have", CONSENT),
    Rule("SPEC-CONSENT-004", _ERROR, "Consent update without preferences", CONSENT),
    Rule("SPEC-MESSAGE-001", _ERROR, "Invalid messageId", COMMON),
    Rule("SPEC-TIME-001", _ERROR, "Invalid timestamp", COMMON),
    Rule("SPEC-TIME-002", _WARNING, "Timestamp in the future", COMMON),
    Rule("SPEC-TIME-003", _WARNING, "Timestamp before 1970", UNIFY),
)


def is_always_rejected(rule: str) -> bool:
    """Whether an event that breaks this rule is rejected in every validation mode."""
    known = RULES.get(rule)
    return (
        known is not None and known.severity == _ERROR and rule not in DECIDED_BY_MODE
    )
