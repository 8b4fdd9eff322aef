"""``$mergeObjects $getField $setField $unsetField``: fields by their plain names, dots and dollars included."""

from __future__ import annotations

from typing import Any

from ..codec import MISSING
from ..errors import DocumentError
from ..values import alias
from .compiler import Compiler
from .frame import Frame
from .numeric import is_nullish
from .registry import Node, apply, function, operator

__all__: list[str] = []


@function("$mergeObjects", 0, -1)
def _merge(*values: Any) -> Any:
    parts = values[0] if len(values) == 1 and type(values[0]) is list else values
    result: dict[str, Any] = {}
    for part in parts:
        if is_nullish(part):
            continue
        if type(part) is not dict:
            raise DocumentError(40400, f"$mergeObjects requires object inputs, but input is of type {alias(part)}")
        result.update(part)
    return result


@operator("$getField")
def _get_field(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is dict and next(iter(operand), "$")[:1] != "$":
        for key in operand:
            if key not in ("field", "input"):
                raise DocumentError(3041701, f"$getField found an unknown argument: {key}")
        if "field" not in operand:
            raise DocumentError(3041702, "$getField requires 'field' to be specified")
        if "input" not in operand:
            raise DocumentError(3041703, "$getField requires 'input' to be specified")
        field, source = _field_name("$getField", operand["field"], compiler), compiler.compile(operand["input"])
    else:
        field, source = _field_name("$getField", operand, compiler), compiler.compile("$$CURRENT")

    def get(name: Any, value: Any) -> Any:
        if type(name) is not str:
            raise DocumentError(
                3041704, f"$getField requires 'field' to evaluate to type String, but got {alias(name)}"
            )
        if type(value) is dict:
            return value.get(name, MISSING)
        return None if value is None else MISSING

    return apply(get, [field, source])


def _field_name(name: str, spec: Any, compiler: Compiler) -> Node:
    node = compiler.compile(spec)
    if node.is_constant and type(node.value) is not str:
        raise DocumentError(5654602, f"{name} requires 'field' to evaluate to a constant, got {alias(node.value)}")
    return node


def _change(name: str, required: tuple[str, ...]) -> None:
    def build(operand: Any, compiler: Compiler) -> Node:
        if type(operand) is not dict:
            raise DocumentError(4161100, f"{name} only supports an object as its argument")
        for key in operand:
            if key not in required:
                raise DocumentError(4161101, f"{name} found an unknown argument: {key}")
        for number, key in ((4161102, "field"), (4161109, "input"), (4161103, "value")):
            if key in required and key not in operand:
                raise DocumentError(number, f"{name} requires '{key}' to be specified")
        field = compiler.compile(operand["field"])
        if not field.is_constant:
            raise DocumentError(4161106, f"{name} requires 'field' to evaluate to a constant")
        if type(field.value) is not str:
            raise DocumentError(
                4161107, f"{name} requires 'field' to evaluate to type String, but got {alias(field.value)}"
            )
        key = field.value
        if "\0" in key:
            raise DocumentError(4161108, f"{name}: 'field' cannot contain an embedded null byte")
        source = compiler.compile(operand["input"]).evaluate
        value = compiler.compile(operand["value"]).evaluate if "value" in required else None

        def run(frame: Frame) -> Any:
            document = source(frame)
            if is_nullish(document):
                return None
            if type(document) is not dict:
                raise DocumentError(
                    4161105, f"{name} requires 'input' to evaluate to type Object, but got {alias(document)}"
                )
            result = dict(document)
            new = MISSING if value is None else value(frame)
            if new is MISSING:
                result.pop(key, None)
            else:
                result[key] = new
            return result

        return Node(run)

    operator(name)(build)


_change("$setField", ("field", "input", "value"))
_change("$unsetField", ("field", "input"))
