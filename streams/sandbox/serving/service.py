"""The sandbox's state, and its responses to calls of Segment's API."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from streams.sandbox.debugger.recent_requests import KEPT_EVENTS, RequestLog
from streams.sandbox.debugger.stats import Stats
from streams.sandbox.faults.playback import apply_script
from streams.sandbox.faults.running_script import NORMAL, RunningScript, ScriptRequest
from streams.sandbox.faults.scripts import Script, ScriptedResponse
from streams.sandbox.http import cors_and_pixel
from streams.sandbox.http.responses import Response, failure, json_response, success
from streams.sandbox.inbound.sender import InboundSender
from streams.sandbox.oauth.endpoint import OAuthEndpoint, oauth_failure
from streams.sandbox.oauth.tokens import OAuthError
from streams.sandbox.segment.body import BATCH
from streams.sandbox.segment.sources import REGIONS, KnownSources, Region, Sources
from streams.sandbox.segment.tracking_api import Call, read_call

if TYPE_CHECKING:
    from streams.sandbox.http.request import Request

# Including the browser library's one-letter names, and `import`, the older name of batch.
_CALLS = {
    **{
        name: name for name in ("identify", "track", "page", "screen", "group", "alias")
    },
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    **dict.fromkeys(("batch", "import", "b"), BATCH),
}

GZIP = {"gzip", "x-gzip"}


class SegmentService:
    """The state of one sandbox, and its responses to calls of Segment's own API."""

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self._kept_events = kept_events
        self.sources = Sources(KnownSources())
        self.running_script = RunningScript(Script())
        self.oauth = OAuthEndpoint()
        self.inbound = InboundSender()
        self.clear()

    def clear(self) -> None:
        """Delete all events and counts, but not the behavior, sources and OAuth settings."""
        self.stats = Stats()
        self.log = RequestLog(self._kept_events)

    def respond(self, request: Request) -> tuple[ScriptedResponse, Response]:
        """Respond to a call to `/v1/…` or `/token`, with or without a region prefix."""
        region, parts = _region_and_parts(request.path)
        match request.method, parts:
            case "POST", ["v1", name] if name in _CALLS:
                call = self._read(request, kind=_CALLS[name], region=region)
                return self._respond_to_call(request, call, region)
            case "GET", ["v1", "pixel", name] if _CALLS.get(name, BATCH) != BATCH:
                request.body = cors_and_pixel.pixel_body(request.query)
                call = self._read(request, kind=_CALLS[name], region=region)
                return self._respond_to_call(
                    request, call, region, own=cors_and_pixel.pixel()
                )
            case "OPTIONS", ["v1", *_]:
                return NORMAL, cors_and_pixel.preflight(request)
            case "GET", ["v1", "projects", write_key, "settings"]:
                return self._settings(write_key, region, now_ns=request.arrived_ns)
            case "POST", ["token"]:
                return self._token(request, region)
        return NORMAL, failure(404, "This path does not exist.")

    def _read(self, request: Request, *, kind: str, region: Region) -> Call:
        return read_call(
            kind,
            header_key=_basic_user(request.headers.get("authorization", "")),
            body=request.body,
            gzipped=request.headers.get("content-encoding", "").lower() in GZIP,
            region=region,
            sources=self.sources,
        )

    def _respond_to_call(
        self, request: Request, call: Call, region: Region, own: Response | None = None
    ) -> tuple[ScriptedResponse, Response]:
        """Accept or refuse the events. `own` is the response in both cases."""
        now_ns = request.arrived_ns
        script_request = ScriptRequest(
            "events", call.write_key, region, call.events, now_ns
        )
        scripted = self.running_script.response_to(script_request)
        refusal = self._refusal(request, call, region)
        response = apply_script(scripted, own or refusal or success())
        accepted = scripted.takes_events and refusal is None
        self.stats.count_request(call.write_key, region, request)
        if accepted:
            fresh = self.stats.count_events(call, region)
            self.log.add(fresh, call, region, request)
        status = response.status if scripted.is_sent else None
        self.log.add_request(request, call, region, status=status, accepted=accepted)
        return scripted, response

    def _refusal(self, request: Request, call: Call, region: Region) -> Response | None:
        if call.refusal is not None:
            return failure(400, call.refusal)
        write_keys = {call.write_key, *(event.write_key for event in call.events)}
        return self.oauth.refusal(request, region, write_keys)

    def _token(
        self, request: Request, region: Region
    ) -> tuple[ScriptedResponse, Response]:
        script_request = ScriptRequest("token", "", region, (), request.arrived_ns)
        scripted = self.running_script.response_to(script_request)
        error = OAuthError(
            400,
            "invalid_request",
            "The sandbox is scripted to respond with this error.",
        )
        refused = self.oauth.dated(request, oauth_failure(error))
        own = self.oauth.respond(request, region) if scripted.takes_events else refused
        return scripted, apply_script(scripted, own, refused=refused)

    def _settings(
        self, write_key: str, region: Region, *, now_ns: int
    ) -> tuple[ScriptedResponse, Response]:
        """Respond to the probe of a write key, on one host for all regions like Segment."""
        script_request = ScriptRequest("settings", write_key, region, (), now_ns)
        scripted = self.running_script.response_to(script_request)
        own = failure(404, "The path or the write key is invalid.")
        if self.sources.knows(write_key):
            own = json_response({"integrations": {"Segment.io": {}}, "plan": {}})
        return scripted, apply_script(scripted, own)


def _region_and_parts(path: str) -> tuple[Region, list[str]]:
    parts = path.strip("/").split("/")
    if parts[0] in REGIONS:
        return REGIONS[parts[0]], parts[1:]
    return "sandbox", parts


def _basic_user(authorization: str) -> str:
    """Return the user of a Basic header, whose colon may be missing, or an empty string."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[0]
