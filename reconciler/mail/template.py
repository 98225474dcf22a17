"""The door to Jinja2: a text with placeholders becomes a Template, which is filled in for one recipient at a time.

What is wrong with the text is a Fault, what is wrong with one recipient's values is Unfit. Nothing is loaded from files.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import jinja2
from jinja2 import StrictUndefined, TemplateError, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reconciler.mail import filters, language, values
from reconciler.mail.fault import Fault, Unfit, Why
from reconciler.mail.fuel import MAX_LIST, MAX_OUTPUT, Fuel, TooMuch
from reconciler.mail.language import Variable

MAX_SOURCE: Final = 262_144
"""Longest template, in characters."""

_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})
_FAULTS = (LookupError, TypeError, ValueError, RecursionError, TemplateError)


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read without fault. `statics` are its stretches without placeholders, in order."""

    part: str
    variables: tuple[Variable, ...]
    statics: tuple[str, ...]
    compiled: jinja2.Template

    def chunks(self, given: Mapping[str, object], limit: int = MAX_OUTPUT) -> list[str] | Unfit:
        """The text filled in, in the pieces in which it is made. Deterministic, and bounded in time and memory."""
        context = self.compiled.new_context({**given, filters.FUEL: Fuel()})
        made: list[str] = []
        try:
            for chunk in self.compiled.root_render_func(context):
                limit -= len(chunk)
                if limit < 0:
                    return self._unfit(Why.TOO_MUCH, "the text becomes too long")
                made.append(chunk)
        except TooMuch as error:
            return self._unfit(Why.TOO_MUCH, str(error), error.__traceback__)
        except jinja2.UndefinedError as error:
            return self._undefined(error)
        except ArithmeticError as error:
            return self._unfit(
                Why.TEMPLATE, "a number cannot be calculated; is it divided by zero?", error.__traceback__
            )
        except _FAULTS as error:
            return self._unfit(Why.TEMPLATE, str(error), error.__traceback__)
        return made

    def text(self, given: Mapping[str, object], limit: int = MAX_OUTPUT) -> str | Unfit:
        """The text filled in."""
        made = self.chunks(given, limit)
        return made if isinstance(made, Unfit) else "".join(made)

    def _undefined(self, error: jinja2.UndefinedError) -> Unfit:
        name = str(error).partition("'")[2].partition("'")[0]
        message = f"there is no value for {name}; give one, or write | default('…') after it"
        return Unfit(Why.VARIABLE, message, self.part, self._line(error.__traceback__), name)

    def _unfit(self, why: Why, message: str, trace: TracebackType | None = None) -> Unfit:
        return Unfit(why, message, self.part, self._line(trace))

    def _line(self, trace: TracebackType | None) -> int | None:
        line = None
        while trace:
            if trace.tb_frame.f_globals.get("__jinja_template__") is self.compiled:
                line = self.compiled.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return line


def read(source: str, part: str, *, markup: bool, own: Collection[str] = ()) -> Template | list[Fault]:
    """The template that `source` spells, or all that is wrong with it. With `markup`, values are escaped for html.

    `part` is what faults call it. `own` are the names with an underscore that the caller put in itself.
    """
    if len(source) > MAX_SOURCE:
        return [Fault(part, f"the template is longer than {MAX_SOURCE:,} characters")]
    environment = _Environment(markup)
    try:
        tree = environment.parse(source)
        found = language.faults(tree, part, own)
        if found:
            return found
        known, statics = language.variables(tree), tuple(t.data for t in tree.find_all(nodes.TemplateData))
        code = environment.compile(language.metered(tree), part, part)
    except jinja2.TemplateSyntaxError as error:
        return [Fault(part, error.message or "this is not a template", error.lineno)]
    except (RecursionError, MemoryError):
        return [Fault(part, "the template is nested too deeply")]
    except (SyntaxError, ValueError, OverflowError) as error:  # twenty loops in one another, a number of 5,000 digits
        return [Fault(part, f"the template cannot be read: {values.shown(error.args[0])}")]
    return Template(part, known, statics, jinja2.Template.from_code(environment, code, environment.globals))


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2 as mails have it: mappings, lists and texts, and not one attribute or method of Python."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self, markup: bool) -> None:
        super().__init__(autoescape=markup, undefined=StrictUndefined, finalize=_finalize, optimized=False)
        self.filters = {**filters.OFFERED, **filters.OWN}
        self.tests = {name: self.tests[name] for name in language.TESTS}
        self.globals = {"range": _range}

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj[argument]  # raises, naming what is not there
        if isinstance(obj, LoopContext):
            return getattr(obj, argument) if argument in _LOOP else self.undefined(name=f"loop.{argument}")
        try:
            if isinstance(obj, Mapping) or (isinstance(obj, str | list | tuple) and isinstance(argument, int)):
                return obj[argument]
        except (LookupError, TypeError):
            pass
        return self.undefined(name=str(argument)[:100])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return values.calculated(operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        return values.calculated(operator, 0, arg)


@pass_context
def _finalize(context: Context, value: object) -> str:
    return values.text(value)  # it takes the context so that Jinja2 calculates nothing while it compiles


def _range(*bounds: object) -> range:
    numbers = [int(values.number(bound)) for bound in bounds]
    made = range(*numbers)
    if len(made) > MAX_LIST:
        raise TooMuch(f"a range of more than {MAX_LIST:,} numbers")
    return made
