"""SMTP after sign-in, as bytes in and bytes out: no socket, no clock, no policy.

A `Conversation` is one connection's side of the protocol (RFC 5321), pipelined (RFC 2920) where the server offers it:
the end of one message and the envelope of the next leave in one flight, so that a message costs one round trip. Where
it is not offered, or proves broken, the same commands go one by one. Every answer finds its recipient; what cannot be
understood ends the conversation, and each job in hand is told as `released` or `lost`, never guessed.

Answers are cut in `answers`, what they mean is decided in `outcome`; who connects, waits and times out is `lanes`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from digest.deliver.answers import Answers, Garbled, plain
from digest.interfaces import Job, Reply

__all__ = ["Conversation"]

CRLF, DOT = b"\r\n", b".\r\n"
ENVELOPE = ("mail", "rcpt", "data")
DUE = ("dot", *ENVELOPE)  # answers to the end of one message and the envelope of the next
FLIGHT = len(DUE)
USUAL = re.compile(rb"250 ([ -~]{0,500})\r\n250 [ -~]*\r\n25[01] [ -~]*\r\n354 [ -~]*\r\n").fullmatch
"""What a good server says to one flight: the message is taken, the next envelope too, and DATA may come."""
PLAIN = re.compile(r"[!-=?-~]+").fullmatch  # an address that goes into a command as it is


class Conversation:
    """One connection after sign-in. `output`, and then `behind`, is what to write once `fill` was called; `wrote` and
    `received` tell what happened.

    `take` gives the next job or None (none now); `size` says at most how many octets its message has; `body` gives
    the message and marks it as on the wire, and is called by `fill` alone, when its first octet is about to leave: what
    other lines have said, and what that writes to a disk, comes before.
    Answers to jobs gather in `replies`, for the caller to empty. `fault` says why it is over, where it is.

    Each job has one answer, also where Python is interrupted between any two instructions: it leaves the hand first.

    In hand are at most one message that awaits the answer to its dot (`_current`) and one envelope behind it
    (`_next`): after DATA a client has to wait. Once it may send the message (`_granted`), the job that comes behind it
    is taken too (`_after`). With BDAT (RFC 3030) `_current` would become a queue, here alone.
    """

    __slots__ = (
        "_after",
        "_answers",
        "_body",
        "_current",
        "_dot_end",
        "_expect",
        "_gathered",
        "_granted",
        "_in_flight",
        "_limit",
        "_mail",
        "_next",
        "_open",
        "_pipelined",
        "_queued",
        "_refusal",
        "_said_for",
        "_size",
        "_take",
        "_todo",
        "_transactions",
        "_utf8",
        "_with_size",
        "_written",
        "accepted",
        "answers",
        "behind",
        "closing",
        "fault",
        "offered",
        "output",
        "replies",
        "room",
        "suspicious",
    )

    def __init__(
        self,
        features: Mapping[str, str],
        *,
        take: Callable[[], Job | None],
        size: Callable[[int], int],
        body: Callable[[int], bytes],
        pipelining: bool = True,
        limit: int | None = None,
    ) -> None:
        self._take, self._size, self._body = take, size, body
        self._pipelined = pipelining and "pipelining" in features
        self._utf8 = "smtputf8" in features
        self._with_size = "size" in features
        said = features.get("size", "").strip()
        self.room = int(said) if said.isdigit() and int(said) else None  # RFC 1870: 0 means no fixed limit
        self._limit = limit
        self._answers = Answers()
        self._expect: deque[str] = deque()  # steps whose answers are due, in order
        self._todo: deque[tuple[str, bytes]] = deque()  # commands that wait for an answer before them
        self._next: Job | None = None  # its envelope is out, its message is not
        self._granted = False  # its DATA was answered: the message may leave
        self._after: Job | None = None  # the job behind a message that may leave
        self._current: Job | None = None  # its body is out, its dot is not answered
        self._mail, self._said_for = b"", (b"", -1)  # the MAIL command, and the sender and size it is good for
        self._refusal: tuple[str, int, bytes] | None = None  # of the envelope that is out
        self._in_flight = False  # `USUAL` may come
        self._open = False  # a refused envelope has left a transaction open on the other side
        self._gathered: list[bytes | memoryview] = []  # octets for `output`, joined once at the end of each call
        self._transactions = self._queued = self._written = self._dot_end = 0
        self.output: bytes | memoryview = b""
        self.behind = b""  # octets that follow `output`; none without it
        self.offered = False  # both were given to the kernel and are not counted yet: any of it may have left
        self.replies: list[Reply] = []
        self.accepted = 0
        self.answers = 0  # complete ones, to anything
        self.fault = ""
        self.closing = False  # it said 421: nothing more is begun
        self.suspicious = False  # what went wrong looks like a server that cannot pipeline

    # ---------------------------------------------------------------------------------------- what the caller sees

    @property
    def idle(self) -> bool:
        """True where nothing is in hand and nothing is awaited."""
        return not self._expect and not self.output and self._next is None

    @property
    def spent(self) -> bool:
        """True where this connection may begin no further message."""
        return self.closing or bool(self.fault) or (self._limit is not None and self._transactions >= self._limit)

    @property
    def began(self) -> bool:
        """True where at least one message was begun on it."""
        return self._transactions > 0

    @property
    def awaited(self) -> str:
        """The step whose time-out rules now: `body` while octets wait to leave, else what must answer; or nothing."""
        if self.output:
            return "body" if self._current else "mail"
        return self._expect[0] if self._expect else ""

    def feed_from(self, *, size: Callable[[int], int], body: Callable[[int], bytes]) -> None:
        """Take messages from somewhere else from now on; only where nothing is in hand."""
        self._size, self._body = size, body
        self._said_for = (b"", -1)

    def start(self) -> None:
        """Begin a message, if there is one and nothing is in hand."""
        if self.idle and not self.spent:
            self._begin()
            self._join()

    def quit(self) -> None:
        """Say goodbye; only where nothing is in hand."""
        self._send(b"QUIT\r\n", ("quit",))
        self._join()

    def join(self) -> None:
        """Make one piece of `output` and what is behind it: for a socket that takes one piece at a time."""
        if self.behind:
            self.output, self.behind = b"".join((self.output, self.behind)), b""

    def fill(self) -> None:
        """Put the message that may leave, if there is one, and the envelope behind it into `output`.

        Written out where it could call: these are the steps of every message, and a call is their largest cost.
        """
        if not self._granted:
            return
        assert self._next is not None
        body = self._body(self._next[0])  # may raise: the row is still one that can be released, and so is the next
        end = DOT if body.endswith(CRLF) else CRLF + DOT
        self._dot_end = self._queued + len(body) + len(end)
        self._granted = False
        leaving, self._next = self._next, None  # in no two hands, also where a Ctrl-C comes between
        self._current = leaving
        job, self._after = self._after, None
        if job is not None and not self.output:
            row, sender, address = job
            if (sender, self._size(row) if self._with_size else 0) == self._said_for and PLAIN(address):
                self._next = job
                self._transactions += 1
                self.behind = b"".join((end, self._mail, b"RCPT TO:<", address.encode(), b">\r\nDATA\r\n"))
                self.output = body  # not joined with what is behind it: to copy 45 KB takes 2 µs
                self._queued += len(body) + len(self.behind)
                self._expect.extend(DUE)
                self._in_flight = not self._answers.amid
                return
        self._send(body)
        self._send(end, ("dot",))
        if job is not None:
            self._put_out(job)
        self._join()

    def wrote(self, octets: int) -> None:
        """Note that so many octets, of `output` and then of what is behind it, were handed over to the kernel."""
        self._written += octets
        first = len(self.output)
        if octets < first:
            self.output = memoryview(self.output)[octets:]
        else:
            self.output, self.behind = self.behind[octets - first :], b""
        self.offered = False

    def received(self, data: bytes) -> bool:
        """Take what the server said; it may answer jobs, and put new octets into `output`.

        True where it was the usual answer to one flight, and there is another for `fill` to put out: nearly always.
        """
        if self._in_flight and not self.output and (usual := USUAL(data)):
            return self._usual(usual[1])
        self._in_flight = False
        try:
            for code, text in self._answers.feed(data):
                self._answer(code, text)
                if self.fault:
                    return False
        except Garbled as garbled:
            self.break_off(str(garbled))
        self._join()
        # Four answers are due, to a message and the envelope behind it, and none of them has begun to come.
        self._in_flight = self._current is not None and len(self._expect) == FLIGHT and not self._answers.amid
        return False

    def _usual(self, words: bytes) -> bool:
        """One message taken, the next may leave, all as ever: what `_answer` does in four steps, at once."""
        assert self._current is not None
        taken, self._current, self._in_flight = self._current, None, False
        self.answers += FLIGHT
        self.accepted += 1
        self.replies.append((taken[0], "dot", 250, words.decode("ascii")))
        self._expect.clear()
        self._granted = True
        # Without a limit a line is spent only once it has ended, and then it hears no answers.
        self._after = None if self._limit is not None and self.spent else self._take()
        return self._after is not None

    def _join(self) -> None:
        if self._gathered:
            if self.output:
                self._gathered[:0] = self.output, self.behind
                self.behind = b""
            self.output = b"".join(self._gathered)
            self._gathered.clear()

    def break_off(self, why: str, *, silent: bool = False) -> None:
        """End it here: what may have been taken is lost, what surely was not is released. `silent`: it says nothing."""
        # One that is silent behind a message it has taken has thrown away what came with the end of that message.
        silent = silent and self._current is None
        if self._current is not None:
            # A Ctrl-C may come before it is counted.
            left = self._written + (len(self.output) + len(self.behind) if self.offered else 0)
            ended, self._current = self._current, None
            self.replies.append((ended[0], "lost" if left >= self._dot_end else "released", 0, why))
        if self._next is not None and self._refusal is not None and not self._out_of_order():
            self._tell_refusal()  # many close the line right behind it
        elif self._next is not None:
            released, self._next = self._next, None
            self.replies.append((released[0], "released", 0, why))
            early = self._pipelined and not self._granted and (silent or not self.accepted)
            self.suspicious = self.suspicious or (early and not self.closing)
        if self._after is not None:
            released, self._after = self._after, None
            self.replies.append((released[0], "released", 0, why))
        self._in_flight = self._granted = False
        self._expect.clear()
        self._todo.clear()
        self._gathered.clear()
        self.output = self.behind = b""
        self.fault = why

    # ---------------------------------------------------------------------------------------- beginning

    def _begin(self) -> None:
        """Put the next envelope out. After a refused envelope RSET goes first, or the next MAIL is told 503.

        Nothing happens where there is no job now, or this server can never carry it: the caller asks again.
        """
        job = None if self.spent else self._take()
        if job is not None:
            self._put_out(job)

    def _put_out(self, job: Job) -> None:
        self._refusal, self._next = None, job  # in hand from here on, whatever is raised
        row, sender, address = job
        size = self._size(row) if self._with_size else 0
        if (sender, size) != self._said_for or not PLAIN(address):
            if why := self._unsendable(sender, address, size):
                self._next = None
                self.replies.append((row, "unsendable", 0, why))
                return
            self._say_mail(sender, address, size)
        self._transactions += 1
        if self._open:
            self._reset()
        if self._pipelined:
            self._send(b"%bRCPT TO:<%b>\r\nDATA\r\n" % (self._mail, address.encode()), ENVELOPE)
        else:
            commands = self._mail, b"RCPT TO:<%b>\r\n" % address.encode(), b"DATA\r\n"
            self._todo += zip(ENVELOPE, commands, strict=True)
            self._advance()

    def _unsendable(self, sender: bytes, address: str, size: int) -> str:
        """Why this job can never go over this line; empty: it can."""
        if not address.isprintable() or ">" in address or b"\n" in sender or b"\r" in sender:
            return NO_ADDRESS  # it would become a command of its own
        if not self._utf8 and not (sender.isascii() and address.isascii()):
            return NO_UTF8
        if self.room is not None and size > self.room:
            return TOO_BIG.format(size, self.room)
        return ""

    def _say_mail(self, sender: bytes, address: str, size: int) -> None:
        """Make the MAIL command; it is good for the next plain address too, where this one is plain."""
        options = b" SIZE=%d" % size if self._with_size else b""
        plain = sender.isascii() and address.isascii()
        if not plain:
            options += b" BODY=8BITMIME SMTPUTF8"  # RFC 6531 3.4; its servers offer 8BITMIME too
        self._mail = b"MAIL FROM:<%b>%b\r\n" % (sender, options)
        self._said_for = (sender, size) if plain else (b"", -1)

    def _reset(self) -> None:
        self._open = False
        if self._pipelined:
            self._send(b"RSET\r\n", ("rset",))
        else:
            self._todo.append(("rset", b"RSET\r\n"))

    def _advance(self) -> None:
        """One command at a time: send the one whose turn it is."""
        if self._todo and not self._expect:
            step, octets = self._todo.popleft()
            self._send(octets, (step,))

    def _send(self, octets: bytes, steps: Sequence[str] = ()) -> None:
        """Queue octets, which these steps will answer."""
        self._expect += steps
        self._queued += len(octets)
        self._gathered.append(octets)

    # ---------------------------------------------------------------------------------------- answers

    def _answer(self, code: int, text: bytes) -> None:
        self.answers += 1
        if not self._expect:
            self.closing = self.closing or code == 421
            self.break_off(f"it said {code} unasked: {plain(text)}")
            return
        step = self._expect.popleft()
        if step in ("mail", "rcpt"):
            self._to_envelope(step, code, text)
        elif step == "data":
            self._to_data(code, text)
        elif step == "dot":
            self._to_dot(code, text)
        elif code == 421:  # to RSET or to the lone dot
            self.closing = True
            self.break_off(f"it closes: 421 {plain(text)}")
        else:
            self._advance()

    def _to_envelope(self, step: str, code: int, text: bytes) -> None:
        if code // 100 == 3:
            raise Garbled(f"it said {code} to {step.upper()}")
        if code == 421:
            self._closes(step, text)
            return
        if code >= 400 and self._refusal is None:
            self._refusal = (step, code, text)
        if self._refusal is not None and not self._pipelined:
            self._refused()
        else:
            self._advance()

    def _to_data(self, code: int, text: bytes) -> None:
        if code == 421:
            self._closes("data", text)
        elif code == 354 and self._refusal is None:
            self._message()
        elif code == 354:  # RFC 2920 3.1: nobody is there to get it, so end it empty; the answer to that says nothing
            self._send(DOT, ("lone",))
            self._tell_refusal()
            self._begin()
        elif code < 400:
            raise Garbled(f"it said {code} to DATA")
        else:
            self._refusal = self._refusal or ("data", code, text)
            self._refused()

    def _refused(self) -> None:
        """The envelope is refused: tell it, and go on with the next."""
        assert self._refusal is not None
        step, code, text = self._refusal
        self._todo.clear()
        if self._out_of_order():
            self.suspicious = True
            self.break_off(f"it cannot take commands ahead of their answers: {code} {plain(text)}")
            return
        self._open = step != "mail"
        self._tell_refusal()
        self._begin()

    def _out_of_order(self) -> bool:
        """True where the refusal says that commands came too early: it offers PIPELINING and cannot do it."""
        assert self._refusal is not None
        _, code, text = self._refusal
        words = text.lower()
        return self._pipelined and (code == 503 or (code >= 500 and (b"synchroni" in words or b"pipelin" in words)))

    def _tell_refusal(self) -> None:
        assert self._next is not None
        assert self._refusal is not None
        step, code, text = self._refusal
        refused, self._next = self._next, None
        self.replies.append((refused[0], step, code, plain(text)))

    def _closes(self, step: str, text: bytes) -> None:
        """421: it shuts the line. A line that has carried mail is closed for its own reasons, and the job goes again
        elsewhere; on a fresh line it is the answer, or one recipient could keep us connecting for ever."""
        self.closing = True
        if self._refusal is None and not self.accepted:
            self._refusal = (step, 421, text)
        if self._refusal is not None:
            self._tell_refusal()
        self.break_off(f"it closes: 421 {plain(text)}")

    def _message(self) -> None:
        """The message may leave; the envelope of the next one goes with it.

        That one is taken here, for taking may write to a disk: killed there, nobody's message is marked as on the wire.
        """
        self._granted = True
        self._after = self._take() if self._pipelined and not self.spent else None

    def _to_dot(self, code: int, text: bytes) -> None:
        assert self._current is not None
        if code // 100 == 3:
            raise Garbled(f"it said {code} to the end of a message")
        if self._written < self._dot_end:
            self._too_early(code, text)
            return
        answered, self._current = self._current, None
        self.replies.append((answered[0], "dot", code, plain(text)))
        if code < 400:
            self.accepted += 1
        if code == 421:
            self.closing = True
            self.break_off(f"it closes: 421 {plain(text)}")
        elif self._next is None:
            self._begin()

    def _too_early(self, code: int, text: bytes) -> None:
        """An answer before the message has ended: a refusal counts, anything else is noise; the line is out of step."""
        assert self._current is not None
        if code >= 400:
            self.closing = code == 421
            answered, self._current = self._current, None
            self.replies.append((answered[0], "dot", code, plain(text)))
        self.break_off(f"it answered {code} before the message had ended: {plain(text)}")


NO_ADDRESS = "the address has characters that no address may have"
NO_UTF8 = "this server cannot carry an address with characters beyond ASCII (no SMTPUTF8)"
TOO_BIG = "the message has {} octets and this server takes {} at most"
