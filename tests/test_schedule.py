"""What `digest schedule` prints can be used as it is: by cron, by systemd, by GitHub."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from digest.errors import UsageError
from digest.schedule import FORMS, ci_workflow, crontab, systemd, text
from digest.settings import Config, Newsletter, Site, State
from tests.conftest import need

WEEKLY = Newsletter(name="weekly", title="The 100% Example's Weekly")
ODD = Path("/srv/my site/100%/it's $HOME")


def config(root: Path = Path("/srv/example"), **state: str) -> Config:
    return Config(
        root=root,
        file=root / "digest.toml",
        site=Site(name="Example", id="example"),
        newsletters=(WEEKLY,),
        state=State(**state),  # type: ignore[arg-type]
    )


def test_the_crontab_line_runs_every_quarter_of_an_hour() -> None:
    """One newsletter, or all of them."""
    line = crontab(config(), WEEKLY, "/usr/bin/digest").splitlines()[-1]
    assert line == "*/15 * * * * /usr/bin/digest run weekly --project /srv/example"
    assert crontab(config(), None, "digest").endswith("digest run --project /srv/example\n")


def test_a_crontab_line_survives_odd_names() -> None:
    """cron ends a line at a percent sign, and the shell reads the rest: what arrives is what was meant."""
    line = crontab(config(ODD), WEEKLY, "/opt/my tools/digest").splitlines()[-1]
    command = line.removeprefix("*/15 * * * * ")
    assert "%" not in command.replace("\\%", "")
    words = shlex.split(command.replace("\\%", "%"))  # as cron hands it on
    assert words == ["/opt/my tools/digest", "run", "weekly", "--project", str(ODD)]


def _units(folder: Path, printed: str) -> list[Path]:
    """The two files that the text tells to make."""
    files: list[Path] = []
    for block in printed.split("# ~/.config/systemd/user/")[1:]:
        name, _, content = block.partition("\n")
        files.append(folder / name)
        files[-1].write_text(content.partition("\n# Two files")[0], encoding="utf-8")
    return files


@pytest.mark.parametrize("newsletter", [WEEKLY, None])
def test_systemd_takes_the_units(tmp_path: Path, newsletter: Newsletter | None) -> None:
    """systemd itself finds nothing wrong, with blanks, percent signs and quotes in the path."""
    need(shutil.which("systemd-analyze"), "systemd-analyze")
    root = tmp_path / "my site 100% it's"
    root.mkdir()
    files = _units(tmp_path, systemd(config(root), newsletter, sys.executable))
    assert [f.suffix for f in files] == [".service", ".timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, files)], capture_output=True, text=True, timeout=60
    )
    assert not [line for line in done.stderr.splitlines() if tmp_path.name in line or "digest-" in line]


def test_systemd_units_say_what_they_are() -> None:
    """75 is no failure, a missed time is made up for, and no specifier is left open."""
    printed = systemd(config(ODD), WEEKLY, "/usr/bin/digest")
    assert "SuccessExitStatus=75" in printed
    assert "OnCalendar=*:0/15" in printed
    assert "Persistent=yes" in printed
    assert "Description=digest: The 100%% Example's Weekly" in printed
    assert 'ExecStart=/usr/bin/digest run weekly --project "/srv/my site/100%%/it\'s $$HOME"' in printed


def test_a_checking_workflow_needs_no_secret_and_no_state() -> None:
    """Pull requests from forks run it: it names none, sends nothing, and may only read."""
    workflow = ci_workflow(config(), WEEKLY, sending=False)
    assert "secrets." not in workflow
    assert "digest run" not in workflow
    made = yaml.safe_load(workflow)
    assert made["permissions"] == {"contents": "read"}
    steps = [step.get("run", "") for step in made["jobs"]["check"]["steps"]]
    assert "digest check weekly --format github" in steps
    assert "digest build weekly --out issue" in steps
    assert set(made[True]) == {"pull_request", "push"}  # YAML 1.1 reads `on` as true


@pytest.mark.parametrize("newsletter", [WEEKLY, None])
def test_a_sending_workflow_is_refused_where_a_runner_would_forget(newsletter: Newsletter | None) -> None:
    """Without a memory the next run mails the same posts again; the sentence says so, and what to do."""
    with pytest.raises(UsageError, match="forgets") as caught:
        ci_workflow(config(), newsletter, sending=True)
    assert "a machine that stays" in caught.value.hint
    assert "again" in caught.value.hint


def test_a_sending_workflow_has_its_memory_and_runs_one_at_a_time() -> None:
    """Secrets come from the repository's store, the ledger from PostgreSQL, and no run stops another."""
    made = yaml.safe_load(ci_workflow(config(database="postgresql://db/x"), WEEKLY, sending=True))
    job = made["jobs"]["send"]
    assert job["env"]["DIGEST_STATE_DATABASE"] == "${{ secrets.DIGEST_STATE_DATABASE }}"
    assert set(job["env"]) >= {"DIGEST_SECRET", "DIGEST_SMTP_USER", "DIGEST_SMTP_PASSWORD"}
    assert made["concurrency"] == {"group": "digest-example-weekly", "cancel-in-progress": False}
    assert made[True]["schedule"] == [{"cron": "*/15 * * * *"}]
    (run,) = [step["run"] for step in job["steps"] if "digest run" in step.get("run", "")]
    for code, wanted in ((0, 0), (75, 0), (1, 1), (77, 1)):
        script = run.replace("digest run weekly", f"(exit {code})")
        assert subprocess.run(["bash", "-e", "-c", script]).returncode == wanted


def test_every_form_is_printed_by_its_name() -> None:
    """The command line's names; anything else is a wrong usage that names them."""
    ours = config(database="postgresql://db/x")
    printed = {form: text(ours, WEEKLY, form) for form in FORMS}
    assert len(set(printed.values())) == len(FORMS)
    assert all(t.endswith("\n") for t in printed.values())
    with pytest.raises(UsageError, match="no form") as caught:
        text(ours, None, "launchd")
    assert "cron" in caught.value.hint


def test_the_command_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cron's PATH is short: the command beside this Python is meant, where there is one."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert " digest run " in text(config(), None, "cron")
    (tmp_path / "digest").write_text("")
    assert f"{tmp_path / 'digest'} run" in text(config(), None, "cron")
    assert "/opt/digest run" in text(config(), None, "cron", "/opt/digest")


def test_no_workflow_names_what_the_configuration_keeps_secret() -> None:
    """The text is committed to a repository."""
    ours = config(database="postgresql://u:hunter2@db/x")
    for form in FORMS:
        assert "hunter2" not in text(ours, WEEKLY, form)
