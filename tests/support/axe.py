"""What axe finds on a page."""

from pathlib import Path

from playwright.sync_api import Page

#: axe-core 4.14.1 (MPL-2.0), as published; nothing but tests loads it.
AXE = (Path(__file__).parents[1] / "e2e" / "test_dashboard_axe" / "axe.min.js").read_text()


def serious(page: Page) -> list[str]:
    """What is serious or critical: the rule and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:160]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"][:3]
    ]
