"""An app for the preview page that renders real files of a folder, as the true one does, only shorter."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import Bug, DataError, TemplateError
from digest.model import Finding, Image, LeftOut, Picked, PreviewAudience, PreviewState
from digest.testing import post

HTML = """<!doctype html><html lang="en"><head><title>News</title><meta name="color-scheme" content="light dark">
<style>:root{{color-scheme:light dark}} p{{color:#383b40}}
@media (prefers-color-scheme:dark){{body{{background-color:#131518 !important}} p{{color:#f2f0eb !important}}}}</style>
</head><body style="margin:0;background-color:#ffffff"><h1>Example Weekly</h1>
<p id="words">{words}</p><p><a href="https://example.org/blog/a/">About a</a></p>
<p><img src="https://example.org/a.png" alt="A hill" width="20"></p><script>document.title = "owned"</script>
<div style="height:3000px">long</div><p>For {reader}</p></body></html>"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


FOUND = (
    Finding(rule="alt-poor", severity="warning", message='the alt text "A hill" is odd', file="a.md", line=4),
    Finding(rule="text-width", severity="warning", message="a wide line", part="text", line=3),
    Finding(rule="post", severity="warning", message="its date is odd", file="posts/a.md", part="posts"),
    Finding(rule="subject-length", severity="info", message="the subject is long", part="headers"),
)


class FilesApp:
    """Reads `words.txt` at each look; `{% broken` in it is a template error, `crash` a bug of ours."""

    def __init__(self, root: Path) -> None:
        self.root, self.sent = root, []
        (root / "words.txt").write_text("The first words.", encoding="utf-8")
        (root / "a.png").write_bytes(PIXEL)

    def render_preview(self, newsletter: str, variant: int | None, as_address: str | None) -> PreviewState:
        words = (self.root / "words.txt").read_text(encoding="utf-8")
        if "<mj-" in words:
            found = [
                TemplateError(f"there is no <mj-{name}>", rule="mjml-tag", file="templates/x.j2", line=line)
                for name, line in (("txt", 3), ("sektion", 9))
            ]
            said = "mjml-tag: there is no <mj-txt> (and 1 more)"
            raise TemplateError(said, file="templates/x.j2", line=3, rule="mjml-tag", mistakes=tuple(found))
        if "{%" in words:
            raise TemplateError("the loop is never closed", file="templates/x.j2", line=17, hint="{% endfor %}")
        if "crash" in words:
            raise ZeroDivisionError("nobody thought of this")
        html = HTML.format(words=words, reader=as_address or "reader@example.com")
        picture = Image(url="https://example.org/a.png", file=str(self.root / "a.png"))
        return PreviewState(
            issue="weekly-2026-11-27",
            subject=f"News of {newsletter}",
            preheader="What else is new",
            html=html,
            text=f"EXAMPLE WEEKLY\n\n{words}\nlast line\n",
            headers=(("From", "Example Weekly <news@example.org>"), ("Subject", f"News of {newsletter}")),
            raw=b"Subject: News\r\n\r\n" + html.encode(),
            size=len(html),
            picked=(
                Picked(post=post("posts/a.md", image=picture), reason="window"),
                Picked(post=post("posts/c.md"), reason="pinned", pinned=True),
            ),
            left_out=(LeftOut(path="posts/b.md", id=None, title="Later", reason="draft", detail="draft: true"),),
            audiences=(
                PreviewAudience(label="everything", people=2, readers=("ann@example.net", "bob@example.net")),
                PreviewAudience(label="maps", people=1, readers=("max@example.com",)),
            ),
            variant=variant or 0,
        )

    def preview_findings(self) -> tuple[Finding, ...]:
        if "rule fails" in (self.root / "words.txt").read_text(encoding="utf-8"):
            raise Bug("the rule alt-poor broke", hint="switch it off")
        if "rule stumbles" in (self.root / "words.txt").read_text(encoding="utf-8"):
            raise ZeroDivisionError("nobody thought of that")
        return FOUND

    def watch_paths(self) -> tuple[Path, ...]:
        return (self.root,)

    def mail_preview(self, newsletter: str, address: str) -> str:
        if address.startswith("no"):
            raise DataError("the relay refused it", hint="ask the relay")
        self.sent.append((newsletter, address))
        return f"Sent to {address}."


@pytest.fixture
def files_app(tmp_path: Path) -> FilesApp:
    """The app, over files in a folder of its own."""
    root = tmp_path / "project"
    root.mkdir()
    return FilesApp(root)
