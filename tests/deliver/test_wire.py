"""SMTP as bytes: each answer to its recipient, no message to nobody, bounded memory, whatever a server says."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver.answers import MOST_OCTETS, Answers, Garbled
from digest.deliver.wire import Conversation
from digest.interfaces import Job, Reply

ALL = {"pipelining": "", "smtputf8": "", "8bitmime": "", "size": "100000"}
BODY = b"Subject: x\r\n\r\nhello\r\n"


class Talk:
    """A conversation about messages 0..n, and what it did."""

    def __init__(self, count: int, features: dict[str, str] | None = None, body: bytes = BODY, **more: Any) -> None:
        self.jobs: deque[Job] = deque((i, b"a@example.org", f"r{i}@example.net") for i in range(count))
        self.bodies: list[int] = []
        self.wire = Conversation(
            ALL if features is None else features,
            take=lambda: self.jobs.popleft() if self.jobs else None,
            size=lambda row: len(body),
            body=lambda row: self.bodies.append(row) or body,  # type: ignore[func-returns-value]
            **more,
        )
        self.replies: list[Reply] = []

    def write(self, most: int | None = None) -> bytes:
        """Hand what is to be written to the kernel, as far as it takes it."""
        self.wire.fill()
        out = (bytes(self.wire.output) + self.wire.behind)[:most]
        self.wire.wrote(len(out))
        return out

    def say(self, *lines: str) -> bytes:
        """The server says these lines; gives what the conversation then writes."""
        self.wire.received("".join(f"{line}\r\n" for line in lines).encode())
        self.replies += self.wire.replies
        self.wire.replies = []
        return self.write()

    def told(self) -> list[tuple[int, str, int]]:
        return [reply[:3] for reply in self.replies]


def begun(count: int, features: dict[str, str] | None = None, **more: Any) -> tuple[Talk, bytes]:
    talk = Talk(count, features, **more)
    talk.wire.start()
    return talk, talk.write()


ENVELOPE = b"MAIL FROM:<a@example.org> SIZE=21\r\nRCPT TO:<r%d@example.net>\r\nDATA\r\n"


def test_a_message_and_the_next_envelope_leave_in_one_flight() -> None:
    """RFC 2920: one round trip a message; the body is asked for only after 354."""
    talk, out = begun(2)
    assert out == ENVELOPE % 0
    assert talk.bodies == []
    assert talk.say("250 ok", "250 ok") == b""
    assert talk.bodies == []
    assert talk.say("354 go") == BODY + b".\r\n" + ENVELOPE % 1
    assert talk.bodies == [0]
    assert talk.say("250 kept", "250 ok", "250 ok", "354 go") == BODY + b".\r\n"
    assert talk.say("250 kept") == b""
    assert talk.told() == [(0, "dot", 250), (1, "dot", 250)]
    assert talk.wire.idle


def test_without_pipelining_nothing_goes_ahead_of_its_answer() -> None:
    """One command, one answer; the next message begins after the dot's."""
    talk, out = begun(2, {})
    assert out == b"MAIL FROM:<a@example.org>\r\n"
    assert talk.say("250 ok") == b"RCPT TO:<r0@example.net>\r\n"
    assert talk.say("250 ok") == b"DATA\r\n"
    assert talk.say("354 go") == BODY + b".\r\n"
    assert talk.say("250 kept") == b"MAIL FROM:<a@example.org>\r\n"


def test_pipelining_can_be_forbidden() -> None:
    """A relay that offers it and cannot do it is served plainly."""
    _, out = begun(1, pipelining=False)
    assert out.count(b"\r\n") == 1


def test_a_refused_recipient_gets_the_refusal_and_the_next_a_fresh_transaction() -> None:
    """The refusal of RCPT is told, not the 503 that follows it; RSET goes before the next MAIL."""
    talk, _ = begun(2)
    out = talk.say("250 ok", "550-5.1.1 no such", "550 5.1.1 user", "503 5.5.1 no recipients")
    assert talk.told() == [(0, "rcpt", 550)]
    assert out == b"RSET\r\n" + ENVELOPE % 1
    assert talk.say("250 reset", "250 ok", "250 ok", "354 go").startswith(BODY)


