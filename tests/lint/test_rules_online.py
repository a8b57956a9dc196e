"""Rules that ask the network: against a real web server on loopback, and a DNS that is a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module

import pytest

from digest.errors import Bug
from digest.lint import runner
from digest.lint.fetching import Fetcher
from digest.lint.network import Network, Records
from digest.model import Finding, Proof
from tests.lint.web_server import Page, Site, serving

Seeded = Callable[..., Proof]
TOKEN = "wbzstfr2u6hn5y3jufd5bcxe4y"
PICTURE = Page(kind="image/png", body=b"x" * 1000)
SOUND = {
    "example.org": ("v=spf1 mx -all",),
    "_dmarc.example.org": ("v=DMARC1; p=none",),
    "_domainkey.example.org": (),
}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def names(table: Mapping[str, tuple[str, ...]]) -> Callable[[str, str], Records]:
    """A DNS with these TXT records and no other name."""
    return lambda name, _: Records(values=table[name]) if name in table else Records(exists=False)


def network(table: Mapping[str, tuple[str, ...]] | None = None) -> Network:
    return Network(ask=Fetcher(allow_loopback=True, timeout=5).ask, records=names(SOUND if table is None else table))


def found(rule: str, proof: Proof, asked: Network | None = None) -> list[Finding]:
    check = import_module(f"digest.lint.online.{rule.replace('-', '_')}").check
    return list(check(proof, asked or network()))


def local(seeded: Seeded, site: Site, *pairs: tuple[str, str], **fields: object) -> Proof:
    """The good issue with every host moved to the server; its own pages, like the way out, keep theirs."""
    base = site.url("")
    return seeded(html=[*pairs, ("https://tools.example.com", base), ("https://example.org", base)], **fields)


def messages(findings: list[Finding]) -> list[str]:
    return [f"{f.severity}: {f.message}" for f in findings]


def good(site: Site, seeded: Seeded) -> Proof:
    """An issue whose links all work."""
    proof = local(seeded, site)
    for kind in ("href", "src"):
        for piece in proof.html.split(f'{kind}="{site.url("")}')[1:]:
            path = piece.partition('"')[0] or "/"
            site.pages[path] = PICTURE if kind == "src" else Page()
    return proof


# ------------------------------------------------------------------------------------------------ links


def test_links_that_work_are_silent_and_nobody_s_own_is_asked(site: Site, seeded: Seeded) -> None:
    """HEAD alone, each once; no token leaves, and the newsletter's own pages are left alone."""
    proof = good(site, seeded)
    assert found("link-broken", proof) == []
    assert len(site.lines) == len(set(site.lines)) >= 4
    assert all(line.startswith("HEAD ") for line in site.lines)
    assert TOKEN not in "".join(site.lines)


def test_a_broken_link_is_told_at_the_post_that_brings_it(site: Site, seeded: Seeded) -> None:
    """404 by HEAD and by GET: a warning, with the file and line of the post."""
    proof = good(site, seeded)
    post = proof.issue.posts[0]
    told = replace(post, body=post.body.replace("https://tools.example.com", site.url("")))
    proof = replace(proof, issue=replace(proof.issue, lead=told))
    del site.pages["/mover"]
    (finding,) = found("link-broken", proof)
    assert finding.severity == "warning"
    assert finding.message.endswith("/mover answers 404")
    assert (finding.file, finding.line) == ("posts/folders.md", 9)
    assert {"HEAD /mover", "GET /mover"} <= set(site.lines)


@pytest.mark.parametrize("head", [404, 405, 500, 501, 403])
def test_a_server_that_knows_no_head_is_asked_again(site: Site, seeded: Seeded, head: int) -> None:
    """GET decides."""
    proof = good(site, seeded)
    site.pages["HEAD /mover"] = Page(head)
    assert found("link-broken", proof) == []


@pytest.mark.parametrize("status", [401, 403, 429, 999])
def test_a_server_that_refuses_programs_is_not_called_broken(site: Site, seeded: Seeded, status: int) -> None:
    """Only a person can say; it is an info."""
    proof = good(site, seeded)
    site.pages["/mover"] = Page(status)
    assert [m.partition(":")[0] for m in messages(found("link-broken", proof))] == ["info"]


