"""What a template may say: a list of what is allowed, checked on the syntax tree, and meters put in before it is compiled.

Jinja2's sandbox keeps templates away from Python's objects. It lets them run for days and fill the memory, in one line:
`{{ 'x'.ljust(10**9) }}`, loops in loops, texts that double, macros that call themselves. So a template here has values,
filters, conditions and loops, and no calls but `range`; whatever can grow pays for it (fuel.py).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from reconciler.mail.fault import Fault
from reconciler.mail.filters import OFFERED

MAX_NODES: Final = 20_000
"""Most parts of one template: far more than a newsletter has."""

MAX_DEPTH: Final = 50
"""How deep expressions and blocks stand inside one another; compilers recurse."""

TESTS: Final = ("defined", "undefined", "none", "string", "number", "mapping")

_ALLOWED: Final = frozenset(
    {
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.Test, nodes.Getattr,
        nodes.Getitem, nodes.Slice, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
        nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod,
        nodes.Concat, nodes.Assign, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Call,
    }
)  # fmt: skip

_WORDS: Final = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import", nodes.Extends: "extends",
    nodes.Block: "block", nodes.Macro: "macro", nodes.CallBlock: "call", nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set … endset", nodes.With: "with", nodes.Pow: "**", nodes.NSRef: "namespace",
    nodes.Scope: "autoescape", nodes.ScopedEvalContextModifier: "autoescape",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that a template takes from outside; `required` where no `default` and no `is defined` speaks of it."""

    name: str
    line: int
    required: bool


def faults(tree: nodes.Template, part: str, own: Collection[str]) -> list[Fault]:
    """What the template says that is not offered. `own` are names with an underscore that we put in ourselves."""
    found: list[Fault] = []
    for count, (node, depth) in enumerate(_walk(tree)):
        if count > MAX_NODES or depth > MAX_DEPTH:
            what = f"more than {MAX_NODES:,} parts" if count > MAX_NODES else f"more than {MAX_DEPTH} levels deep"
            return [*found, Fault(part, f"the template is too large: {what}", node.lineno)]
        message = _objection(node, own)
        if message:
            found.append(Fault(part, message, node.lineno))
    return found


def _walk(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    open_: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while open_:
        node, depth = open_.pop()
        yield node, depth
        children = list(node.iter_child_nodes())
        open_.extend((child, depth + 1) for child in reversed(children))


def _objection(node: nodes.Node, own: Collection[str]) -> str | None:
    if type(node) not in _ALLOWED:
        return f"{_WORDS.get(type(node), type(node).__name__.lower())} is not offered in templates"
    match node:
        case nodes.Name(name=name, ctx=context):
            return _of_name(name, context, own)
        case nodes.Call():
            return _of_call(node)
        case nodes.Filter():
            return _of_filter(node)
        case nodes.For(recursive=True):
            return "a recursive loop is not offered in templates"
        case nodes.Test(name=name) if name not in TESTS:
            return f"there is no test {name}; there are {', '.join(TESTS)}"
    return None


def _of_name(name: str, context: str, own: Collection[str]) -> str | None:
    if name.startswith("_") and name not in own:
        return f"a name does not begin with an underscore: {name}"
    if context == "store" and name in ("range", "loop"):
        return f"{name} has a meaning of its own; choose another name"
    return None


def _of_filter(node: nodes.Filter) -> str | None:
    if node.name not in OFFERED:
        return f"there is no filter {node.name}; there are {', '.join(sorted(OFFERED))}"
    if node.node is None:
        return "filter … endfilter is not offered in templates"
    return "arguments with * are not offered in templates" if node.dyn_args or node.dyn_kwargs else None


def _of_call(node: nodes.Call) -> str | None:
    called = node.node
    if isinstance(called, nodes.Getattr):
        return f"nothing is called in templates: for .{called.attr}() see the filters {', '.join(sorted(OFFERED))}"
    if not isinstance(called, nodes.Name) or called.name != "range":
        return "nothing is called in templates but range"
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return "range takes one, two or three numbers"
    return None


def variables(tree: nodes.Template) -> tuple[Variable, ...]:
    """What the template takes from outside, by name: where it is first used, and whether it can do without."""
    lines: dict[str, int] = {}
    spared: set[str] = set()
    local = {n.name for n in tree.find_all(nodes.Name) if n.ctx == "store"} | {"loop", "range"}
    for node, _ in _walk(tree):
        match node:
            case nodes.Name(ctx="load", name=name) if name not in local:
                lines.setdefault(name, node.lineno)
            case nodes.Filter(name="default" | "d", node=nodes.Name(name=name)):
                spared.add(name)
            case nodes.Test(name="defined" | "undefined", node=nodes.Name(name=name)):
                spared.add(name)
    return tuple(Variable(name, lines[name], name not in spared) for name in sorted(lines))


def metered(tree: nodes.Template) -> nodes.Template:
    """`tree`, paying for its loops, for what it compares and joins, and for the lists that it writes."""
    changed = _Meters().visit(tree)
    changed.set_environment(tree.environment)
    assert isinstance(changed, nodes.Template)
    return changed


class _Meters(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.For:
        weight = sum(1 for _ in _walk(node))
        self.generic_visit(node)
        node.iter = _filter("_each", cast(nodes.Expr, node.iter), nodes.Const(weight, lineno=node.lineno))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = _filter("_weighed", node.expr)
        for operand in node.ops:
            operand.expr = _filter("_weighed", operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filter("_weighed", node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        return _filter("_concat", nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Filter:
        self.generic_visit(node)
        return _filter("_written", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Filter:
        self.generic_visit(node)
        return _filter("_written", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return node if node.ctx == "store" else _filter("_written", node)


def _filter(name: str, node: nodes.Expr, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