def test_a_refused_sender_leaves_no_transaction_to_reset() -> None:
    """MAIL refused: no RSET is due, and the 503s behind it are nobody's answer."""
    talk, _ = begun(2)
    out = talk.say("550 5.7.1 not you", "503 need MAIL", "503 need RCPT")
    assert talk.told() == [(0, "mail", 550)]
    assert out == ENVELOPE % 1


@pytest.mark.parametrize("features", [ALL, {}], ids=["pipelined", "one-by-one"])
def test_a_reset_is_owed_even_when_the_next_message_comes_late(features: dict[str, str]) -> None:
    """Refused at DATA with nothing more to send: the next message, whenever it comes, begins with RSET."""
    talk, _ = begun(1, features)
    if features:
        talk.say("250 ok", "250 ok", "452 4.3.1 full")
    else:
        for line in ("250 ok", "250 ok", "452 4.3.1 full"):
            talk.say(line)
    assert talk.told() == [(0, "data", 452)]
    assert talk.wire.idle
    talk.jobs.append((1, b"a@example.org", "r1@example.net"))
    talk.wire.start()
    assert talk.write().startswith(b"RSET\r\n")


def test_one_by_one_a_refusal_ends_the_envelope_at_once() -> None:
    """RCPT refused: DATA is not even asked for, RSET and the next MAIL go one after the other."""
    talk, _ = begun(2, {})
    talk.say("250 ok")
    assert talk.say("550 no") == b"RSET\r\n"
    assert talk.say("250 ok") == b"MAIL FROM:<a@example.org>\r\n"
    assert talk.say("450 later") == b""
    assert talk.told() == [(0, "rcpt", 550), (1, "mail", 450)]


def test_no_message_is_sent_to_nobody() -> None:
    """354 although RCPT was refused: a lone dot ends it, its answer counts for nobody, and we go on (RFC 2920 3.1)."""
    talk, _ = begun(2)
    out = talk.say("250 ok", "550 5.1.1 unknown", "354 go")
    assert out == b".\r\n" + ENVELOPE % 1
    assert talk.bodies == []
    talk.say("250 kept nothing", "250 ok", "250 ok", "354 go")
    talk.say("250 kept")
    assert talk.told() == [(0, "rcpt", 550), (1, "dot", 250)]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["354 go"], "354 to MAIL"),
        (["250 ok", "354 go"], "354 to RCPT"),
        (["250 ok", "250 ok", "250 ok"], "250 to DATA"),
        (["hello"], "'hello'"),
        (["25"], "'25'"),
        (["250ok"], "'250ok'"),
        (["150 strange"], "150"),
        (["650 strange"], "650"),
        (["250-a", "251 b"], "two codes"),
        ([""], "''"),
    ],
)
def test_an_answer_that_is_none_ends_the_conversation(lines: list[str], fault: str) -> None:
    """Wrong class, no code, two codes: nothing is guessed; the job goes back, and the words say what came."""
    talk, _ = begun(2)
    talk.say(*lines)
    assert fault in talk.wire.fault
    assert talk.told() == [(0, "released", 0)]
    assert talk.wire.suspicious


def test_what_was_answered_before_the_garbage_counts() -> None:
    """In one piece of octets: the acceptance of a message, then rubbish. It is accepted."""
    talk, _ = begun(2)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say("250 kept", "rubbish")
    assert talk.told() == [(0, "dot", 250), (1, "released", 0)]


@pytest.mark.parametrize(("line", "step"), [("354 more?", "lost"), ("rubbish", "lost"), ("250-kept", "lost")])
def test_rubbish_in_place_of_the_dots_answer_is_doubt(line: str, step: str) -> None:
    """Nobody can know what became of that message."""
    talk, _ = begun(1)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say(line)
    talk.wire.break_off("it closed the connection")
    assert [r[:2] for r in (*talk.replies, *talk.wire.replies)][:1] == [(0, step)]


