"""Text that makes another program run `digest` on time: a crontab line, systemd units, CI workflows. Pure.

All of them call `digest run` every quarter of an hour: what is due is done, retries included, and nothing else is. The
send time stays in digest.toml alone.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from digest.errors import UsageError
from digest.settings import Config, Newsletter

__all__ = ["FORMS", "ci_workflow", "crontab", "systemd", "text"]

FORMS = ("cron", "systemd", "github", "github-send")


def text(config: Config, newsletter: Newsletter | None, form: str, command: str = "") -> str:
    """Give the schedule in one of `FORMS`, for one newsletter or for all. Raises UsageError with the reason why not."""
    command = command or _installed()
    if form == "cron":
        return crontab(config, newsletter, command)
    if form == "systemd":
        return systemd(config, newsletter, command)
    if form in {"github", "github-send"}:
        return ci_workflow(config, newsletter, sending=form == "github-send")
    raise UsageError(f'"{form}" is no form of a schedule', hint=f"there are: {', '.join(FORMS)}")


def crontab(config: Config, newsletter: Newsletter | None, command: str) -> str:
    """Give the crontab line. Cron mails what the job prints, and a job that is well prints nothing."""
    words = shlex.join(_words(config, newsletter, command)).replace("%", "\\%")  # crontab(5): % is a line end
    return (
        "# Every 15 minutes: what is due is sent, what was deferred is tried again. Add it with: crontab -e\n"
        f"*/15 * * * * {words}\n"
    )


def systemd(config: Config, newsletter: Newsletter | None, command: str) -> str:
    """Give a service and its timer, for ~/.config/systemd/user/ or /etc/systemd/system/."""
    what = newsletter.name if newsletter else "all"
    words = " ".join(_systemd_word(word) for word in _words(config, newsletter, command))
    title = (newsletter.title if newsletter else config.site.name).replace("%", "%%") or what
    unit = f"digest-{what}"
    return f"""\
# ~/.config/systemd/user/{unit}.service
[Unit]
Description=digest: {title}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={words}
# 75 is not finished, and the next run goes on
SuccessExitStatus=75
NoNewPrivileges=yes

# ~/.config/systemd/user/{unit}.timer
[Unit]
Description=digest every 15 minutes: {title}

[Timer]
OnCalendar=*:0/15
Persistent=yes

[Install]
WantedBy=timers.target

# Two files; then: systemctl --user enable --now {unit}.timer
# A timer of a user who is not signed in also needs: loginctl enable-linger
"""


def ci_workflow(config: Config, newsletter: Newsletter | None, *, sending: bool) -> str:
    """Give a GitHub Actions workflow that checks, or one that sends. Raises UsageError where it must not send."""
    if not sending:
        return _checking(newsletter)
    if not config.state.database:
        raise UsageError(
            "a CI workflow must not send this newsletter: its state lies in files, and a runner forgets them",
            hint="without a memory the next run would mail the same posts to everyone again: send from a machine "
            "that stays, with digest schedule --format cron",
        )
    return _sending(config, newsletter)


def _checking(newsletter: Newsletter | None) -> str:
    name = f" {newsletter.name}" if newsletter else ""
    return f"""\
# .github/workflows/newsletter-check.yml
# Checks the next issue with every change, from forks too: it needs no secret, no list and no state.
name: newsletter check
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
{_SETUP}
      - run: digest check{name} --format github
      - run: digest diff{name} --format markdown >> "$GITHUB_STEP_SUMMARY"
        if: always()
      - run: digest build{name} --out issue
        if: always()
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: issue
          path: issue
"""


def _sending(config: Config, newsletter: Newsletter | None) -> str:
    name = f" {newsletter.name}" if newsletter else ""
    what = newsletter.name if newsletter else "all"
    names = ["DIGEST_STATE_DATABASE", "DIGEST_SECRET", "DIGEST_SMTP_USER", "DIGEST_SMTP_PASSWORD"]
    secrets = "\n".join(f"      {n}: ${{{{ secrets.{n} }}}}" for n in names)
    return f"""\
# .github/workflows/newsletter-send.yml
# Sends what is due. Store these as secrets of the repository: {", ".join(names)}.
# The lists in subscribers/ must be in this checkout, so let the repository be a private one; there each run costs a
# minute of the account's, about 2,900 a month. GitHub may start a schedule late.
name: newsletter send
on:
  schedule:
    - cron: "*/15 * * * *"
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: digest-{config.site.id}-{what}
  cancel-in-progress: false
jobs:
  send:
    runs-on: ubuntu-latest
    timeout-minutes: 350
    env:
{secrets}
    steps:
{_SETUP}
      # 75 is not finished: the next run goes on
      - run: digest run{name} || test $? -eq 75
"""


_SETUP = """\
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install digest-mailer"""


def _words(config: Config, newsletter: Newsletter | None, command: str) -> list[str]:
    return [command, "run", *([newsletter.name] if newsletter else []), "--project", str(config.root)]


def _systemd_word(word: str) -> str:
    """Quote a word for ExecStart= (systemd.service(5), "Command lines"): no specifier and no variable is meant."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return plain if plain == word and not set(word) & set(" \t;'") and word else f'"{plain}"'


def _installed() -> str:
    """The command beside this Python, by its whole path: cron's PATH is short."""
    beside = Path(sys.executable).with_name("digest")
    return str(beside) if beside.exists() else "digest"
