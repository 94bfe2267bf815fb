"""The French catalogue is whole, fits its English, and is the one that is compiled."""

from __future__ import annotations

import ast
import re
import string
from datetime import date

import pytest
from babel.messages.mofile import read_mo

from nms.base.text import retold, say
from nms.ops import explain
from tests.fakes.site import Web
from tests.translations import FRENCH, PLACES, ROOT, catalogue, extracted, texts
from web.formats import duration
from web.wording import in_language

TYPEWRITER = re.compile(r"\w'[\w%{«“]")
SAYING = ("_", "gettext", "ngettext", "lazy_gettext", "say")
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)[^}]*\}")


def test_every_sentence_has_its_french_and_no_french_is_left_over() -> None:
    """Run `make translations` when this fails, and translate what is empty."""
    known = {message.id for message in catalogue() if message.id}
    wanted = extracted()
    assert sorted(map(str, wanted - known)) == []
    assert sorted(map(str, known - wanted)) == []
    empty = [message.id for message in catalogue() if message.id and not all(texts(message.string))]
    assert empty == []


def test_no_sentence_hides_from_the_catalogue() -> None:
    """Babel does not look into f-strings: what is said there would stay English for ever."""
    known = {texts(message.id)[0] for message in catalogue() if message.id}
    hidden = []
    for path in [path for place in PLACES for path in (ROOT / place).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
                told = node.args[0]
                if isinstance(told, ast.Constant) and isinstance(told.value, str) and told.value not in known:
                    hidden.append(f"{path}:{node.lineno}: {told.value}")
    assert hidden == []


def test_every_french_sentence_holds_the_same_facts_as_its_english() -> None:
    """No placeholder is lost, and none is invented."""
    for message in catalogue():
        if not message.id:
            continue
        facts = {name for text in texts(message.id) for found in PLACEHOLDER.findall(text) for name in found if name}
        for french in texts(message.string):
            own = {name for found in PLACEHOLDER.findall(french) for name in found if name}
            assert own <= facts, message.id
            assert own == facts or "%(num)s" in str(message.id), message.id


def test_the_compiled_catalogue_is_the_committed_one() -> None:
    """Nobody edits one and forgets the other."""
    with FRENCH.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    ours = {message.id: texts(message.string) for message in catalogue() if message.id}
    theirs = {_key(message.id): texts(message.string) for message in compiled if message.id}
    assert ours == theirs


def test_every_say_gives_the_facts_that_its_template_names() -> None:
    """A missing fact would be an error at the worst moment: while another error is being told."""
    for path in [p for place in (*PLACES, "nms/app") for p in (ROOT / place).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"):
                continue
            template = node.args[0]
            if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
                continue
            named = {field for _, field, _, _ in string.Formatter().parse(template.value) if field}
            given = {keyword.arg for keyword in node.keywords}
            assert named <= given, f"{path}:{node.lineno}"


def test_a_sentence_is_retold_with_the_facts_inside_it() -> None:
    """Facts that are sentences are translated too; texts of people are not."""
    french = {"a {what} at {where}": "{where} : {what}", "small thing": "petite chose"}
    told = say("a {what} at {where}", what=say("small thing"), where="small thing")
    assert str(told) == "a small thing at small thing"
    assert retold(told, french.__getitem__) == "small thing : petite chose"
    assert retold("foreign", french.__getitem__) == "foreign"


def test_days_are_written_as_in_france_but_not_those_that_show_how_to_write_one(web: Web) -> None:
    """A day that we tell is 26/02/2008; what is to be typed stays as it is to be typed."""
    with web.app.test_request_context(headers={"Accept-Language": "fr"}):
        told = say("“{day}” is no day from 1900 to 2999: write 2008-02-26 or 26/02/2008.", day="30/02/2026")
        assert "écrivez 2008-02-26 ou 26/02/2008" in in_language(told)
        told = say("The act has effect from {day}: nothing is done before.", day=date(2027, 1, 1))
        assert "01/01/2027" in in_language(told)
        assert "01/01/2027" in in_language(say(told.template, day="2027-01-01"))


@pytest.mark.parametrize("mark", [":", "?", "!", ";", "»"])
def test_french_puts_a_no_break_space_before_high_marks(mark: str) -> None:
    """« : » never starts a line."""
    for message in catalogue():
        for french in texts(message.string):
            assert f" {mark}" not in french, french


def test_french_is_set_with_the_typographic_apostrophe() -> None:
    """« l’antenne », never the typewriter’s mark; quotes of a command to be typed stay as the shell wants them."""
    for message in catalogue():
        for french in texts(message.string):
            assert not TYPEWRITER.search(french), french
    told = explain.FRENCH
    assert len(told) > 20
    assert [french for french in told if TYPEWRITER.search(french)] == []


def test_french_has_one_word_for_a_device() -> None:
    """« équipement », as the menu says."""
    told = [french for message in catalogue() for french in texts(message.string)]
    assert [french for french in (*told, *explain.FRENCH) if "appareil" in french.lower()] == []


def test_a_length_of_time_has_its_french_units(web: Web) -> None:
    """Days are « j »."""
    for language, told in (("fr", "2\u00a0j 3\u00a0h"), ("en", "2\u00a0d 3\u00a0h")):
        with web.app.test_request_context(headers={"Cookie": f"nms_language={language}"}):
            assert duration(51 * 3600) == told


def _key(found: object) -> object:
    return tuple(found) if isinstance(found, list) else found
