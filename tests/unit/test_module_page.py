"""What is written about the module is what the module holds: its page, its picture, the page for auditors."""

from __future__ import annotations

import re
import runpy
from typing import Any
from xml.etree import ElementTree

from paybot_ops.core.hcl.body import Block, parse
from scan.relaxations import RELAXED
from scan.skips import find_skips
from tests.conftest import ROOT

MODULE = ROOT / "terraform"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in sorted(MODULE.glob("*.tf"))}
README = (MODULE / "README.md").read_text(encoding="utf-8")
COMPLIANCE = (ROOT / "docs/compliance.md").read_text(encoding="utf-8")


def generated() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs/generate_module.py"))


def blocks(kind: str) -> list[Block]:
    return [block for text in SOURCES.values() for block in parse(text).blocks if block.type == kind]


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_cells(table: str) -> set[str]:
    """What the first column names in code."""
    return {name for line in table.splitlines() for name in re.findall(r"`([^`]+)`", (line + "||").split("|")[1])}


def test_the_tables_are_those_of_the_module() -> None:
    assert generated()["page"]() == README, "run: make docs"


def test_every_variable_and_every_output_is_in_them() -> None:
    assert first_cells(section(README, "Inputs")) >= {block.labels[0] for block in blocks("variable")}
    assert first_cells(section(README, "Outputs")) == {block.labels[0] for block in blocks("output")}


def test_the_files_are_those_that_are_there() -> None:
    assert first_cells(section(README, "A file per concern")) == set(SOURCES)


def test_prices_in_the_variables_are_those_of_the_table() -> None:
    module = generated()
    described = {block.labels[0]: str(block.body.attributes["description"].value) for block in blocks("variable")}
    price, rules = module["_price"], module["waf_rules"]()
    acl = price("waf-acl").cost(1) + price("waf-rule").cost(rules)
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight"]
    assert f"about ${acl:f} a month" in described["enable_waf"]
    assert (
        f"ACL ${price('waf-acl').cost(1):f}, {words[rules]} rules ${price('waf-rule').cost(1):f}"
        in described["enable_waf"]
    )
    assert f"${price('waf-requests').cost(10**6):.2f} per million requests" in described["enable_waf"]
    assert f"${price('dashboard').cost(1):f} a month" in described["enable_dashboard"]
    assert f"about ${price('nat-gateway').cost(730):.0f} a month" in described["vpc_subnet_ids"]


def test_the_auditor_s_table_names_every_kind_of_resource_and_no_other() -> None:
    assert first_cells(section(COMPLIANCE, "Resource by resource")) == {block.labels[0] for block in blocks("resource")}


def test_it_names_what_is_accepted_and_nothing_else() -> None:
    named = set(re.findall(r"CKV2?_AWS_\d+", section(COMPLIANCE, "What it does not meet, on purpose")))
    assert named == {skip.check for name, text in SOURCES.items() for skip in find_skips(name, text)}
    assert len(RELAXED) == 4
    assert "four more are relaxed" in COMPLIANCE


def test_every_variable_that_the_pages_name_exists() -> None:
    known = {block.labels[0] for block in blocks("variable")}
    settings = set(
        re.findall(r"`((?:enable|manage|require|accept|protect|vpc|code|card|api|allowed|alert)_[a-z_]+)\b", COMPLIANCE)
    )
    assert settings
    assert settings - known == set()


def test_the_picture_is_small_whole_and_for_light_and_dark() -> None:
    path = MODULE / "architecture.svg"
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert len(text) < 30_000
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import|<script", text) == []
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "(architecture.svg)" in README
    assert "terraform/architecture.svg" in COMPLIANCE
