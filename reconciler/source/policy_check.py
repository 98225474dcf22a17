"""Policies held against the kinds of the project: rules that CEL does not accept, and names that lead nowhere.

Asked where the catalog is read, and not with muster.yaml itself: compiling costs more than a plan without changes may.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.rule import POLICY_VARIABLES, RuleError, compiled
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, in_order
from reconciler.model.match import Match
from reconciler.model.plan import Op
from reconciler.model.policy import Freeze, Policies, Policy
from reconciler.plan.policy import PLAN_MEMBERS
from reconciler.source.kinds import Kinds
from reconciler.source.schema import did_you_mean

_TEXT: Final = re.compile(r"""[rR]?("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*""")
_MEMBER: Final = re.compile(r"(?<![.\w])plan\s*\.\s*([A-Za-z_]\w*)")


def check_policies(policies: Policies, kinds: Kinds) -> tuple[Diagnostic, ...]:
    """Every problem of every policy, each with its place in the file that it stands in."""
    found: list[Diagnostic] = []
    for policy in policies.rules:
        found += _match(policy.match, policy.match_at, kinds)
        found += _rule(policy, _meant(policy.match, kinds))
    for freeze in policies.freezes:
        found += _match(freeze.match, freeze.match_at, kinds)
        found += _events(freeze, _meant(freeze.match, kinds))
    return in_order(found)


def _meant(match: Match, kinds: Kinds) -> list[Kind]:
    return [kind for name, kind in kinds.table.items() if not match.kinds or name in match.kinds]


def _match(match: Match, place: Place, kinds: Kinds) -> Iterator[Diagnostic]:
    for name in match.kinds:
        if name not in kinds.table:
            yield _unknown(f"{name!r} is not a kind of this project", name, kinds.table, place)


def _rule(policy: Policy, kinds: list[Kind]) -> Iterator[Diagnostic]:
    try:
        rule = compiled(policy.rule, POLICY_VARIABLES)
    except RuleError as error:
        advice = "it may use: " + ", ".join(POLICY_VARIABLES)
        yield diagnose("bad-project", f"CEL does not accept the rule: {error}", policy.rule_at, help=advice)
        return
    for name in _MEMBER.findall(_TEXT.sub("''", policy.rule)):
        if name not in PLAN_MEMBERS:
            yield _unknown(f"a plan has no {name!r}", name, PLAN_MEMBERS, policy.rule_at)
    known = {name for kind in kinds for name in kind.lifecycle.facts}
    for name in sorted(rule.facts - known):
        yield _unknown(f"no kind that it is about has the fact {name!r}", name, sorted(known), policy.rule_at)


def _events(freeze: Freeze, kinds: list[Kind]) -> Iterator[Diagnostic]:
    known = {edge.event for kind in kinds for edge in kind.lifecycle.transitions}
    known |= {op.value for op in (Op.CREATE, Op.EDIT, Op.FLAG, Op.MOVE)}
    for name in freeze.exempt:
        if name not in known:
            yield _unknown(f"no kind that it is about has the event {name!r}", name, sorted(known), freeze.exempt_at)


def _unknown(message: str, name: str, known: Iterable[str], place: Place) -> Diagnostic:
    names = list(known)
    listed = ", ".join(names[:20]) or "none"
    return diagnose("bad-project", message, place, help=did_you_mean(name, names) or f"there is: {listed}")