def test_what_a_redirect_leads_to_counts(site: Site, seeded: Seeded) -> None:
    """Moved and there: silent. Moved to nothing: told with both addresses. A picture that is gone is told too."""
    proof = good(site, seeded)
    site.pages["/mover"] = Page(301, to="/covers/folders.png")
    assert found("link-broken", proof) == []
    site.pages["/mover"] = Page(301, to="/gone")
    del site.pages["/covers/folders.png"]
    told = messages(found("link-broken", proof))
    assert len(told) == 2
    assert any("by way of" in m and "/gone" in m for m in told)
    assert any("the picture" in m for m in told)


def test_this_network_is_not_asked_and_that_is_an_info(site: Site, seeded: Seeded) -> None:
    """As the program runs: loopback is refused."""
    findings = found("link-broken", good(site, seeded), Network(ask=Fetcher().ask))
    assert findings
    assert {f.severity for f in findings} == {"info"}
    assert all("was not asked" in f.message for f in findings)
    assert site.asked == []


# ------------------------------------------------------------------------------------------------ pictures


def test_light_pictures_are_silent(site: Site, seeded: Seeded) -> None:
    """And one that is missing is link-broken's."""
    proof = good(site, seeded)
    assert found("image-weight", proof) == []
    site.pages.clear()
    assert found("image-weight", proof) == []


@pytest.mark.parametrize("length", [True, False])
def test_a_heavy_picture_is_told(site: Site, seeded: Seeded, length: bool) -> None:
    """Over 200 KB, said or counted."""
    proof = good(site, seeded)
    site.pages["/covers/folders.png"] = Page(kind="image/jpeg", body=b"x" * 200_001, length=length)
    (finding,) = found("image-weight", proof)
    assert "weighs 200 KB" in finding.message
    assert finding.severity == "warning"


def test_pictures_that_are_heavy_together_are_told(site: Site, seeded: Seeded) -> None:
    """Over a megabyte: the one, and all of them."""
    proof = good(site, seeded)
    site.pages["/covers/folders.png"] = Page(kind="image/jpeg", body=b"x" * 1_200_000, length=False)
    told = messages(found("image-weight", proof))
    assert any("weighs over 1,000 KB" in m for m in told)
    assert any("together" in m for m in told)


def test_only_pictures_of_the_web_are_weighed(site: Site, seeded: Seeded) -> None:
    """What is in the mail itself is no request, and no reader's own picture is asked for."""
    html = f'<img src="cid:logo@x" alt=""><img src="{site.url(f"/{TOKEN}.png")}" alt=""><img alt="">'
    proof = good(site, seeded)
    assert found("image-weight", replace(proof, html=html)) == []
    assert site.asked == []


def test_a_page_in_place_of_a_picture_is_told(site: Site, seeded: Seeded) -> None:
    """Some servers answer 200 with a page that says 404."""
    proof = good(site, seeded)
    site.pages["/covers/folders.png"] = Page()
    assert messages(found("image-weight", proof))[0].endswith("is no picture but text/html")


# ------------------------------------------------------------------------------------------------ one click


def way_out(seeded: Seeded, site: Site) -> Proof:
    return seeded(headers={"List-Unsubscribe": f"<{site.url(f'/u/{TOKEN}')}>, <mailto:out@example.org>"})


def test_a_way_out_that_works_is_silent(site: Site, seeded: Seeded) -> None:
    """GET shows a page; the POST is the mail program's, byte for byte; by mail alone nothing is asked."""
    site.pages[f"/u/{TOKEN}"] = Page()
    assert found("unsubscribe-endpoint", way_out(seeded, site)) == []
    assert sorted(site.lines) == [f"GET /u/{TOKEN}", f"POST /u/{TOKEN}"]
    assert next(body for method, _, _, body in site.asked if method == "POST") == b"List-Unsubscribe=One-Click"
    site.asked.clear()
    assert found("unsubscribe-endpoint", seeded(headers={"List-Unsubscribe": "<mailto:out@example.org>"})) == []
    assert site.asked == []


