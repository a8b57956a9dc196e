"""The one loop over all connections to a relay: who connects, who waits, what times out. Threads only sign in.

A lane is a signed-in socket with its `wire.Conversation`. Lanes open one after the other and double as messages are
accepted, so that a relay that refuses us is asked once; one that dies is replaced a bounded number of times. How a
connection is made and signed in is the transport's; it hands in `connect`.
"""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from digest.deliver.wire import Conversation
from digest.errors import DigestError, RelayRefused, RelayUnreachable
from digest.interfaces import Feed, Job, Reply

__all__ = ["Lanes", "Line"]

PATIENCE = {"mail": 5, "rcpt": 5, "data": 2, "body": 3, "dot": 10, "lone": 10, "rset": 5, "quit": 0.05}
"""Minutes to wait at each step (RFC 5321 4.5.3.2); a minute is `unit` seconds, so that tests need not wait."""

SIGN_IN = 10  # minutes from the first octet to a line that is signed in: each step has its own time-out besides
FAILURES = 5  # connections in a row that carried nothing, before we give up
RECORD = 16_384  # octets in a TLS record at most (RFC 8446 5.1)
CORK: int | None = getattr(socket, "TCP_CORK", None)  # Linux
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A connection after sign-in: what EHLO offered, and octets the server has sent already."""

    sock: socket.socket
    features: Mapping[str, str]
    early: bytes = b""


class Lane:
    """A line at work."""

    __slots__ = ("leaving", "recv", "send", "sendmsg", "sock", "talk", "tls", "useful", "waits_since", "writing")

    def __init__(self, sock: socket.socket, talk: Conversation, now: float) -> None:
        self.sock, self.talk, self.waits_since = sock, talk, now
        self.recv, self.send, self.sendmsg = sock.recv, sock.send, sock.sendmsg  # looked up once
        self.tls = isinstance(sock, ssl.SSLSocket)
        self.writing = self.leaving = self.useful = False


class Lanes:
    """Deliver over up to `most` connections. `limit`: messages a connection; `unit`: seconds of a protocol minute.

    `stop` is asked while there is no line: then nobody asks the feed, and a person need not wait for a relay to answer.
    """

    def __init__(
        self,
        connect: Callable[[], Line],
        *,
        most: int = 1,
        limit: int | None = None,
        unit: float = 60.0,
        stop: Callable[[], bool] = lambda: False,
    ):
        self._connect, self._most, self._limit, self._unit, self._stop = connect, most, limit, unit, stop
        self._lanes: list[Lane] = []
        self._selector = selectors.DefaultSelector()
        self._opened: queue.SimpleQueue[Line | BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._opening = 0
        self._pipelining = True
        self._feed: Feed | None = None
        self._held: Job | None = None
        self._closed = self._calm = False

    # ---------------------------------------------------------------------------------------- one delivery

    def deliver(self, feed: Feed) -> None:
        """Run until the feed has nothing more and every job taken has its reply."""
        self._feed, self._ask_at, self._finished, self._calm = feed, 0.0, False, False
        self._failures, self._carried, self._retry_at, self._looked = 0, False, 0.0, 0.0
        self._knocked = monotonic()
        self._now = monotonic()
        for lane in self._lanes:
            lane.talk.feed_from(size=feed.size, body=feed.body)
        self._held = self._take()
        self._listen(0)  # a line that was closed meanwhile says so only now
        try:
            while not self._over():
                self._turn()
        finally:
            self._give_back()
            self._feed = None

    def _over(self) -> bool:
        """Nothing more to send, nothing in hand."""
        return self._finished and self._held is None and all(lane.talk.idle or lane.leaving for lane in self._lanes)

    def _turn(self) -> None:
        if not self._calm:
            self._attend(monotonic())
            if self._over():
                return
        now = self._now
        if not self._lanes:
            self._go_on_waiting(now)
        tick = min(0.5, self._unit / 4)
        self._listen(min(tick, self._ask_at - now) if self._ask_at > now else tick)
        if self._now - self._looked >= tick / 2:
            self._looked = self._now
            self._time_out(self._now)

    def _go_on_waiting(self, now: float) -> None:
        """There is no line yet, or none any more: see whether to wait for one."""
        assert self._feed is not None
        if self._stop() and self._held is not None:
            held, self._held = self._held, None
            self._feed.settle([(held[0], "released", 0, "no connection")])
            self._held = self._take()  # a feed that is asked to end has nothing more
        elif self._opening and now - self._knocked > SIGN_IN * self._unit:
            words = f"the mail server did not let us in within {SIGN_IN * self._unit:g} seconds"
            raise RelayUnreachable(words, hint="Check [smtp] host and port, or ask its operator.")

    def _attend(self, now: float) -> None:
        """Look after every lane. Calm is where all there may be are in flight: then only their answers matter."""
        self._now = now
        self._start_idle(now)
        self._open_more(now)
        self._calm = len(self._lanes) >= self._most and not any(lane.talk.idle or lane.leaving for lane in self._lanes)

    def _listen(self, wait: float) -> None:
        """Wait for octets and for threads, serve them, and hand on what was answered."""
        ready = self._selector.select(wait)
        self._now = monotonic()
        taken: list[Reply] = []
        for key, events in ready:
            lane = key.data
            if lane is None:
                self._calm = False
                self._welcome()
            elif events & selectors.EVENT_READ:
                if self._read(lane):
                    taken += lane.talk.replies
                    lane.talk.replies.clear()
                    lane.useful = True
                else:
                    self._calm = False
                    if lane.talk.replies:  # it may speak of us: heard before another lane takes the next message
                        self._hand_on(lane)
        if taken and self._feed is not None:
            self._feed.settle(taken)  # before the next messages leave: a kill between would leave two in doubt
        if not self._calm:
            self._settle()
        writing = [lane for key, _ in ready if (lane := key.data) is not None and not lane.talk.fault]
        for lane in writing:  # all of them first: then their answers come together too, and a turn serves many
            lane.talk.fill()
        for lane in writing:
            self._write(lane)
        if self._calm and self._feed is not None:
            self._feed.ahead()

    def _start_idle(self, now: float) -> None:
        """Give work to every lane that has none; let go of those that may carry no more."""
        again = True
        while again:
            for lane in self._lanes:
                if lane.talk.idle and not lane.leaving and not self._finished and now >= self._ask_at:
                    lane.waits_since = now
                    lane.talk.start()
                    self._write(lane)
            again = self._settle()
            for lane in [lane for lane in self._lanes if lane.talk.spent and lane.talk.idle and not lane.leaving]:
                self._leave(lane)

    def _take(self) -> Job | None:
        """What conversations ask: the feed's next job, unless the pace or the end says no."""
        if self._held is not None:
            job, self._held = self._held, None
            return job
        if self._finished or self._now < self._ask_at:
            return None
        assert self._feed is not None
        answer = self._feed.take(self._now)
        if isinstance(answer, tuple):
            return answer
        if answer is None:
            self._finished = True
        else:
            self._ask_at = self._now + answer
        return None

    def _settle(self) -> bool:
        """Hand on every answer, and bury the lanes that have ended; True where there was any answer."""
        any_answers = False
        for lane in [lane for lane in self._lanes if lane.talk.replies]:
            any_answers = True
            self._hand_on(lane)
        for lane in [lane for lane in self._lanes if lane.talk.fault]:
            self._bury(lane)
        return any_answers

    def _hand_on(self, lane: Lane) -> None:
        """Give a lane's answers to the feed, which may have work again for it."""
        replies, lane.talk.replies = lane.talk.replies, []
        if not lane.useful:
            lane.useful = any(reply[1] not in ("released", "lost") for reply in replies)
        self._finished = False
        assert self._feed is not None
        self._feed.settle(replies)

    def _give_back(self) -> None:
        """However this delivery ends, each job in hand gets its reply: also where the feed itself has failed."""
        replies: list[Reply] = []
        if self._held is not None:
            replies.append((self._held[0], "released", 0, "no connection"))
            self._held = None
        for lane in list(self._lanes):
            if not lane.talk.idle and not lane.leaving:
                lane.talk.break_off("the run stopped")
            replies += lane.talk.replies
            lane.talk.replies = []
            if lane.talk.fault:
                self._drop(lane)
        if replies and self._feed is not None:
            self._feed.settle(replies)

    # ---------------------------------------------------------------------------------------- octets

    def _read(self, lane: Lane) -> bool:
        """Take what has come; True where it was the usual answer, and the lane is in flight again."""
        talk, usual = lane.talk, False
        while True:
            try:
                data = lane.recv(8192)
            except NOT_YET:
                return usual
            except OSError as error:
                talk.break_off(f"the connection broke ({error.strerror or error})")
                return False
            if not data:
                talk.break_off("it closed the connection")
                return False
            due = talk.answers
            usual = talk.received(data)
            if talk.answers != due:
                lane.waits_since = self._now
            if talk.fault or not (lane.tls and lane.sock.pending()):  # type: ignore[attr-defined]  # of SSLSocket
                return usual

    def _write(self, lane: Lane) -> None:
        lane.talk.fill()
        if lane.talk.replies:  # one that can never go over this line
            self._calm = False
        if lane.tls and lane.talk.output:
            lane.talk.join()
            several = len(lane.talk.output) > RECORD
            if several:
                _cork(lane.sock, 1)
            try:
                self._hand_over(lane)
            finally:
                if several:
                    _cork(lane.sock, 0)
        else:
            self._hand_over(lane)

    def _hand_over(self, lane: Lane) -> None:
        """Give the kernel what there is to write, as far as it takes it."""
        talk = lane.talk
        while talk.output:
            talk.offered = True
            try:
                sent = lane.sendmsg((talk.output, talk.behind)) if talk.behind else lane.send(talk.output)
            except NOT_YET:
                talk.offered = False
                break
            except OSError as error:
                talk.offered = self._calm = False
                self._read(lane)  # its last words may lie there and say why
                if not talk.fault:
                    talk.break_off(f"the connection broke ({error.strerror or error})")
                return
            talk.wrote(sent)
            lane.waits_since = self._now
        if lane.writing is not bool(talk.output):
            lane.writing = not lane.writing
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if lane.writing else 0)
            self._selector.modify(lane.sock, wanted, lane)

    def _time_out(self, now: float) -> None:
        late = [lane for lane in self._lanes if self._overdue(lane, now)]
        # Our process may have been stopped for a while, and what they say lies there.
        heard = {key.data for key, _ in self._selector.select(0)} if late else set()
        for lane in late:
            if lane not in heard:
                step = lane.talk.awaited
                what = "took no more octets" if step == "body" else f"gave no answer to {WORDS.get(step, step.upper())}"
                lane.talk.break_off(f"it {what} for {PATIENCE[step] * self._unit:g} seconds", silent=True)
                self._calm = False
        self._settle()

    def _overdue(self, lane: Lane, now: float) -> bool:
        step = lane.talk.awaited
        return bool(step) and now - lane.waits_since > PATIENCE[step] * self._unit

    # ---------------------------------------------------------------------------------------- lanes come and go

    def _open_more(self, now: float) -> None:
        """Ask for one more lane where there is work for it, and the relay has been seen to take mail."""
        staying = [lane for lane in self._lanes if not lane.leaving]
        proven = sum(1 for lane in staying if lane.talk.accepted)
        busy = all(not lane.talk.idle for lane in staying)
        wanted = min(self._most, max(1, 2 * proven))
        if not busy or len(staying) + self._opening >= wanted or now < self._retry_at:
            return
        if len(self._lanes) + self._opening >= self._most:  # one that has said QUIT still counts at the other side
            return
        self._held = self._take()  # whichever lane is free first gets it
        if self._held is not None:
            self._opening += 1
            self._knocked = now
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._sign_in, daemon=True, name="sign-in")
            thread.start()
            self._threads.append(thread)

    def _sign_in(self) -> None:
        """In a thread of its own: connecting blocks."""
        try:
            self._opened.put(self._connect())
        except BaseException as error:  # noqa: BLE001  # it is raised again, in the thread that waits for it
            self._opened.put(error)
        with contextlib.suppress(OSError):  # nobody waits any more
            self._waker.send(b".")
        if self._closed:
            self._turn_away()

    def _welcome(self) -> None:
        """Take in what the threads have brought."""
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)
        while True:
            try:
                brought = self._opened.get_nowait()
            except queue.Empty:
                return
            self._opening -= 1
            if isinstance(brought, Line):
                self._admit(brought)
            elif isinstance(brought, DigestError):
                self._failed(brought, signed_in=False)
            else:
                raise brought

    def _admit(self, line: Line) -> None:
        assert self._feed is not None
        line.sock.setblocking(False)
        talk = Conversation(
            line.features,
            take=self._take,
            size=self._feed.size,
            body=self._feed.body,
            pipelining=self._pipelining,
            limit=self._limit,
        )
        lane = Lane(line.sock, talk, monotonic())
        self._selector.register(line.sock, selectors.EVENT_READ, lane)
        self._lanes.append(lane)
        if line.early:
            talk.received(line.early)
            self._settle()

    def _leave(self, lane: Lane) -> None:
        lane.leaving = True
        lane.talk.quit()
        lane.waits_since = monotonic()
        self._write(lane)

    def _bury(self, lane: Lane) -> None:
        """A lane has ended. Those that carried something are replaced at once, the others after a growing pause."""
        self._drop(lane)
        if lane.leaving:
            return
        if lane.talk.suspicious:
            self._pipelining = False
        if lane.useful:
            self._failures, self._carried = 0, True
        elif lane.talk.began or not self._carried:
            words = f"the mail server broke the connection {FAILURES} times: {lane.talk.fault}"
            self._failed(RelayUnreachable(words, hint="Try again later, or ask its operator."), signed_in=True)

    def _failed(self, error: DigestError, *, signed_in: bool) -> None:
        self._failures += 1
        self._retry_at = monotonic() + self._unit / 60 * 2 ** (self._failures - 1)
        if self._lanes:
            if not signed_in:
                self._most = len(self._lanes)  # it may allow no more at a time
        elif not self._opening and (self._hopeless(error, signed_in) or self._failures >= FAILURES):
            raise error

    def _hopeless(self, error: DigestError, signed_in: bool) -> bool:
        """At the beginning the first failure to connect is told at once, and a refusal always."""
        return isinstance(error, RelayRefused) or (not signed_in and not self._carried)

    def _drop(self, lane: Lane) -> None:
        self._lanes.remove(lane)
        self._selector.unregister(lane.sock)
        lane.sock.close()

    # ---------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Say QUIT on each line, wait a moment for its answer, and close all."""
        if self._closed:
            return
        self._selector.unregister(self._wake)
        for lane in self._lanes:
            if lane.talk.idle and not lane.leaving:
                self._leave(lane)
        until = monotonic() + min(2.0, PATIENCE["quit"] * self._unit)
        while any(lane.talk.awaited for lane in self._lanes) and monotonic() < until:
            for key, _ in self._selector.select(0.05):
                self._read(key.data)
                self._write(key.data)
            for lane in [lane for lane in self._lanes if lane.talk.fault]:
                self._drop(lane)
        for lane in list(self._lanes):
            self._drop(lane)
        self._closed = True
        for thread in self._threads:
            thread.join(min(2.0, self._unit))
        self._turn_away()
        self._selector.close()
        self._wake.close()
        self._waker.close()

    def _turn_away(self) -> None:
        """Close lines that came too late."""
        with contextlib.suppress(queue.Empty):
            while True:
                brought = self._opened.get_nowait()
                if isinstance(brought, Line):
                    brought.sock.close()


def _cork(sock: socket.socket, on: int) -> None:
    """Let the kernel hold octets back until full segments are there, or no longer.

    OpenSSL writes each record by itself: corked, 45 KB leave at once, which wakes the other side once and not three
    times, and takes a tenth less of our own time.
    """
    if CORK is not None:
        with contextlib.suppress(OSError):  # a line that is broken says so elsewhere
            sock.setsockopt(socket.IPPROTO_TCP, CORK, on)


WORDS = {"dot": "the end of the message", "lone": "the end of an empty message"}