def test_lost_only_where_the_whole_message_was_handed_over() -> None:
    """Up to the last octet of the dot the message is surely undelivered; the next envelope behind it does not count."""
    whole = len(BODY) + 3
    for octets, step in (
        (0, "released"),
        (1, "released"),
        (whole - 1, "released"),
        (whole, "lost"),
        (whole + 5, "lost"),
    ):
        talk, _ = begun(2)
        talk.wire.received(b"250 ok\r\n250 ok\r\n354 go\r\n")
        talk.write(octets)
        talk.wire.break_off("reset")
        assert [r[:2] for r in talk.wire.replies] == [(0, step), (1, "released")]


def test_an_answer_before_the_message_has_ended() -> None:
    """A refusal in mid-message counts, an acceptance cannot be one; either way the line is out of step."""
    for line, told in (
        ("552 5.3.4 too big", (0, "dot", 552)),
        ("421 closing", (0, "dot", 421)),
        ("250 ok", (0, "released", 0)),
    ):
        talk, _ = begun(1)
        talk.wire.received(b"250 ok\r\n250 ok\r\n354 go\r\n")
        talk.write(5)
        talk.say(line)
        assert talk.told() == [told]
        assert talk.wire.fault


@pytest.mark.parametrize("step", [0, 1, 2])
def test_421_on_a_fresh_line_is_the_answer(step: int) -> None:
    """Else one recipient could keep us connecting for ever."""
    talk, _ = begun(2)
    talk.say(*["250 ok"] * step, "421 4.3.2 closing")
    assert talk.told() == [(0, ("mail", "rcpt", "data")[step], 421)]
    assert talk.wire.closing
    assert not talk.wire.suspicious


@pytest.mark.parametrize("step", [0, 1, 2])
def test_421_on_a_line_that_has_carried_mail_charges_nobody(step: int) -> None:
    """It closes for its own reasons: the job goes again elsewhere."""
    talk, _ = begun(3)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say("250 kept", *["250 ok"] * step, "421 4.3.2 closing")
    assert talk.told() == [(0, "dot", 250), (1, "released", 0)]


def test_421_behind_a_refusal_tells_the_refusal() -> None:
    """RCPT refused, then 421 to DATA: the recipient's own answer stands."""
    talk, _ = begun(1)
    talk.say("250 ok", "550 5.1.1 unknown", "421 too many errors")
    assert talk.told() == [(0, "rcpt", 550)]


def test_a_refusal_counts_though_the_line_is_closed_behind_it() -> None:
    """RCPT refused, and the server hangs up before it answers DATA: the refusal is that recipient's answer."""
    talk, _ = begun(2)
    talk.say("250 ok", "554 5.7.1 blocked")
    talk.wire.break_off("it closed the connection")
    assert [r[:3] for r in talk.wire.replies] == [(0, "rcpt", 554)]
    assert not talk.wire.suspicious


def test_421_to_the_dot_is_a_refusal_of_that_message() -> None:
    """4yz after the end of the message: not taken. What stood behind it is released."""
    talk, _ = begun(2)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say("421 4.7.0 try later")
    assert talk.told() == [(0, "dot", 421), (1, "released", 0)]


def test_421_to_reset_or_a_lone_dot_releases_what_stands_behind() -> None:
    """It is nobody's answer."""
    talk, _ = begun(2)
    talk.say("250 ok", "550 5.1.1 unknown", "503 no")
    talk.say("421 bye")
    assert talk.told() == [(0, "rcpt", 550), (1, "released", 0)]


def test_a_goodbye_that_nobody_asked_for() -> None:
    """421 while idle: the line is closed, nobody is charged."""
    talk, _ = begun(0)
    talk.say("421 idle too long")
    assert (talk.wire.closing, talk.replies) == (True, [])
    assert talk.wire.spent