@pytest.mark.parametrize(
    ("get", "post", "words"),
    [
        (Page(), Page(302, to="/thanks"), "answers 302 to a POST"),
        (Page(), Page(405), "answers 405 to a POST"),
        (Page(404), Page(), "answers 404"),
        (Page(500), Page(500), "answers 500"),
    ],
)
def test_a_way_out_that_fails_is_an_error(site: Site, seeded: Seeded, get: Page, post: Page, words: str) -> None:
    """A redirect of the POST is a failure too (RFC 8058)."""
    site.pages |= {f"GET /u/{TOKEN}": get, f"POST /u/{TOKEN}": post, "/thanks": Page()}
    findings = found("unsubscribe-endpoint", way_out(seeded, site))
    assert findings
    assert all(f.severity == "error" and f.part == "config" for f in findings)
    assert any(words in f.message for f in findings)


def test_a_rehearsal_on_this_machine_is_not_asked(site: Site, seeded: Seeded) -> None:
    """As the program runs: loopback is refused, and that is no fault of the pages."""
    assert found("unsubscribe-endpoint", way_out(seeded, site), Network(ask=Fetcher().ask)) == []
    assert site.asked == []


# ------------------------------------------------------------------------------------------------ the domain


def dns(proof: Proof, **table: tuple[str, ...]) -> list[str]:
    """What is said of a domain with these records ("" stands for example.org itself, `gone` takes names away)."""
    spelled = {("example.org" if k == "spf" else f"_{k}.example.org"): v for k, v in table.items() if k != "gone"}
    kept = {k: v for k, v in (SOUND | spelled).items() if k not in table.get("gone", ())}
    return messages(found("dns-auth", proof, network(kept)))


def test_a_domain_that_vouches_is_silent(seeded: Seeded) -> None:
    """SPF, DMARC, and a place for keys; other TXT records beside them do no harm."""
    assert dns(seeded()) == []
    assert (
        dns(seeded(), spf=("verification=1", "V=SPF1 include:other.test ~all"), dmarc=("v = DMARC1;p=reject", "x"))
        == []
    )


def test_a_name_below_is_covered_by_the_record_above(seeded: Seeded) -> None:
    """DMARC is looked for from the domain upwards (RFC 9989)."""
    proof = seeded(sender={"address": "news@a.b.example.org"})
    table = SOUND | {"_domainkey.a.b.example.org": ()}
    assert messages(found("dns-auth", proof, network(table))) == []
    del table["_dmarc.example.org"]
    assert messages(found("dns-auth", proof, network(table))) == ["error: a.b.example.org has no DMARC record"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"gone": ("_dmarc.example.org",)}, "error: example.org has no DMARC record"),
        ({"dmarc": ("v=DMARC1; p=none", "v=DMARC1; p=reject")}, "error: _dmarc.example.org holds 2 DMARC records"),
        ({"spf": ("v=spf10 x",)}, "error: example.org has no SPF record"),
        ({"spf": ("v=spf1 -all", "v=spf1 mx -all")}, "error: example.org has 2 SPF records"),
        ({"spf": ("v=spf1 +all",)}, "error: the SPF record of example.org lets everybody send"),
        ({"spf": ("v=spf1 mx all",)}, "error: the SPF record of example.org lets everybody send"),
        ({"spf": ("v=spf1 " + "a:x.test " * 11 + "-all",)}, "error: the SPF record of example.org needs over 10"),
        ({"gone": ("_domainkey.example.org",)}, "error: example.org publishes no DKIM key"),
    ],
)
def test_a_domain_that_does_not_vouch_is_an_error(seeded: Seeded, table: dict[str, tuple[str, ...]], told: str) -> None:
    """One defect, one finding, at the line of the address in the configuration."""
    (message,) = dns(seeded(), **table)
    assert message.startswith(told)


