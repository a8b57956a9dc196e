"""Commands of every week: posts, select, draft, build, preview, check, diff, send, run, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli import options, output
from digest.cli.options import Desk
from digest.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COMMANDS"]


@click.command()
@options.project
@options.as_json
@options.strict
def posts(desk: Desk, as_json: bool, strict: bool) -> int:
    """List every post as it is read."""
    from digest.cli import views

    found = desk.open().posts()
    if as_json:
        output.data([views.post_json(p) for p in found])
    else:
        views.posts(found)
    return 65 if strict and any(p.broken for p in found) else 0


@click.command()
@options.newsletter
@options.project
@options.issue_id
@click.option("--explain", is_flag=True, help="Say for every other post why it is left out.")
@options.as_json
@options.strict
def select(desk: Desk, newsletter: str, issue_id: str, explain: bool, as_json: bool, strict: bool) -> int:
    """Show the posts of the issue that is due, or coming."""
    from digest.cli import views

    selection = desk.open().select(newsletter, issue_id, explain=explain)
    if as_json:
        output.data(views.selection_json(selection, explain=explain))
    else:
        views.selection(selection, explain=explain)
    return 65 if strict and any(o.reason == "broken" for o in selection.left_out) else 0


@click.command()
@options.newsletter
@options.project
@options.issue_id
@options.strict
def draft(desk: Desk, newsletter: str, issue_id: str, strict: bool) -> int:
    """Write the editor's file of the issue: subject, intro, order."""
    drafted = desk.open().draft(newsletter, issue_id)
    output.say(f"Wrote {drafted.path}. Change subject, order and intro there; then: digest preview")
    output.line(str(drafted.path))
    return 65 if strict and drafted.broken else 0


@click.command()
@options.newsletter
@options.project
@options.issue_id
@click.option("--out", type=options.folder, default="out", help="Where to (out/).")
@click.option("--as", "as_address", default="", metavar="ADDRESS", help="The message of this subscriber.")
@options.strict
def build(desk: Desk, newsletter: str, issue_id: str, out: Path, as_address: str, strict: bool) -> int:
    """Write the issue as files: page, HTML, text, MJML, message."""
    built = desk.open().build(newsletter, issue_id, out, as_address)
    for path in built.files:
        output.line(str(path))
    for note in built.notes:
        output.warn(note)
    output.say(f"Open {built.files[0]} in a browser.")
    return 65 if strict and built.broken else 0


@click.command()
@options.newsletter
@options.project
@options.issue_id
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="The port on loopback.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def preview(desk: Desk, newsletter: str, issue_id: str, port: int, no_browser: bool) -> None:
    """Show the issue in a browser; a save shows at once."""
    from digest.live import Live
    from digest.web import preview as page

    app = desk.open()
    live = Live(app, issue_id)
    page.serve(live, newsletter=app.newsletter(newsletter).name, port=port, open_browser=not no_browser)


@click.command()
@options.newsletter
@options.project
@options.issue_id
@options.as_json
@click.option("--online", is_flag=True, help="Ask the network too: links, picture sizes, unsubscribe page, DNS.")
@click.option("--spam", is_flag=True, help="Ask SpamAssassin too, where it is installed (takes seconds).")
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text", help="How findings are put.")
@options.strict
def check(
    desk: Desk, newsletter: str, issue_id: str, as_json: bool, online: bool, spam: bool, form: str, strict: bool
) -> int:
    """Find what makes the issue unfit to send."""
    from digest.cli import views

    try:
        checked = desk.open().check(newsletter, issue_id, online=online, spam=spam)
    except TemplateError as wrong:  # nothing could be drawn: a pull request gets its note all the same
        if form == "github" and not as_json:
            views.broken_template(wrong)
        raise
    views.findings(checked.findings, "json" if as_json else form, quiet=desk.quiet)
    if any(f.severity == "error" for f in checked.findings):
        return 1
    return 65 if strict and checked.broken else 0


@click.command()
@options.newsletter
@options.project
@options.issue_id
@options.as_json
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", help="How it is put.")
@options.strict
def diff(desk: Desk, newsletter: str, issue_id: str, as_json: bool, form: str, strict: bool) -> int:
    """Compare the issue with the last one sent."""
    from digest.cli import differing

    difference = desk.open().diff(newsletter, issue_id)
    if as_json:
        output.data(differing.as_json(difference))
    elif form == "markdown":
        output.line(differing.markdown(difference))
    else:
        differing.show(difference)
    return 65 if strict and difference.broken else 0


@click.command()
@options.newsletter
@options.project
@click.option("--to", multiple=True, metavar="ADDRESS", help="A preview to this address alone; or: reviewers.")
@click.option("--exact", is_flag=True, help="With --to: byte for byte what this subscriber gets.")
@options.issue_id
@click.option("--first-issue", is_flag=True, help="There is no history, and that is right.")
@click.option("--force", default="", metavar="REASON", help="Send in spite of the findings; stands in the report.")
@options.yes
@options.as_json
@click.argument("more_addresses", nargs=-1)
def send(
    desk: Desk,
    newsletter: str,
    more_addresses: tuple[str, ...],
    to: tuple[str, ...],
    exact: bool,
    issue_id: str,
    first_issue: bool,
    force: str,
    yes: bool,
    as_json: bool,
) -> int:
    """Send a preview (--to), or the issue to its lists, now."""
    from digest.cli import sending

    if "@" in newsletter:  # --to A B: the second address is no newsletter
        newsletter, more_addresses = "", (newsletter, *more_addresses)
    if to:
        return sending.preview(desk, newsletter, (*to, *more_addresses), issue_id, exact=exact)
    if more_addresses or exact or issue_id:
        raise click.UsageError("--exact, --issue and addresses go with --to ADDRESS")
    return sending.now(desk, newsletter, first_issue=first_issue, force=force, yes=yes, as_json=as_json)


@click.command()
@options.newsletter
@options.project
@click.option("--dry-run", is_flag=True, help="Do all but write and send.")
@click.option("--wait", default="10s", metavar="TIME", show_default=True, help="How long to stay for deferred people.")
@click.option("--first-issue", is_flag=True, help="There is no history, and that is right.")
@click.option("--force", default="", metavar="REASON", help="Send in spite of the findings; stands in the report.")
@options.as_json
def run(desk: Desk, newsletter: str, dry_run: bool, wait: str, first_issue: bool, force: str, as_json: bool) -> int:
    """The weekly job: go on, retry, send the issue that is due."""
    from digest.cli import sending

    return sending.run(
        desk, newsletter, dry_run=dry_run, wait=wait, first_issue=first_issue, force=force, as_json=as_json
    )


@click.command()
@click.argument("issue", default="")
@options.project
@click.option("--show-addresses", is_flag=True, help="Name the people in doubt and those not reached.")
@click.option("--follow", is_flag=True, help="Stay, and show the progress of a run in another process.")
@options.as_json
def status(desk: Desk, issue: str, show_addresses: bool, follow: bool, as_json: bool) -> int:
    """Say what happened, what is in doubt, and what is next."""
    from digest.cli import sending

    return sending.status(desk, issue, show_addresses=show_addresses, follow=follow, as_json=as_json)


COMMANDS: tuple[click.Command, ...] = (run, send, preview, status, posts, select, draft, build, check, diff)
