"""Which modules a running bot loads, read from the sources and without running any of them.

Byte code for every module would more than double the bundle, so only what is loaded gets it. Reading the sources
finds it the same way on every machine: no native wheel of another architecture has to load, no stand-in for boto3 is
needed, and no dependency's code runs where the operator's credentials are. The rules, in order of what they cost:

* the bot's own modules: every import, those inside functions too (lazy imports are how it keeps its cold start);
* a dependency's module: the imports that run when it is imported, and inside functions only those of another
  package (`stripe` imports `requests` when a client is made);
* a dependency's table of lazy names (`{"payment_intents": ["stripe._payment_intent_service", …]}`, read by its
  `__getattr__`): the entries whose name the bot uses as an attribute or imports.

`if TYPE_CHECKING:` is passed over. A module that is missed still runs: Python then compiles it at the cold start.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Imports:
    """What one module may import: at its own import, later from inside functions, and lazily by name."""

    at_once: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    by_name: dict[str, str] = field(default_factory=dict)


def module_names(paths: Collection[str]) -> dict[str, str]:
    """Dotted module name to path, for each `.py` among a bundle's files."""
    stems = {path.removesuffix(".py"): path for path in sorted(paths) if path.endswith(".py")}
    return {stem.removesuffix("/__init__").replace("/", "."): path for stem, path in stems.items()}


def find_loaded(paths: Collection[str], own: Collection[str], read: Callable[[str], bytes]) -> tuple[str, ...]:
    """The paths, sorted, of the modules that the bot loads.

    `paths` are the bundle's files, `own` the bot's top-level packages and modules, `read` gives a file's content.
    Raises SyntaxError for a module of the bot; a dependency's that this Python cannot parse is not loaded either.
    """
    modules = module_names(paths)
    waiting = [name for name in modules if _top(name) in own]
    trees = {name: ast.parse(read(modules[name]), modules[name]) for name in waiting}
    used = {name for tree in trees.values() for name in _names_used(tree)}
    seen: set[str] = set()
    loaded: set[str] = set()
    while waiting:
        name = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        waiting.append(name.rpartition(".")[0])
        tree = trees.get(name) or _parse(read(modules[name]) if name in modules else None)
        if tree is not None:
            loaded.add(name)
            imports = _imports_of(tree, name, is_package=modules[name].endswith("/__init__.py"))
            waiting += _followed(name, imports, own, used)
    return tuple(sorted(modules[name] for name in loaded))


def _followed(name: str, found: _Imports, own: Collection[str], used: Collection[str]) -> Iterator[str]:
    yield from found.at_once
    yield from (later for later in found.later if _top(name) in own or _top(later) != _top(name))
    yield from (target for key, target in found.by_name.items() if key in used)


def _parse(source: bytes | None) -> ast.Module | None:
    if source is None:
        return None
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _names_used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _imports_of(tree: ast.Module, name: str, *, is_package: bool) -> _Imports:
    found = _Imports()
    package = name if is_package else name.rpartition(".")[0]

    def visit(node: ast.AST, into: list[str]) -> None:
        if isinstance(node, ast.Import):
            into += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            into += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Dict):
            found.by_name.update(_lazy_entries(node))
        inside = found.later if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else into
        for child in _run_time_children(node):
            visit(child, inside)

    visit(tree, found.at_once)
    return found


def _run_time_children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in {getattr(node.test, "id", ""), getattr(node.test, "attr", "")}:
        yield from node.orelse
    else:
        yield from ast.iter_child_nodes(node)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _lazy_entries(table: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(table.keys, table.values, strict=True):
        target = value.elts[0] if isinstance(value, ast.List | ast.Tuple) and value.elts else value
        match key, target:
            case ast.Constant(value=str(name)), ast.Constant(value=str(module)):
                yield name, module


def _top(name: str) -> str:
    return name.partition(".")[0]
