from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from streams.ingest.commit.group_commit import GroupCommitter


class Writer:
    """The committer, with a future for each request."""

    def __init__(self, told):
        self.settled = []  # the number of requests in each call
        self.committer = GroupCommitter(self._settle, told)

    def _settle(self, settled):
        self.settled.append(len(settled))
        for job, result in settled:
            job.done(result)

    def hand_over(self, additions):
        future = Future()
        job = self.committer.hand_over(additions, partial(self._resolve, future))
        future.give_up = job.give_up
        return future

    @staticmethod
    def _resolve(future, result):
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def close(self):
        self.committer.close()
