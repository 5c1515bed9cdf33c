"""Writes the tables of terraform/README.md from the module and the price table: `make docs`. A test compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from paybot_ops.core.hcl.body import Block, parse
from paybot_ops.core.hcl.reading import read_variables
from paybot_ops.core.prices import UnitPrice, known_prices

MODULE = Path(__file__).resolve().parent.parent / "terraform"
PAGE = MODULE / "README.md"
REGION = "us-east-1"

# AWS's own figure for a month of hours (AWS Pricing Calculator).
_HOURS = 730
_LONGEST_DEFAULT = 70


def page() -> str:
    """The whole page, with each table between its markers made anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in (("inputs", inputs()), ("outputs", outputs()), ("costs", costs())):
        begin, end = f"<!-- {name}: made by make docs -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}{_lines(lines)}{end}{after}"
    return text


def inputs() -> Iterator[str]:
    """A table of variables for each file of them, under the file's own first comment."""
    for path in sorted(MODULE.glob("variables*.tf")):
        text = path.read_text(encoding="utf-8")
        types = {name: " ".join(variable.type_text.split()) for name, variable in read_variables(text).items()}
        yield f"**`{path.name}`**: {_heading(text)}\n"
        yield "| name | type | default | description |\n|---|---|---|---|"
        for block in (block for block in parse(text).blocks if block.type == "variable"):
            name = block.labels[0]
            yield f"| `{name}` | `{_cell(types[name])}` | {_default(path, text, block)} | {_described(block)} |"
        yield ""


def outputs() -> Iterator[str]:
    """A table of the outputs."""
    yield "| name | description |\n|---|---|"
    for path in sorted(MODULE.glob("*.tf")):
        blocks = parse(path.read_text(encoding="utf-8")).blocks
        yield from (f"| `{block.labels[0]}` | {_described(block)} |" for block in blocks if block.type == "output")


def costs() -> Iterator[str]:
    """What each part costs a month, from the same prices as `paybot cost`."""
    yield f"| part | there | a month in {REGION} | price from |\n|---|---|---|---|"
    for part, there, text, names in _parts():
        origins = dict.fromkeys(f"{price.source}, {price.read}" for price in map(_price, names))
        yield f"| {part} | {there} | {text} | {_cell('; '.join(origins))} |"


def waf_rules() -> int:
    """How many rules and rule groups the web ACL has: each is billed."""
    acl = next(block for block in _blocks("waf.tf") if block.labels[:1] == ("aws_wafv2_web_acl",))
    return sum(block.type == "rule" for block in acl.body.blocks)


def _parts() -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """The part, what turns it on, its cost, and the names of the prices that this is made of."""
    yield "KMS key", "always", _dollars("kms-key"), ("kms-key",)
    yield "Stripe secret", "always", _dollars("secret"), ("secret",)
    beyond = f"beyond the account's {_price('alarm-metric').free:f}"
    yield "alarms", "always", f"{_dollars('alarm-metric')} for each metric {beyond}", ("alarm-metric",)
    beyond = f"beyond the account's {_price('dashboard').free:f}"
    yield "dashboard", "unless `enable_dashboard = false`", f"{_dollars('dashboard')} {beyond}", ("dashboard",)
    rules = waf_rules()
    acl = _price("waf-acl").cost(1) + _price("waf-rule").cost(rules)
    yield (
        "web ACL",
        "`prod`, or `enable_waf`",
        f"${acl:.2f} with {rules} rules and groups, {_dollars('waf-requests', 1_000_000)} per million requests",
        ("waf-acl", "waf-rule", "waf-requests"),
    )
    yield (
        "access, execution and web ACL logs",
        "`prod`, or `enable_api_access_logs`, `enable_waf`",
        f"{_dollars('logs-ingested')} per GB that comes in, {_dollars('logs-stored')} per GB kept",
        ("logs-ingested", "logs-stored"),
    )
    units = {name: _dollars(f"guardrail-{name}", 1000) for name in ("content", "topic", "pii")}
    yield (
        "guardrail",
        "`enable_bedrock_guardrails`",
        f"per 1,000 text units: content {units['content']}, topics {units['topic']}, personal data {units['pii']}",
        tuple(f"guardrail-{name}" for name in units),
    )
    yield (
        "NAT gateway (yours, not the module's)",
        "`vpc_subnet_ids`, for the way to Stripe",
        f"{_dollars('nat-gateway', _HOURS)} in each zone, ${_price('nat-data').cost(1):f} per GB",
        ("nat-gateway", "nat-data"),
    )
    yield (
        "interface endpoint (yours, not the module's)",
        "`vpc_subnet_ids`, where AWS is not reached through NAT",
        f"{_dollars('vpc-endpoint', _HOURS)} for each service in each zone",
        ("vpc-endpoint",),
    )


def _price(name: str) -> UnitPrice:
    found = known_prices(REGION).find_unit(name)
    assert found is not None, name
    return found


def _dollars(name: str, quantity: int = 1) -> str:
    return f"${_price(name).cost(quantity):.2f}"


def _default(path: Path, text: str, block: Block) -> str:
    attribute = block.body.attributes.get("default")
    if attribute is None:
        return "*required*"
    shown = " ".join(text[attribute.value_start : attribute.value_end].split())
    return f"`{_cell(shown)}`" if len(shown) <= _LONGEST_DEFAULT else f"in `{path.name}`"


def _heading(text: str) -> str:
    comment = re.match(r"(?:# .*\n)*", text)
    assert comment
    return " ".join(line.removeprefix("# ") for line in comment[0].splitlines())


def _described(block: Block) -> str:
    value = block.body.attributes["description"].value
    assert isinstance(value, str), block.labels
    return _cell(" ".join(value.split())).replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _blocks(name: str) -> list[Block]:
    return parse((MODULE / name).read_text(encoding="utf-8")).blocks


def _lines(lines: Iterator[str]) -> str:
    return "\n" + "\n".join(lines).rstrip("\n") + "\n\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