def test_look_ups_are_counted_through_includes(seeded: Seeded) -> None:
    """Eleven behind two includes are too many, ten are not; a circle ends; a macro is not followed."""
    chain = {"a.test": ("v=spf1 " + "mx " * 4 + "-all",), "b.test": ("v=spf1 " + "exists:x.test " * 4 + "ptr -all",)}

    def told(record: str, **more: tuple[str, ...]) -> list[str]:
        return messages(found("dns-auth", seeded(), network(SOUND | chain | more | {"example.org": (record,)})))

    assert told("v=spf1 include:a.test include:b.test -all") != []
    assert told("v=spf1 include:a.test redirect=a.test") == []
    assert told("v=spf1 include:a.test include:%{d}.x.test ip4:192.0.2.1 ?include:none.test -all") == []
    assert told("v=spf1 include:round.test -all", **{"round.test": ("v=spf1 include:round.test -all",)}) != []


def test_bounces_elsewhere_leave_dmarc_to_dkim(seeded: Seeded) -> None:
    """SPF speaks for the return path; where that is a relay's own domain, it says nothing for From."""
    proof = seeded()
    sample = replace(proof.samples[0], mail_from="b+x@relay.test")
    proof = replace(proof, samples=(sample,))
    told = messages(found("dns-auth", proof, network(SOUND | {"relay.test": ("v=spf1 mx -all",)})))
    assert told == ["warning: the return path is at relay.test, not at example.org: only DKIM can make DMARC pass"]


def test_what_cannot_be_looked_up_is_said_and_not_guessed(seeded: Seeded) -> None:
    """No resolver, no answer: infos."""
    bare = Network(ask=Fetcher().ask)
    assert [m.partition(":")[0] for m in messages(found("dns-auth", seeded(), bare))] == ["info"]
    silent = Network(ask=Fetcher().ask, records=lambda name, _: Records(fault=f"{name} could not be looked up"))
    assert [m.partition(":")[0] for m in messages(found("dns-auth", seeded(), silent))] == ["info"] * 3
    assert found("dns-auth", seeded(sender={"address": "me@localhost"})) == []


# ------------------------------------------------------------------------------------------------ the runner


@pytest.mark.parametrize("rule", runner.online_rules())
def test_an_online_rule_is_one_file_that_says_why(rule: str) -> None:
    """As every rule; and no offline one has its name."""
    module = import_module(f"digest.lint.online.{rule.replace('-', '_')}")
    assert len(module.__doc__) > 40
    assert module.SEVERITY in runner.SEVERITIES
    assert set(module.__all__) == {"SEVERITY", "check"}
    assert rule not in runner.rules()


def test_online_rules_run_by_name_and_severity(seeded: Seeded) -> None:
    """The configuration changes a severity or switches one off; offline, their names are known and nothing runs."""
    settings = (("dns-auth", "warning", "a test domain"), ("link-broken", "off", "no network here"))
    asked: list[str] = []

    def no_answers(requests: object) -> tuple[()]:
        asked.append(str(requests))
        return ()

    silent = Network(ask=no_answers, records=names({}))
    proof = seeded(html=[("<img", "<img")], headers={"List-Unsubscribe": "<mailto:out@example.org>"})
    proof = replace(proof, html=proof.html.replace("<img", "<span"))
    findings = runner.check_online(proof, silent, settings)
    assert {(f.rule, f.severity) for f in findings} == {("dns-auth", "warning")}
    assert not any("tools.example.com" in a for a in asked)
    infos = [f for f in runner.check(seeded(), settings) if f.rule in ("dns-auth", "link-broken")]
    assert {f.severity for f in infos} == {"info"}


def test_an_online_rule_that_crashes_is_our_bug(seeded: Seeded) -> None:
    """With its name, as any other."""

    def broken(_: object) -> tuple[()]:
        raise RuntimeError("boom")

    with pytest.raises(Bug, match="image-weight broke"):
        runner.check_online(seeded(), Network(ask=broken, records=names(SOUND)), (("link-broken", "off", "x"),))
