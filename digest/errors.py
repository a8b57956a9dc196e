"""Every error of digest, drawn as one tree, each with the exit code of the command that it ends.

    DigestError                     70  (never raised itself)
    ├── UsageError                  64  the command line makes no sense
    ├── DataError                   65  posts, templates or lists are at fault; carries file and line
    │   ├── FrontMatterError        65  one post cannot be read (costs that post alone)
    │   ├── TemplateError           65  a template, a theme or its MJML
    │   └── ListError               65  a file in subscribers/
    ├── ConfigError                 78  digest.toml, environment, folder rights; holds all mistakes at once
    │   ├── SecretMissing           78  a password or DIGEST_SECRET is needed and nowhere to be found
    │   ├── StateRefused            78  newer database, another secret, network file system, read-only folder
    │   └── NoHistory               78  a newsletter that may have sent before has no ledger here
    ├── PreflightFailed              1  the issue is not fit to send
    ├── Unfinished                  75  the next run goes on
    │   ├── Locked                  75  another run is at work
    │   └── DiskFull                75  nothing could be written; nothing is lost
    ├── RelayUnreachable            69  no connection to the mail server, or no TLS that can be trusted
    ├── RelayRefused                77  the server refused us: authentication, policy (a quota: 75)
    └── Bug                         70  our own mistake: finished bytes that break a rule, an impossible state

An error says in one sentence what is wrong with which thing, and in `hint` what to do next. It keeps its cause.
"""

from __future__ import annotations

__all__ = [
    "Bug",
    "ConfigError",
    "DataError",
    "DigestError",
    "DiskFull",
    "FrontMatterError",
    "ListError",
    "Locked",
    "NoHistory",
    "PreflightFailed",
    "RelayRefused",
    "RelayUnreachable",
    "SecretMissing",
    "StateRefused",
    "TemplateError",
    "Unfinished",
    "UsageError",
]


class DigestError(Exception):
    """The root. `message` is one sentence; `hint` says what to do; `file` and `line` say where."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "", file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.file, self.line = message, hint, file, line

    @property
    def place(self) -> str:
        """`file:line: `, as far as it is known."""
        if self.file is None:
            return ""
        return f"{self.file}: " if self.line is None else f"{self.file}:{self.line}: "

    def __str__(self) -> str:
        return f"{self.place}{self.message}"


class UsageError(DigestError):
    """The command line makes no sense."""

    exit_code = 64


class DataError(DigestError):
    """Posts, templates or lists are at fault."""

    exit_code = 65


class FrontMatterError(DataError):
    """One post cannot be read; it costs that post alone."""


class TemplateError(DataError):
    """A template, a theme or its MJML is at fault. What has a name in the preflight carries it as its `rule`, and
    `mistakes` holds every one of that kind that was found."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        file: str | None = None,
        line: int | None = None,
        rule: str = "",
        mistakes: tuple[TemplateError, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, file=file, line=line)
        self.rule, self.mistakes = rule, mistakes

    def moved(self, file: str | None) -> TemplateError:
        """The same mistake, said of another name of its file."""
        return TemplateError(
            self.message, hint=self.hint, file=file, line=self.line, rule=self.rule, mistakes=self.mistakes
        )


class ListError(DataError):
    """A file in subscribers/ is at fault."""


class ConfigError(DigestError):
    """Configuration, environment or folder rights; `mistakes` holds every one that was found."""

    exit_code = 78

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        file: str | None = None,
        line: int | None = None,
        mistakes: tuple[ConfigError, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, file=file, line=line)
        self.mistakes = mistakes


class SecretMissing(ConfigError):
    """A secret is needed and nowhere to be found (it is never asked for)."""


class StateRefused(ConfigError):
    """The state folder or its database cannot be used as it is."""


class NoHistory(ConfigError):
    """A newsletter that may have sent before has no ledger here."""


class PreflightFailed(DigestError):
    """The issue is not fit to send."""

    exit_code = 1


class Unfinished(DigestError):
    """Something is left to do; the next run goes on."""

    exit_code = 75


class Locked(Unfinished):
    """Another run is at work."""


class DiskFull(Unfinished):
    """Nothing could be written; nothing is lost."""


class RelayUnreachable(DigestError):
    """No connection to the mail server, or none that can be trusted."""

    exit_code = 69


class RelayRefused(DigestError):
    """The server refused us as a sender: authentication or policy. What passes by itself, a quota, makes it 75."""

    exit_code = 77


class Bug(DigestError):
    """Our own mistake."""

    exit_code = 70
