"""Choices that the shell offers, and small sets of combinations that hold every pair of them."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import combinations, product

from aec.cli.parser import make_parser


def offered_by_the_shell(command: str, option: str) -> tuple[str, ...]:
    """Return the choices of an option of a command."""
    commands = next(each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction))
    action = commands.choices[command]._option_string_actions[option]
    return tuple(action.choices or action.metavar.replace(":NAME", "").split("|"))


def every_combination(choices: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return every combination, one value for each name."""
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def every_pair(choices: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return some combinations, chosen greedily, so that every pair of values of two names is in one of them."""
    left = {
        ((one, a), (other, b))
        for one, other in combinations(choices, 2)
        for a in choices[one]
        for b in choices[other]
    }
    candidates = every_combination(choices)
    chosen = []
    while left:
        best = max(candidates, key=lambda candidate: len(left & _pairs(candidate)))
        chosen.append(best)
        left -= _pairs(best)
    return chosen


def _pairs(combination: Mapping[str, object]) -> set[tuple[tuple[str, object], tuple[str, object]]]:
    return set(combinations(combination.items(), 2))
