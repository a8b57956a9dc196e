"""Deliver without a network: each message is written somewhere, one after the other, and that is its answer."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

from digest.interfaces import Feed, Job

__all__ = ["hand_over"]

NAP = 0.5  # seconds at most between questions to the feed: it may want to end


def hand_over(feed: Feed, write: Callable[[Job, bytes], str]) -> None:
    """Give each job of the feed to `write`, whose words become the reply; what it raises ends the delivery."""
    while (job := feed.take(monotonic())) is not None:
        if not isinstance(job, tuple):
            sleep(min(job, NAP))
            continue
        try:
            said = write(job, feed.body(job[0]))
        except BaseException:
            feed.settle([(job[0], "released", 0, "it could not be written")])
            raise
        feed.settle([(job[0], "dot", 250, said)])
