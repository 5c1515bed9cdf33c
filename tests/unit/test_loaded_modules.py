"""Which modules get byte code: what the bot loads, now or lazily, and not the rest of its dependencies."""

from __future__ import annotations

import pytest

from paybot_ops.core.loaded_modules import find_loaded


def loaded_of(files: dict[str, str]) -> set[str]:
    return set(find_loaded(list(files), ["bot"], lambda path: files[path].encode()))


def with_dependency(bot: str, **modules: str) -> set[str]:
    """The loaded files of a dependency `dep` (its modules by name, `init` its front page) under a one-file bot."""
    names = {"init": "__init__"}
    files = {f"dep/{names.get(name, name)}.py": text for name, text in modules.items()}
    return loaded_of({"bot/__init__.py": bot, **files}) - {"bot/__init__.py"}


def test_every_module_of_the_bot_is_loaded() -> None:
    assert loaded_of({"bot/__init__.py": "", "bot/lazy.py": "", "other.py": ""}) == {"bot/__init__.py", "bot/lazy.py"}


@pytest.mark.parametrize(
    "statement",
    [
        "import dep.used",
        "from dep import used",
        "from dep.used import thing",
        "def later():\n    import dep.used",
        "async def later():\n    from dep import used",
        "try:\n    import dep.used\nexcept ImportError:\n    pass",
        "class A:\n    def m(self):\n        if self:\n            from dep.used import x",
    ],
)
def test_an_import_anywhere_in_the_bot_counts(statement: str) -> None:
    assert with_dependency(statement, init="", used="", unused="") == {"dep/__init__.py", "dep/used.py"}


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_imports_for_type_checkers_do_not_count(guard: str) -> None:
    source = f"if {guard}:\n    import dep.typed\nelse:\n    import dep.used"
    assert with_dependency(source, init="", used="", typed="") == {"dep/__init__.py", "dep/used.py"}


def test_a_dependency_is_followed_through_what_it_imports_at_once() -> None:
    found = with_dependency("import dep", init="from .a import x\nfrom . import b", a="", b="from dep.c import y", c="")
    assert found == {"dep/__init__.py", "dep/a.py", "dep/b.py", "dep/c.py"}


def test_relative_imports_climb() -> None:
    found = loaded_of(
        {
            "bot/__init__.py": "import dep.inner.deep",
            "dep/__init__.py": "",
            "dep/inner/__init__.py": "",
            "dep/inner/deep.py": "from ..other import x",
            "dep/other.py": "",
        }
    )
    assert "dep/other.py" in found


def test_what_a_dependency_imports_of_its_own_inside_functions_is_left() -> None:
    assert with_dependency("import dep", init="def f():\n    from dep import rare", rare="") == {"dep/__init__.py"}


def test_what_a_dependency_imports_of_another_inside_functions_counts() -> None:
    found = loaded_of(
        {
            "bot/__init__.py": "import dep",
            "dep/__init__.py": "def client():\n    import http_library",
            "http_library.py": "",
        }
    )
    assert "http_library.py" in found


TABLE = '_lazy = {"payments": ["dep.payments", "Payments"], "refunds": ("dep.refunds", True), "tax": "dep.tax"}'


@pytest.mark.parametrize(
    ("use", "target"),
    [
        ("client.payments.create()", "dep/payments.py"),
        ("from dep import refunds", "dep/refunds.py"),
        ("dep.tax", "dep/tax.py"),
    ],
)
def test_lazy_names_that_the_bot_uses_count(use: str, target: str) -> None:
    found = with_dependency(f"import dep\n{use}", init=TABLE, payments="", refunds="", tax="")
    assert found == {"dep/__init__.py", target}


def test_a_module_that_does_not_parse_is_a_dependencys_own_affair() -> None:
    assert with_dependency("import dep.old", init="", old="print 1") == {"dep/__init__.py"}


def test_the_bots_own_must_parse() -> None:
    with pytest.raises(SyntaxError) as caught:
        loaded_of({"bot/__init__.py": "", "bot/broken.py": "x = ("})
    assert (caught.value.filename, caught.value.lineno) == ("bot/broken.py", 1)


def test_what_the_runtime_provides_is_not_looked_for() -> None:
    assert loaded_of({"bot/__init__.py": "import boto3, os"}) == {"bot/__init__.py"}


def test_imports_in_a_circle_end() -> None:
    found = with_dependency("import dep.a", init="", a="import dep.b", b="import dep.a")
    assert found == {"dep/__init__.py", "dep/a.py", "dep/b.py"}
