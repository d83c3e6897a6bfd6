"""A sender's thread: send one request and return its response."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from streams.connections.regions import tracking_url
from streams.delivery.engine.store_outcome import CompletedRequest
from streams.delivery.segment.client import SegmentClient
from streams.delivery.segment.responses import SegmentResponse

if TYPE_CHECKING:
    from streams.connections.write_keys import WriteKey
    from streams.delivery.lease import OwnedStream
    from streams.delivery.models import Cursor
    from streams.delivery.segment.batch import Batch

log = structlog.get_logger()


@dataclass(slots=True)
class Sender:
    """Sends batches for an owned stream; each thread has its own connections."""

    owned: OwnedStream
    _local: threading.local = field(default_factory=threading.local)
    _clients: list[SegmentClient] = field(default_factory=list)

    def send(
        self, cursor: Cursor, batch: Batch, write_key: WriteKey
    ) -> CompletedRequest | None:
        """Send one batch. None: the lease expired first, and nothing was sent."""
        started_at = self.owned.now
        body = batch.body(started_at)
        # The last check before the network, in case the process was frozen.
        if self.owned.remaining_s <= 0:
            return None
        response = self._post(cursor, body, write_key)
        return CompletedRequest(cursor, batch, len(body), started_at, response)

    def _post(
        self, cursor: Cursor, body: bytes, write_key: WriteKey
    ) -> SegmentResponse:
        try:
            url = tracking_url(cursor.connection.region)
            return self._client().post_batch(url, write_key=write_key, body=body)
        except Exception as error:
            # Our bug, or wrong settings of this connection. It is logged, shown on the
            # attempt, and retried later, without effect on other connections.
            log.exception("sender.failed", connection=cursor.connection_id)
            reason = f"The request could not be sent ({type(error).__name__})."
            return SegmentResponse(status=None, error=reason)

    def _client(self) -> SegmentClient:
        if not hasattr(self._local, "client"):
            self._local.client = SegmentClient(timeout_s=settings.SEGMENT_TIMEOUT_S)
            self._clients.append(self._local.client)
        client: SegmentClient = self._local.client
        return client

    def close(self) -> None:
        """Close all connections. Call it only while no thread is sending."""
        for client in self._clients:
            client.close()
