"""Which names of outputs and variables the code of paybot asks for, read from the code itself."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import paybot_ops

_PACKAGE = Path(paybot_ops.__file__).parent
# Functions that take names of variables, alone or as the keys of values.
_TAKE_VARIABLES = frozenset(
    {"check_declared", "plan_values", "plan_wish", "read_values", "terraform_variables", "try_plan_values"}
)


@dataclass(frozen=True)
class _Source:
    """One module: its syntax tree, and its name for what the tree's names stand for."""

    tree: ast.Module
    name: str

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(self.name)

    def texts(self, node: ast.expr) -> set[str]:
        """The texts that an expression can stand for: a literal, a constant of the module, a loop over literals."""
        if isinstance(node, ast.Constant):
            return {node.value} if isinstance(node.value, str) else set()
        if not isinstance(node, ast.Name):
            return set()
        known = getattr(self.module, node.id, None)
        if isinstance(known, str):
            return {known}
        loops = [item for item in ast.walk(self.tree) if isinstance(item, ast.For | ast.comprehension)]
        return {
            text for loop in loops if _is_named(loop.target, frozenset({node.id})) for text in self.elements(loop.iter)
        }

    def elements(self, node: ast.expr) -> set[str]:
        """The texts in a list, a tuple or a set, and the keys of a mapping, at any depth of the expression."""
        found: set[str] = set()
        for item in ast.walk(node):
            if isinstance(item, ast.List | ast.Tuple | ast.Set):
                found |= {text for element in item.elts for text in self.texts(element)}
            elif isinstance(item, ast.Dict):
                found |= {text for key in item.keys if key is not None for text in self.texts(key)}
        return found


def outputs_read() -> dict[str, set[str]]:
    """Every name that is looked up in a deployment's outputs, with the modules that do so."""
    return _collect(lambda source: _looked_up(source, frozenset({"outputs", "_outputs", "read_outputs"})))


def variables_named() -> dict[str, set[str]]:
    """Every name that is looked up among the module's variables or handed to what reads and sets them."""
    return _collect(
        lambda source: _looked_up(source, frozenset({"target.variables", "declared"})) | _handed_over(source)
    )


def _looked_up(source: _Source, mappings: frozenset[str]) -> set[str]:
    """The keys in `mapping[key]`, `mapping.get(key)` and `key in mapping`."""
    found: set[str] = set()
    for node in ast.walk(source.tree):
        match node:
            case ast.Subscript(value=mapping, slice=key) if _is_named(mapping, mappings):
                found |= source.texts(key)
            case ast.Call(func=ast.Attribute(value=mapping, attr="get"), args=[key, *_]) if _is_named(
                mapping, mappings
            ):
                found |= source.texts(key)
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[mapping]):
                found |= source.texts(key) if _is_named(mapping, mappings) else set()
    return found


def _handed_over(source: _Source) -> set[str]:
    """The names in what is handed to a function that takes variables, also by way of a local name."""
    found: set[str] = set()
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        for argument in (each for call in calls if _is_named(call.func, _TAKE_VARIABLES) for each in call.args):
            found |= source.elements(argument)
            for node in ast.walk(function):
                if isinstance(argument, ast.Name) and isinstance(node, ast.Assign):
                    found |= (
                        source.elements(node.value) if _is_named(node.targets[0], frozenset({argument.id})) else set()
                    )
    return found


def _is_named(node: ast.expr, names: frozenset[str]) -> bool:
    """Whether an expression is one of these names: `x`, `a.x` or `x(…)` for `x`, and `a.x` or `b.a.x` for `a.x`."""
    called = node.func if isinstance(node, ast.Call) else node
    written = ast.unparse(called).split(".")
    return isinstance(called, ast.Name | ast.Attribute) and any(
        written[-n:] == name.split(".") for name in names for n in (1, 2)
    )


def _collect(read: Callable[[_Source], set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source in _sources():
        for name in read(source):
            found.setdefault(name, set()).add(source.name)
    return found


@cache
def _sources() -> tuple[_Source, ...]:
    return tuple(_read())


def _read() -> Iterator[_Source]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        # The embedded AWS knows no deployment's outputs and no variables.
        if "sandbox" not in parts[:2]:
            yield _Source(ast.parse(path.read_text(encoding="utf-8")), ".".join(parts).removesuffix(".__init__"))
