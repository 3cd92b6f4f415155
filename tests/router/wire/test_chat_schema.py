from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.wire.chat_schema import clean


def picky(**properties: Any) -> Any:
    return clean({"type": "object", "properties": properties}, picky=True)["properties"]


def test_a_tool_without_a_schema_takes_an_empty_object():
    assert clean(None) == {"type": "object", "properties": {}}
    assert clean({"type": "string"}) == {"type": "object", "properties": {}}


def test_annotations_go_but_a_property_may_have_their_name():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"examples": {"type": "string"}},
        "required": ["examples", "never_there"],
        "additionalProperties": False,
    }
    assert clean(schema) == {
        "type": "object",
        "properties": {"examples": {"type": "string"}},
        "required": ["examples"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "string", "format": "uri", "minLength": 1}, {"type": "string"}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"oneOf": [{"type": "string", "pattern": "x"}]}, {"anyOf": [{"type": "string"}]}),
        (
            {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
            {"type": "array", "items": {"type": "object"}},
        ),
    ],
)
def test_a_picky_backend_gets_only_words_it_knows(schema, plain):
    assert picky(field=schema) == {"field": plain}


def test_references_are_written_out():
    schema = {
        "type": "object",
        "properties": {"point": {"$ref": "#/$defs/point"}},
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    }
    point = {"type": "object", "properties": {"x": {"type": "integer"}}}
    assert clean(schema, picky=True) == {"type": "object", "properties": {"point": point}}


def test_a_reference_to_itself_comes_to_an_end():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    schema = {"properties": {"first": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    assert clean(schema, picky=True)["properties"] == {
        "first": {"type": "object", "properties": {"next": {}}}
    }


def test_parts_that_must_all_hold_become_one():
    parts = [
        {"properties": {"a": {"type": "string"}}},
        {"properties": {"b": {"type": "integer"}}},
    ]
    assert picky(field={"type": "object", "allOf": parts})["field"]["properties"] == {
        "a": {"type": "string"},
        "b": {"type": "integer"},
    }


KEYS = st.sampled_from(["type", "properties", "items", "anyOf", "allOf", "$ref", "required", "x"])
SCHEMAS = st.recursive(
    st.none() | st.text(max_size=4) | st.just("#/properties/x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(SCHEMAS, st.booleans())
def test_every_schema_becomes_one_of_an_object(schema, is_picky):
    made = clean(schema, picky=is_picky)
    assert made["type"] == "object"
    assert all(name in made["properties"] for name in made.get("required", []))
