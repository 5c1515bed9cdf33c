"""Random HCL files as people write them: aligned or not, commented, with heredocs, blocks and all line ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from hypothesis import strategies as st

from paybot_ops.core.hcl.body import Body, parse
from paybot_ops.core.hcl.paths import BlockName, Path
from paybot_ops.core.hcl.render import render_value
from paybot_ops.core.hcl.values import Literal, NotLiteral, Value

NAMES = st.from_regex(r"[a-zé_][a-z0-9_é-]{0,8}", fullmatch=True)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["${x}", "$${", "%{", '"', "\\"]
)
_NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXTS
LITERALS: st.SearchStrategy[Literal] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS | NAMES, inner, max_size=3),
    max_leaves=5,
)

_EXPRESSIONS = st.sampled_from(
    [
        "var.x",
        "upper(var.x)",
        '"${var.x}-%{ if y }a%{ endif }"',
        "1 + 2",
        "x ? 1 : [2]",
        "[\n    1, # one\n    2,\n  ]",
        '{\n    a = "x" # }\n    b = [1, 2]\n  }',
        "[for x in y : x]",
        "007",
        '"\\u0041 $${x}"',
        "<<EOT\n  a = 1\n  ${x} }\nEOT",
        "<<-EOT\n    # none\n      EOT",
        "/* before */ 5",
    ]
)
_VALUES = LITERALS.map(render_value) | _EXPRESSIONS
_TRAILS = st.sampled_from(["", "", " ", "  # why", " // a = 1", " /* a\n b = { */", "\t"])
_GAPS = st.sampled_from([" ", " ", "", "  ", "\t", "     "])
_FILLERS = st.sampled_from(["", "", "# a = 1", "  // x {", "/* a = 1\n\n } */", "\t", "# “quoted” é"])


@st.composite
def hcl_files(draw: st.DrawFn, *, blocks: bool = True) -> str:
    """A whole file: any line ends, with or without a byte order mark and an end of the last line."""
    text = draw(_bodies(depth=2 if blocks else 0, indent=""))
    if not draw(st.booleans()) and not text.rstrip("\n").endswith("EOT"):
        text = text.removesuffix("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return "\ufeff" * draw(st.integers(0, 1)) + text


@st.composite
def _bodies(draw: st.DrawFn, *, depth: int, indent: str) -> str:
    names = draw(st.lists(NAMES, unique=True, max_size=5))
    aligned = draw(st.booleans())
    width = max(map(len, names), default=0)
    lines = []
    for name in names:
        lines.append(draw(_FILLERS) + "\n" if draw(st.booleans()) else "")
        before, after = (" " * (width - len(name) + 1), " ") if aligned else (draw(_GAPS), draw(_GAPS))
        value = draw(_VALUES)
        trail = "" if value.endswith("EOT") else draw(_TRAILS)
        lines.append(f"{indent}{name}{before}={after}{value}{trail}\n")
        if depth and draw(st.booleans()):
            lines.append(draw(_blocks(depth=depth - 1, indent=indent)))
    return "".join(lines)


@st.composite
def _blocks(draw: st.DrawFn, *, depth: int, indent: str) -> str:
    header = indent + draw(st.sampled_from(["terraform ", 'backend "s3" ', 'resource "a" b ', "x "]))
    body = draw(_bodies(depth=depth, indent=indent + "  "))
    empty = draw(st.sampled_from(["{}", "{ }", "{ # none\n" + indent + "}", "{\n" + indent + "}"]))
    return header + ("{\n" + body + indent + "}" if body else empty) + draw(st.sampled_from(["", " # end"])) + "\n"


def paths_of(text: str) -> list[Path]:
    """Where something may be set in a file: one path for each argument and for each body, if it leads to one place."""
    root = parse(text)
    places = list(_places(root, ()))
    return [path for path in places if places.count(path) == 1]


def _places(body: Body, blocks: tuple[BlockName, ...]) -> Iterator[Path]:
    yield Path("brand_new-name", blocks)
    for name in body.attributes:
        yield Path(name, blocks)
    for block in body.blocks:
        yield from _places(block.body, (*blocks, BlockName(block.type, block.labels)))


def shown(value: Value) -> object:
    """A value such that equal ones compare equal and 1, true and "1" do not; strings in NFC, places left out."""
    if isinstance(value, NotLiteral):
        return ("not literal", value.kind)
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", key): shown(item) for key, item in value.items()}
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return (isinstance(value, bool), value)
