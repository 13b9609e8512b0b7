"""The tree of refusals: each says what it means and carries what a screen needs."""

from __future__ import annotations

import inspect
from typing import Final, get_type_hints

import pytest

from domain import refusals
from domain.refusals import Refusal
from tests.domain.every import descendants

EVERY: Final = sorted(descendants(Refusal), key=lambda refusal: refusal.__name__)
CONTENT: Final[dict[type, object]] = {int: 7, str: "j1"}


def called(refusal: type[Refusal]) -> str:
    """The refusal's name."""
    return refusal.__name__


@pytest.mark.parametrize("refusal", EVERY, ids=called)
def test_a_refusal_says_what_it_means(refusal: type[Refusal]) -> None:
    meaning = refusal.__dict__["__doc__"]
    assert meaning
    assert len(meaning.split()) >= 3
    assert meaning.endswith(".")


@pytest.mark.parametrize("refusal", EVERY, ids=called)
def test_a_refusal_keeps_what_it_was_given_in_typed_fields(refusal: type[Refusal]) -> None:
    fields = {name: hint for name, hint in get_type_hints(refusal.__init__).items() if name != "return"}
    assert inspect.signature(refusal).parameters.keys() == fields.keys()
    given = {name: CONTENT[hint] for name, hint in fields.items()}
    raised = refusal(**given)
    assert vars(raised) == given
    assert str(raised)
    assert all(str(content) in str(raised) for content in given.values())


def test_the_tree_at_the_top_of_the_module_shows_every_refusal() -> None:
    tree = inspect.getdoc(refusals) or ""
    shown = {line.split()[1] for line in tree.splitlines() if line.lstrip().startswith(("├──", "└──"))}
    assert shown == {refusal.__name__ for refusal in EVERY}


def test_refusals_are_shaped_by_the_domain_alone() -> None:
    assert {refusal.__module__ for refusal in EVERY} == {"domain.refusals"}
