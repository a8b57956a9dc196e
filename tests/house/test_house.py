"""The house keeps its shape: lengths, docstrings, names, the clock, and which library lives in which room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "digest").rglob("*.py"))
JUNK = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "core", "tools"}

# A library from outside is imported in these files or rooms alone.
LIBRARIES = {
    "yagmail": ("digest/deliver/transports/smtp.py",),
    "smtplib": ("digest/deliver/transports/smtp.py",),
    "mjml": ("digest/render/",),
    "css_inline": ("digest/render/",),
    "nh3": ("digest/render/",),
    "markdown_it": ("digest/render/",),
    "mdit_py_plugins": ("digest/render/",),
    "jinja2": ("digest/render/", "digest/web/"),
    "markupsafe": ("digest/render/", "digest/web/"),
    "frontmatter": ("digest/posts/",),
    "yaml": ("digest/posts/",),
    "cronsim": ("digest/posts/",),
    "slugify": ("digest/posts/",),
    "email_validator": ("digest/audience/", "digest/config.py"),
    "msgspec": ("digest/config.py",),
    "babel": ("digest/language.py",),
    "dns": ("digest/lint/names.py",),
    "sqlite3": ("digest/store/",),
    "click": ("digest/cli/",),
    "rich": ("digest/cli/",),
    "flask": ("digest/web/",),
    "waitress": ("digest/web/",),
    "werkzeug": ("digest/web/",),
    "watchfiles": ("digest/web/",),
}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_lives_in_it_and_is_short(path: Path) -> None:
    """Each module opens with a docstring; 500 lines are the wall, 60 for a function."""
    module = tree(path)
    assert ast.get_docstring(module), f"{name_of(path)} has no docstring"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, f"{name_of(path)} is over 500 lines"
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 60, f"{name_of(path)}:{node.lineno} {node.name} is over 60 lines"


def test_no_room_is_a_junk_drawer() -> None:
    """A module is named for a concept."""
    assert not [name_of(p) for p in MODULES if p.stem in JUNK]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_lives_in_one_room(path: Path) -> None:
    """What comes from outside is imported where the table says, and nowhere else."""
    for library, line in imports(path):
        homes = LIBRARIES.get(library)
        assert homes is None or name_of(path).startswith(homes), f"{name_of(path)}:{line} imports {library}"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "app.py"], ids=name_of)
def test_only_the_app_reads_the_clock(path: Path) -> None:
    """`now` is an argument everywhere else (monotonic clocks for time-outs are no dates)."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCKS, f"{name_of(path)}:{node.lineno} reads the clock"


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem not in {"__init__", "__main__"}], ids=name_of)
def test_names_exported_are_names_documented(path: Path) -> None:
    """`__all__` is there, holds what is there, and each function or class in it has a docstring."""
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    names = getattr(module, "__all__", None)
    assert names is not None, f"{name_of(path)} has no __all__"
    for name in names:
        thing = getattr(module, name)
        if callable(thing) and getattr(thing, "__module__", "") == module.__name__ and not hasattr(thing, "__origin__"):
            assert thing.__doc__, f"{name_of(path)}: {name} has no docstring"


def test_dependencies_are_pinned_with_hashes_and_without_addresses() -> None:
    """Requirement files install the same bytes everywhere and name no index."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_folders_of_data_hold_no_python() -> None:
    """What readers see and who they are is data."""
    assert not [*(ROOT / "templates").rglob("*.py"), *(ROOT / "subscribers").rglob("*.py")]
