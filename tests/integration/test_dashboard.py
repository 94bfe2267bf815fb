"""The dashboard and the rules speak only of families that exist; what they say to a real Prometheus is in
`test_prometheus`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from web.alarm_families import ALARMS
from web.config_families import CONFIGS
from web.exposition import everything
from web.notification_families import NOTIFICATIONS

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD = DOCS / "grafana" / "nms-overview.json"
FROM_PROMETHEUS = {"up"}
FAMILIES = (*everything(), *CONFIGS, *ALARMS, *NOTIFICATIONS)


def dashboard() -> dict[str, Any]:
    return dict(json.loads(DASHBOARD.read_text("utf-8")))


def dashboard_queries() -> Iterator[str]:
    """Every expression of the panels, with the variables at "all"."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            text = target["expr"].replace("$__rate_interval", "15s")
            yield re.sub(r"\$\w+", ".*", text)


def rule_queries() -> Iterator[str]:
    for group in yaml.safe_load((DOCS / "prometheus" / "rules.yml").read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


def selected(query: str) -> set[str]:
    """Names of the series that a query reads."""
    promql_parser.parse(query)
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", query)
    return set(re.findall(r"\b(?:nms|spectrum|state|department|reason)[a-z0-9_]*[:_][a-z0-9_:]+", bare))


def test_every_query_parses_and_reads_only_families_that_are_exported() -> None:
    names = {family.name for family in FAMILIES}
    recorded = re.findall(r"record: (\S+)", (DOCS / "prometheus" / "rules.yml").read_text("utf-8"))
    for query in (*dashboard_queries(), *rule_queries()):
        read = selected(query)
        assert read or "up{" in query, query
        assert read <= names | set(recorded), query


def test_the_labels_in_the_queries_are_labels_of_the_families() -> None:
    labels = {label for family in FAMILIES for head in family.labels for label in head.split("|")}
    for query in (*dashboard_queries(), *rule_queries()):
        asked = {name for part in re.findall(r"\{([^}]*)\}", query) for name in re.findall(r"(\w+)\s*[=!]", part)}
        assert asked <= labels | {"job"}, query


def test_panels_have_ids_titles_and_places_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


def test_the_data_source_is_chosen_and_never_named() -> None:
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for panel in dashboard()["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"] == wanted
            assert all(target["datasource"] == wanted for target in panel["targets"])
    variables = {variable["name"] for variable in dashboard()["templating"]["list"]}
    used = set(re.findall(r"\$(\w+)", DASHBOARD.read_text("utf-8"))) - {"__rate_interval", "__all"}
    assert used <= variables
