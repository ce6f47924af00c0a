"""The service model and what is generated from it. No test here says what an operation does."""

import json
import re
from collections import Counter
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from msgspec import Struct, inspect

from tools import generate_api
from wireroom.api import enums, shapes
from wireroom.api.operations import OPERATIONS

MODEL: dict[str, Any] = json.loads(generate_api.MODEL.read_text("utf-8"))
SHAPES: dict[str, dict[str, Any]] = MODEL["shapes"]


def test_the_service_has_110_operations_and_609_shapes() -> None:
    assert len(OPERATIONS) == 110
    assert OPERATIONS.keys() == MODEL["operations"].keys()
    assert len(SHAPES) == 609


def test_every_shape_is_a_class_or_stands_inside_of_one() -> None:
    structures = {name for name, shape in SHAPES.items() if shape["type"] == "structure"}
    named = {name for name, shape in SHAPES.items() if "enum" in shape}
    assert structures == set(vars(shapes)) & structures
    assert {name for name, kind in vars(enums).items() if isinstance(kind, type)} - {"StrEnum"} == named
    assert all(issubclass(getattr(shapes, name), Struct) for name in structures)
    assert all(issubclass(getattr(enums, name), StrEnum) for name in named)
    inside = {
        target["shape"]
        for shape in SHAPES.values()
        for target in [
            *shape.get("members", {}).values(),
            *(shape[part] for part in ("member", "key", "value") if part in shape),
        ]
    }
    assert SHAPES.keys() - structures - named <= inside


def test_the_members_of_every_structure_have_awss_names_and_needs() -> None:
    for name, shape in SHAPES.items():
        if shape["type"] == "structure":
            fields = msgspec.structs.fields(getattr(shapes, name))
            assert [field.encode_name for field in fields] == list(shape["members"])
            assert {f.encode_name for f in fields if f.required} == set(shape.get("required", ()))


def test_every_enum_has_awss_values_in_capitals() -> None:
    for name, shape in SHAPES.items():
        if "enum" in shape:
            members = getattr(enums, name)
            assert [str(member) for member in members] == shape["enum"]
            assert all(member.name == re.sub("[- ]", "_", member).upper() for member in members)


@pytest.mark.parametrize("pattern", sorted({s["pattern"] for s in SHAPES.values() if "pattern" in s}))
def test_every_pattern_compiles(pattern: str) -> None:
    re.compile(rf"(?a)^(?:{pattern})\Z")


def _kinds(kind: inspect.Type) -> list[inspect.Type]:
    match kind:
        case inspect.StructType(fields=fields):
            return [kind, *(inner for field in fields for inner in _kinds(field.type))]
        case inspect.UnionType(types=types):
            return [inner for each in types for inner in _kinds(each)]
        case inspect.ListType(item_type=item):
            return [kind, *_kinds(item)]
        case inspect.DictType(key_type=key, value_type=value):
            return [kind, *_kinds(key), *_kinds(value)]
        case inspect.Metadata(type=inner):
            return _kinds(inner)
        case _:
            return [kind]


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_a_caller_sends_is_bounded(name: str) -> None:
    for kind in _kinds(inspect.type_info(OPERATIONS[name].input)):
        if isinstance(kind, inspect.StrType | inspect.ListType | inspect.DictType | inspect.BytesType):
            assert kind.max_length is not None
        if isinstance(kind, inspect.IntType | inspect.FloatType):
            assert kind.ge is not None
            assert kind.le is not None


def test_operations_know_how_they_are_called_and_what_they_may_raise() -> None:
    pool = OPERATIONS["CreatePool"]
    assert pool.function == "create_pool"
    assert pool.input is shapes.CreatePoolRequest
    assert pool.output is shapes.CreatePoolResult
    assert pool.idempotent
    assert pool.tagged
    assert not pool.reads
    assert "ConflictException" in pool.errors
    assert sum(operation.idempotent for operation in OPERATIONS.values()) == 15
    assert OPERATIONS["CarrierLookup"].reads
    assert not OPERATIONS["TagResource"].tagged
    functions = Counter(operation.function for operation in OPERATIONS.values())
    assert functions.most_common(1)[0][1] == 1


def test_pages_hold_their_items_in_a_field_that_exists() -> None:
    paged = {name: op for name, op in OPERATIONS.items() if op.pagination}
    assert len(paged) == 28
    for operation in paged.values():
        assert operation.pagination is not None
        answer = set(operation.output.__struct_fields__)
        assert {operation.pagination.items, *operation.pagination.repeated, "next_token"} <= answer
        assert {"next_token", "max_results"} <= set(operation.input.__struct_fields__)
    numbers = OPERATIONS["ListAvailablePhoneNumbers"].pagination
    assert numbers is not None
    assert (numbers.smallest, numbers.largest) == (1, 10)


def test_white_space_means_ascii_white_space_as_in_java() -> None:
    """`[ \\S]+` of Keyword lets a no-break space through in Java, which Python's own `\\S` does not."""
    body = {"DestinationPhoneNumber": "+14255550100", "Keyword": "a\u00a0b"}
    assert msgspec.convert(body, shapes.SendTextMessageRequest).keyword == "a\u00a0b"
    assert not shapes.is_blank("\u00a0")
    assert shapes.is_blank(" \t\r\n")
    assert not shapes.is_blank("\x1c")


def test_the_generated_files_are_what_the_generator_writes() -> None:
    for path, text in generate_api.render_api(MODEL).items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale: make generate"


def test_the_model_file_is_what_botocore_says() -> None:
    installed = generate_api.installed_botocore()
    if installed != MODEL["botocore"]:
        pytest.skip(f"only on botocore {MODEL['botocore']}, and {installed} is installed")
    assert generate_api.MODEL.read_text("utf-8") == generate_api.render_model(generate_api.read_botocore())


def _strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for key, value in node.items() for text in [key, *_strings(value)]]
    if isinstance(node, list):
        return [text for value in node for text in _strings(value)]
    return [node] if isinstance(node, str) else []


def test_the_model_file_holds_no_prose() -> None:
    texts = _strings(MODEL)
    assert "documentation" not in texts
    assert not [text for text in texts if "<p>" in text or len(text.split()) > 2]