@pytest.mark.parametrize(
    "lines",
    [
        ["503 5.5.1 bad sequence"],
        ["250 ok", "503 5.5.1 bad sequence"],
        ["250 ok", "250 ok", "503 5.5.0 Improper use of SMTP command pipelining"],
        ["554 SMTP synchronization error"],
        ["250 ok", "550 5.5.0 no pipelining here"],
    ],
)
def test_a_server_that_cannot_pipeline_is_noticed(lines: list[str]) -> None:
    """Commands refused for their order: nobody is charged, and the caller is told to go one by one."""
    talk, _ = begun(1)
    talk.say(*lines, *["503 5.5.1 bad sequence"] * (3 - len(lines)))
    assert talk.told() == [(0, "released", 0)]
    assert talk.wire.suspicious


def test_one_by_one_a_503_is_an_answer() -> None:
    """Nothing went ahead, so the refusal means what it says."""
    talk, _ = begun(1, {})
    talk.say("503 5.5.1 no")
    assert talk.told() == [(0, "mail", 503)]


def test_parameters_are_given_where_they_are_offered() -> None:
    """SIZE, and BODY=8BITMIME SMTPUTF8 for an address beyond ASCII (RFC 1870, 6531); nothing where not offered."""
    talk, _ = begun(0)
    talk.jobs.append((0, b"a@example.org", "grüße@example.net"))
    talk.wire.start()
    assert talk.write() == (
        "MAIL FROM:<a@example.org> SIZE=21 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<grüße@example.net>\r\nDATA\r\n".encode()
    )
    talk, _ = begun(0, {"pipelining": ""})
    talk.jobs.append((0, b"a@example.org", "grüße@example.net"))
    talk.wire.start()
    assert talk.write() == b""
    assert talk.wire.replies[0][:2] == (0, "unsendable")


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        (b"a@example.org", "b@example.net>\r\nDATA"),
        (b"a@example.org", "b@example.net\nRSET"),
        (b"a@example.org", "b@example.net> NOTIFY=NEVER"),
        (b"a@example.org\r\nRSET", "b@example.net"),
    ],
)
def test_an_address_never_becomes_a_command(sender: bytes, address: str) -> None:
    """Line ends and brackets in an address: nothing of it reaches the server."""
    talk, _ = begun(0)
    talk.jobs.append((0, sender, address))
    talk.wire.start()
    assert talk.write() == b""
    assert talk.wire.replies[0][:2] == (0, "unsendable")


@pytest.mark.parametrize(("said", "goes"), [("20", False), ("21", True), ("0", True), ("", True), ("abc", True)])
def test_a_message_over_the_limit_is_never_begun(said: str, goes: bool) -> None:
    """RFC 1870: 0 and nothing mean no limit."""
    talk, out = begun(1, {"pipelining": "", "size": said})
    assert bool(out) is goes
    assert [r[1] for r in talk.wire.replies] == ([] if goes else ["unsendable"])


def test_a_connection_has_its_limit() -> None:
    """After so many messages it begins no other, though there are some."""
    talk, _ = begun(5, limit=2)
    talk.say("250 ok", "250 ok", "354 go")
    assert talk.say("250 kept", "250 ok", "250 ok", "354 go") == BODY + b".\r\n"
    assert talk.say("250 kept") == b""
    assert talk.wire.spent
    talk.wire.quit()
    assert talk.write() == b"QUIT\r\n"
    talk.say("221 bye")
    assert talk.wire.idle
    assert len(talk.jobs) == 3


def test_a_body_without_its_last_line_end_gets_one() -> None:
    """The dot stands on a line of its own."""
    talk, _ = begun(1, body=b"x: y\r\n\r\nz")
    assert talk.say("250 ok", "250 ok", "354 go") == b"x: y\r\n\r\nz\r\n.\r\n"


