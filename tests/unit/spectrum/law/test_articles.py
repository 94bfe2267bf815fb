"""The article table: every article is there, every rule has its article, what is not held is said."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product

from spectrum.law import cession, procedure
from spectrum.law.articles import ARTICLES, Status
from spectrum.law.course import Event, Mark
from spectrum.law.versions import Regime
from tests.unit.spectrum.law.test_examples import CASES, project_of
from tests.unit.spectrum.law.test_procedure import APPROVED, FIRST


def test_fault_77_each_article_of_the_decree_is_accounted_for() -> None:
    numbers = {article.number for article in ARTICLES}
    assert {f"R. 20-44-9-{n}" for n in range(1, 13)} <= numbers
    assert len(numbers) == len(ARTICLES)
    held_not = {article.number for article in ARTICLES if article.status is Status.NOT_HELD}
    assert held_not == {"R. 20-44-9-10", "R. 20-44-9-3, dernier alinéa"}


def test_what_is_not_automated_says_why_and_what_is_not_sure_says_so() -> None:
    for article in ARTICLES:
        assert article.summaries["fr"]
        assert article.summaries["en"]
        assert article.source
        if article.status is Status.MANUAL:
            assert article.notes["fr"].startswith("Non automatisé")
        if article.status is Status.RULE:
            assert article.rules


def test_every_rule_that_gives_a_verdict_stands_in_the_table() -> None:
    tabled = {rule for article in ARTICLES for rule in article.rules}
    given = {verdict.rule for case in CASES for verdict in cession.judge(project_of(case.get("change", {})))}
    for events, regime in product((FIRST, APPROVED), (Regime.APPROVAL, Regime.NOTIFICATION)):
        for mark, days in product(Mark, (1, 75, 400)):
            event = Event(mark, events[-1].on + timedelta(days))
            given |= {one.rule for one in procedure.may(events, regime, event)}
    assert given - tabled <= {"law_in_force"}
    assert tabled - given <= {"public_register"}


def test_every_verdict_names_an_article_of_the_table() -> None:
    numbers = {article.number for article in ARTICLES}
    for case in CASES:
        for verdict in cession.judge(project_of(case.get("change", {}))):
            if verdict.rule != "law_in_force":
                base = re.sub(r", \d+°$", "", verdict.article)
                assert any(number.startswith(base) for number in numbers), verdict.article
