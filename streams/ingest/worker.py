"""The worker class's former name, for unit files and commands that still use it."""

from __future__ import annotations

from streams.serving.worker import ServingWorker as IngestWorker

__all__ = ["IngestWorker"]
