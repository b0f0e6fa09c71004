"""Mutants: small wrong changes to a Python file, each one place of its syntax tree, for bench/mutants.py.

Changed are arithmetic, comparisons and their boundaries, `and` and `or`, numbers and truth values, what is returned,
conditions, minimum and maximum, indices and ends of slices. Not changed are texts, docstrings, what is raised,
`__repr__`, annotations, decorators, `isinstance`, and `zip(strict=...)`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
"""The boundary first, then the contrary."""
_PAIRS = (("min", "max"), ("minimum", "maximum"), ("any", "all"), ("floor", "ceil"))
_SWAPPED = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_ELEMENTWISE = {"larger": "smaller", "smaller": "larger"}
_NUMBERS = ("float", "int", "Number")
_LONGEST = 70


@dataclass(frozen=True)
class Mutant:
    """One change: the node's place (`parent.field`, or `parent.field[index]`) and what stands there instead."""

    path: Path
    tree: ast.Module
    parent: ast.AST
    field: str
    index: int | None
    old: ast.expr
    new: ast.expr

    @property
    def line(self) -> int:
        """Where the changed expression begins."""
        return self.old.lineno

    @property
    def change(self) -> str:
        """The expression before and after, each cut where it is long."""
        return f"{_short(self.old)}  ->  {_short(self.new)}"

    def code(self) -> CodeType | None:
        """The compiled file with the change; None where it compiles to the same as without."""
        same = compile(self.tree, str(self.path), "exec")
        self._put(self.new)
        try:
            changed = compile(ast.fix_missing_locations(self.tree), str(self.path), "exec")
        finally:
            self._put(self.old)
        return None if changed == same else changed

    def _put(self, node: ast.expr) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its text."""
    tree = ast.parse(path.read_text("utf-8"))
    for parent, field, index, old, returns in _places(tree, returns=""):
        for new in _changes(parent, field, old, returns):
            yield Mutant(path, tree, parent, field, index, old, ast.copy_location(new, old))


_Place = tuple[ast.AST, str, int | None, ast.expr, str]


def _places(node: ast.AST, *, returns: str) -> Iterator[_Place]:
    """Every expression that may be changed, with its place and the type that its function returns."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returns = ast.unparse(node.returns) if node.returns else ""
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if isinstance(child, ast.AST) and not _is_spared(node, field, child):
                if isinstance(child, ast.expr):
                    yield node, field, index, child, returns
                yield from _places(child, returns=returns)


def _is_spared(parent: ast.AST, field: str, child: ast.AST) -> bool:
    if field in ("annotation", "returns", "decorator_list", "type_params", "format_spec") or isinstance(
        child, ast.Raise | ast.Import | ast.ImportFrom
    ):
        return True
    if isinstance(child, ast.FunctionDef) and child.name == "__repr__":
        return True
    if isinstance(child, ast.keyword) and child.arg == "strict":
        return True
    match child:
        case ast.Assign(value=ast.BinOp(op=ast.BitOr())):
            return isinstance(parent, ast.Module)  # Number = float | NDArray
        case ast.Call(ast.Name("isinstance" | "cast")):
            return True
        case _:
            return False


def _changes(parent: ast.AST, field: str, old: ast.expr, returns: str) -> Iterator[ast.expr]:
    """What may stand in the place of an expression."""
    yield from _changes_within(old)
    is_condition = field in ("test", "ifs")
    compares_once = isinstance(old, ast.Compare) and len(old.ops) == 1
    is_denied = isinstance(old, ast.UnaryOp) and isinstance(old.op, ast.Not)
    if is_condition and not compares_once and not is_denied:
        yield ast.UnaryOp(ast.Not(), old)
    if isinstance(parent, ast.Return) and not (isinstance(old, ast.Constant) and old.value is None):
        yield ast.Constant(None)
        if returns in _NUMBERS:
            yield ast.UnaryOp(ast.USub(), old)
        elif returns == "bool" and not compares_once and not is_denied and not isinstance(old, ast.Constant):
            yield ast.UnaryOp(ast.Not(), old)
    if isinstance(parent, ast.Slice):
        yield ast.Constant(None)  # x[a:b] without this end


def _changes_within(old: ast.expr) -> Iterator[ast.expr]:
    match old:
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.Compare(left, ops, right):
            for place, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
            if value not in (0, 1):
                yield ast.Constant(value * 2)
        case ast.Call(function, args, keywords):
            if other := _swapped(function):
                yield ast.Call(other, args, keywords)
        case _:
            pass


def _swapped(function: ast.expr) -> ast.expr | None:
    """`max` for `min`, `np.maximum` for `np.minimum`, and so on; None for other functions."""
    match function:
        case ast.Name(name) if name in _SWAPPED:
            return ast.Name(_SWAPPED[name], ast.Load())
        case ast.Name(name) if name in _ELEMENTWISE:  # the other may not be imported in this file
            module = ast.parse("__import__('calculator.number', fromlist=['number'])", mode="eval").body
            return ast.Attribute(module, _ELEMENTWISE[name], ast.Load())
        case ast.Attribute(value, name) if name in _SWAPPED:
            return ast.Attribute(value, _SWAPPED[name], ast.Load())
        case _:
            return None
