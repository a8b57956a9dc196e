"""A project as the preview page sees it: rendered afresh from the files at each look (web.preview.PreviewApp)."""

from __future__ import annotations

from pathlib import Path

from digest.app import App
from digest.errors import RelayRefused
from digest.model import Finding, PreviewState
from digest.pipeline import preview
from digest.pipeline.look import Shown

__all__ = ["Live"]


class Live:
    """One project and the issue that is looked at: the one named, else the due or coming one."""

    def __init__(self, app: App, issue: str = "") -> None:
        self._app, self._issue = app, issue
        self._last: tuple[App, Shown] | None = None  # what was shown last, and the project as it was then

    def render_preview(self, newsletter: str, variant: int | None, as_address: str | None) -> PreviewState:
        """Render the issue from the files as they are now."""
        fresh = App.open(self._app.config.root, clock=self._app.clock)
        with fresh.looker() as looker:
            shown = looker.show(fresh.newsletter(newsletter), self._issue)
            state = preview.state(looker, shown, variant, as_address, fresh.keys_if_any())
        self._last = fresh, shown
        return state

    def preview_findings(self) -> tuple[Finding, ...]:
        """Run the preflight over what was rendered last."""
        if self._last is None:
            return ()
        app, shown = self._last
        with app.looker() as looker:
            return preview.findings(looker, shown)

    def watch_paths(self) -> tuple[Path, ...]:
        """Files and folders whose change may change the issue."""
        config = self._app.config
        sources = [config.root / str(getattr(plug.options, "path", "")) for plug in config.sources]
        return (config.file, *(config.root / name for name in ("templates", "issues", "subscribers")), *sources)

    def mail_preview(self, newsletter: str, address: str) -> str:
        """Send the preview to one address and say in a sentence how it went; RelayRefused where it did not."""
        ((to, code, text),) = self._app.send_preview(newsletter, self._issue, (address,), exact=False).answers
        if not 200 <= code < 300:
            raise RelayRefused(f"not sent to {to}: {code or ''} {text}".rstrip())
        return f"Sent to {to}."
