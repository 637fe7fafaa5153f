"""The conditions of a form: a small, typed part of XPath 1.0 that says what it does not know.

Comparisons, ``and``, ``or``, ``not()``, ``selected()``, ``count-selected()``,
``string-length()``, ``true()``, ``false()``, numbers, texts, ``.`` and ``${name}``. Types are
settled when the form is read, so an answer can never make a condition fail. A full XPath engine
was tried: 32 MB and half a second in every process; tests compare with it instead.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from math import nan
from typing import Any, TypeAlias

# What a condition reads: the value of each question by name, "." for the question itself.
Values: TypeAlias = Mapping[str, str]
Value: TypeAlias = bool | float | str
Compute: TypeAlias = Callable[[Values], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*[\w.-]+\s*\})|(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign><=|>=|!=|[=<>(),.-])|(?P<word>[A-Za-z][\w-]*))"
)
_NUMBER = re.compile(r"[ \t\r\n]*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*")
DEEPEST = 40


class ExpressionFault(Exception):
    """An expression outside the subset, and why."""


class Kind(Enum):
    """What a part of an expression gives; an answer can be read as text or as number."""

    TRUTH = auto()
    NUMBER = auto()
    TEXT = auto()
    ANSWER = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A condition, and what it reads: names of questions, and ``.`` for the question itself."""

    source: str
    names: frozenset[str]
    compute: Compute

    @classmethod
    def read(cls, source: str) -> "Expression":
        """Read a condition. Raises ExpressionFault."""
        reader = _Reader(source)
        compute = reader.truth(reader.either(0))
        reader.end()
        return cls(source, frozenset(reader.names), compute)

    def __call__(self, values: Values) -> bool:
        """Does it hold for these answers? A question that is not in ``values`` has none."""
        return bool(self.compute(values))


def number(text: str) -> float:
    """The number that a text is (XPath 1.0, section 4.4), else not a number."""
    return float(text) if _NUMBER.fullmatch(text) else nan


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    kind: Kind
    compute: Compute


class _Reader:
    """Reads an expression from left to right, one method for each binding strength."""

    def __init__(self, source: str) -> None:
        self.tokens, self.names = _tokens(source), set[str]()
        self.at = 0

    def next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def take(self, *wanted: str) -> str:
        """The next token if it is one of these, else nothing."""
        kind, text = self.next()
        if kind in {"sign", "word"} and text in wanted:
            self.at += 1
            return text
        return ""

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise ExpressionFault(f'"{sign}" expected, not "{self.next()[1]}"')

    def end(self) -> None:
        if self.next()[0] != "end":
            raise ExpressionFault(f'"{self.next()[1]}" is not expected here')

    def truth(self, part: _Part) -> Compute:
        if part.kind is not Kind.TRUTH:
            raise ExpressionFault("a condition is expected: compare the answer with something")
        return part.compute

    def either(self, depth: int) -> _Part:
        if depth > DEEPEST:
            raise ExpressionFault("too many brackets")
        part = self.both(depth)
        while self.take("or"):
            left, right = self.truth(part), self.truth(self.both(depth))
            part = _Part(Kind.TRUTH, _joined(left, right, any))
        return part

    def both(self, depth: int) -> _Part:
        part = self.compared(depth)
        while self.take("and"):
            left, right = self.truth(part), self.truth(self.compared(depth))
            part = _Part(Kind.TRUTH, _joined(left, right, all))
        return part

    def compared(self, depth: int) -> _Part:
        left = self.single(depth)
        sign = self.take("=", "!=", "<", "<=", ">", ">=")
        if not sign:
            return left
        right = self.single(depth)
        if Kind.TRUTH in (left.kind, right.kind):
            raise ExpressionFault(f'a condition cannot stand beside "{sign}"')
        as_numbers = sign not in {"=", "!="} or Kind.NUMBER in (left.kind, right.kind)
        one, other = (_number_of(left), _number_of(right)) if as_numbers else (left, right)
        compare, a, b = _COMPARE[sign], one.compute, other.compute
        return _Part(Kind.TRUTH, lambda v: compare(a(v), b(v)))

    def single(self, depth: int) -> _Part:
        kind, text = self.next()
        self.at += 1
        match kind:
            case "ref":
                return self.answer(text[2:-1].strip())
            case "number":
                return _constant(Kind.NUMBER, float(text))
            case "text":
                return _constant(Kind.TEXT, text[1:-1])
            case "word" if text in _FUNCTIONS:
                return self.called(text, depth)
            case _:
                return self.signed(text, depth)

    def signed(self, text: str, depth: int) -> _Part:
        if text == ".":
            return self.answer(".")
        if text == "-" and self.next()[0] == "number":
            self.at += 1
            return _constant(Kind.NUMBER, -float(self.tokens[self.at - 1][1]))
        if text == "(":
            part = self.either(depth + 1)
            self.need(")")
            return part
        raise ExpressionFault(f'"{text}" is not in the part of XPath that is understood')

    def answer(self, name: str) -> _Part:
        self.names.add(name)
        return _Part(Kind.ANSWER, lambda v: v.get(name, ""))

    def called(self, name: str, depth: int) -> _Part:
        self.need("(")
        parts: list[_Part] = []
        while not self.take(")"):
            if parts:
                self.need(",")
            parts.append(self.either(depth + 1))
        wanted, gives, function = _FUNCTIONS[name]
        if len(parts) != len(wanted):
            raise ExpressionFault(f"{name}() takes {len(wanted)}, not {len(parts)}")
        for part, allowed in zip(parts, wanted, strict=True):
            if part.kind not in allowed:
                raise ExpressionFault(f"{name}() cannot take that")
        given = [part.compute for part in parts]
        return _Part(gives, lambda v: function(*(compute(v) for compute in given)))


def _joined(one: Compute, other: Compute, how: Callable[[Iterable[Any]], bool]) -> Compute:
    return lambda v: how(part(v) for part in (one, other))


def _constant(kind: Kind, value: Value) -> _Part:
    return _Part(kind, lambda _values: value)


def _tokens(source: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = source.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionFault(f'"{text[at:].split()[0]}" is not understood')
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _number_of(part: _Part) -> _Part:
    if part.kind is Kind.NUMBER:
        return part
    return _Part(Kind.NUMBER, lambda v: number(part.compute(v)))


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_WORDS = (Kind.ANSWER, Kind.TEXT)
_FUNCTIONS: Mapping[str, tuple[tuple[tuple[Kind, ...], ...], Kind, Callable[..., Value]]] = {
    "not": (((Kind.TRUTH,),), Kind.TRUTH, lambda a: not a),
    "selected": (((Kind.ANSWER,), _WORDS), Kind.TRUTH, lambda a, b: b.strip() in a.split()),
    "count-selected": (((Kind.ANSWER,),), Kind.NUMBER, lambda a: float(len(a.split()))),
    "string-length": ((_WORDS,), Kind.NUMBER, lambda a: float(len(a))),
    "true": ((), Kind.TRUTH, lambda: True),
    "false": ((), Kind.TRUTH, lambda: False),
}