def test_a_body_that_cannot_be_made_leaves_its_job_in_hand() -> None:
    """The stamp raises: the job is released, and so is the one behind it; nothing of either has left."""
    talk, _ = begun(2)
    talk.wire._body = lambda row: 1 // 0  # type: ignore[assignment]
    talk.wire.received(b"250 ok\r\n250 ok\r\n354 go\r\n")
    with pytest.raises(ZeroDivisionError):
        talk.wire.fill()
    talk.wire.break_off("stopped")
    assert not talk.wire.suspicious
    assert sorted(r[:2] for r in talk.wire.replies) == [(0, "released"), (1, "released")]


def test_a_message_is_marked_when_it_leaves_and_the_next_job_is_taken_before() -> None:
    """Taking may write a claim to the disk, and so may what other lines have said: killed there, nobody new is in
    doubt."""
    talk, _ = begun(3)
    told: list[str] = []
    take, body = talk.wire._take, talk.wire._body
    talk.wire._take = lambda: told.append("taken") or take()  # type: ignore[assignment,func-returns-value]
    talk.wire._body = lambda row: told.append("marked") or body(row)  # type: ignore[assignment,func-returns-value]
    talk.wire.received(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert told == ["taken"]
    talk.write()
    assert told == ["taken", "marked"]
    talk.wire.received(b"250 kept\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert told == ["taken", "marked", "taken"]
    talk.write()
    talk.say("250 kept", "250 ok", "250 ok", "354 go")
    assert told == ["taken", "marked", "taken", "marked", "taken", "marked"]


def test_a_message_that_may_leave_and_a_line_that_ends() -> None:
    """Neither it nor the one behind it has left, and nothing says that commands came too early."""
    talk, _ = begun(2)
    talk.wire.received(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert not talk.wire.idle
    talk.wire.received(b"451 4.3.0 and yet not\r\n")
    assert [reply[:2] for reply in talk.wire.replies] == [(0, "released"), (1, "released")]
    assert "unasked" in talk.wire.fault
    assert not talk.wire.suspicious
    assert talk.bodies == []


def test_silence_behind_a_message_that_was_taken_is_suspicious() -> None:
    """It has thrown away the envelope that came with the end of the message; silence at the end itself says nothing."""
    talk, _ = begun(3)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say("250 kept", "250 ok", "250 ok", "354 go")
    talk.wire.break_off("no answer", silent=True)
    assert not talk.wire.suspicious
    talk, _ = begun(3)
    talk.say("250 ok", "250 ok", "354 go")
    talk.say("250 kept")
    talk.wire.break_off("no answer", silent=True)
    assert talk.wire.suspicious


def test_what_is_awaited_is_told_for_time_outs() -> None:
    """The step whose patience counts."""
    talk = Talk(2)
    assert talk.wire.awaited == ""
    assert not talk.wire.began
    talk.wire.start()
    assert talk.wire.awaited == "mail"
    talk.write()
    assert talk.wire.awaited == "mail"
    talk.wire.received(b"250 ok\r\n")
    assert talk.wire.awaited == "rcpt"
    talk.wire.received(b"250 ok\r\n354 go\r\n")
    talk.wire.fill()
    assert talk.wire.awaited == "body"
    talk.write()
    assert talk.wire.awaited == "dot"
    assert talk.wire.began


def test_long_replies_are_read_and_endless_ones_are_not() -> None:
    """200 lines are a reply, kept in part; 5 MB in one line, or in lines without end, break off early."""
    answers = Answers()
    (reply,) = answers.feed(b"".join(b"550-line %d\r\n" % i for i in range(199)) + b"550 end\r\n")
    assert reply[0] == 550
    assert reply[1].startswith(b"line 0\nline 1\n")
    assert len(reply[1]) < 4096
    for piece in (b"2" * 1000, b"250-" + b"x" * 994 + b"\r\n"):
        answers = Answers()
        with pytest.raises(Garbled):
            all(list(answers.feed(piece)) == [] for _ in range(5_000_000 // 1000))
        assert len(answers._rest) + sum(map(len, answers._lines)) <= MOST_OCTETS + 1000


def test_replies_of_other_shapes_are_understood() -> None:
    """A bare code, a lone line feed, text without a blank line's end."""
    assert list(Answers().feed(b"250\r\n250 ok\n250-a\r\n250\r\n")) == [(250, b""), (250, b"ok"), (250, b"a\n")]
    assert list(Answers().feed(b"250-a\n250\n")) == [(250, b"a\n")]


def test_words_of_a_server_are_harmless() -> None:
    """No escape sequence of a server reaches a terminal or a log; long words are cut."""
    talk, _ = begun(1)
    talk.say("550-\x1b[2Jclear\x07", "550 \x9bmore " + "x" * 9000)
    talk.say("503 no", "503 no")
    text = talk.replies[0][3]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "\n" in text
    assert len(text) <= 4096


LINES = st.sampled_from(
    ["250 ok", "250-a", "354 go", "450 later", "550 5.1.1 no", "421 bye", "503 order", "rubbish", "221 bye"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=40), st.booleans(), st.data())
def test_whatever_a_server_says_each_job_has_one_end(lines: list[str], pipelined: bool, data: st.DataObject) -> None:
    """Any lines, cut anywhere, the kernel taking any number of octets: no job is forgotten, none has two answers,
    no body goes out unasked, and an accepted one was whole with the kernel."""
    talk, _ = begun(8, ALL if pipelined else {})
    octets = "".join(f"{line}\r\n" for line in lines).encode()
    while octets and not talk.wire.fault:
        cut = data.draw(st.integers(1, len(octets)))
        talk.wire.received(octets[:cut])
        octets = octets[cut:]
        if talk.wire.output and not data.draw(st.booleans()):
            talk.write(data.draw(st.integers(0, len(talk.wire.output) + len(talk.wire.behind))))
        else:
            talk.write()
        talk.wire.start()
    if not talk.wire.fault:
        talk.wire.break_off("the end")
    rows = [reply[0] for reply in talk.wire.replies]
    assert sorted(rows) == list(range(8 - len(talk.jobs)))
    accepted = {row for row, step, code, _ in talk.wire.replies if step == "dot" and code < 300}
    assert accepted <= set(talk.bodies)
    assert {row for row, step, _, _ in talk.wire.replies if step == "lost"} <= set(talk.bodies)
    assert len(set(talk.bodies)) == len(talk.bodies)


@pytest.mark.parametrize("most", [1, len(BODY) - 1, len(BODY), len(BODY) + 1, len(BODY) + 3, 10_000])
@pytest.mark.parametrize("joined", [False, True])
def test_a_message_and_what_is_behind_it_leave_in_any_pieces(most: int, joined: bool) -> None:
    """The kernel takes what it likes of both, or of the two as one: the same octets, each once, in order."""
    talk, _ = begun(4)
    talk.say("250 ok", "250 ok", "354 go")
    talk.wire.received(b"250 kept\r\n250 ok\r\n250 ok\r\n354 go\r\n")  # behind the usual answer the body stands alone
    talk.write()
    talk.wire.received(b"250 kept\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    talk.wire.fill()
    assert talk.wire.output == BODY
    assert talk.wire.behind
    out = b""
    while talk.wire.output:
        if joined:
            talk.wire.join()
            assert not talk.wire.behind
        out += talk.write(most)
    assert out == BODY + b".\r\n" + ENVELOPE % 3
    talk.wire.break_off("the end")
    assert [reply[:2] for reply in talk.wire.replies[-2:]] == [(2, "lost"), (3, "released")]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40))
def test_pieces_make_no_difference(size: int) -> None:
    """The same octets in pieces of any size give the same answers."""
    said = b"250-a\r\n250 ok\r\n250 ok\r\n354 go\r\n"
    talk, _ = begun(2)
    for i in range(0, len(said), size):
        talk.wire.received(said[i : i + size])
    assert talk.write() == BODY + b".\r\n" + ENVELOPE % 1
