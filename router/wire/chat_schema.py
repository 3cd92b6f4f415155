"""JSON schemas of tools, made plain for backends that refuse what they do not know."""

from typing import Any

from router.wire.untrusted import rows, table

ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "examples", "deprecated", "readOnly"})
KEPT_BY_PICKY = frozenset(
    {
        "type",
        "description",
        "properties",
        "required",
        "items",
        "enum",
        "anyOf",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "nullable",
        "format",
        "title",
    }
)
FORMATS_OF_PICKY = frozenset({"enum", "date-time"})
DEEPEST_REFERENCES = 4

type Schema = dict[str, Any]


def clean(schema: object, *, picky: bool = False) -> Schema:
    """The schema of a tool's input, always of an object.

    Without annotations; for a picky backend also without references (written out instead),
    unions of types, `const`, `oneOf` and every other word it does not know.
    """
    root = table(schema)
    cleaned = _cleaned(root, root, ()) if picky else _without_annotations(root)
    typed = cleaned if cleaned.get("type") == "object" else {**cleaned, "type": "object"}
    properties = table(typed.get("properties"))
    required = [name for name in rows(typed.get("required")) if name in list(properties)]
    plain = {name: value for name, value in typed.items() if name != "required"}
    return {**plain, "properties": properties} | ({"required": required} if required else {})


def _without_annotations(root: Schema) -> Schema:
    return {name: value for name, value in root.items() if name not in ANNOTATIONS}


def _cleaned(schema: Schema, root: Schema, within: tuple[str, ...]) -> Schema:
    """`within` are the references this schema stands in; one inside itself ends there."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in within or len(within) == DEEPEST_REFERENCES:
            return {}
        within = (*within, reference)
    schema = _one_of(_written_out(schema, root), root)
    kept = {name: value for name, value in schema.items() if name in KEPT_BY_PICKY}
    if kept.get("format") not in FORMATS_OF_PICKY:
        kept.pop("format", None)
    if isinstance(kept.get("type"), list):
        kept |= _one_type(kept["type"])
    return kept | _inner(kept, root, within)


def _inner(kept: Schema, root: Schema, within: tuple[str, ...]) -> Schema:
    inner: Schema = {}
    if "properties" in kept:
        properties = table(kept["properties"]).items()
        inner["properties"] = {k: _cleaned(table(v), root, within) for k, v in properties}
    if "items" in kept:
        inner["items"] = _cleaned(table(kept["items"]), root, within)
    if "anyOf" in kept:
        inner["anyOf"] = [_cleaned(table(one), root, within) for one in rows(kept["anyOf"])]
    return inner


def _written_out(schema: Schema, root: Schema) -> Schema:
    """The schema with what its `$ref` points at in place of it."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: object = root
    for part in reference[2:].split("/"):
        found = table(found).get(part.replace("~1", "/").replace("~0", "~"))
    return {**table(found), **{name: value for name, value in schema.items() if name != "$ref"}}


def _one_of(schema: Schema, root: Schema) -> Schema:
    """`oneOf` as `anyOf`, `const` as an `enum`, the parts of `allOf` as one."""
    if "oneOf" in schema:
        schema = {**schema, "anyOf": rows(schema["oneOf"])}
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
    for one in rows(schema.get("allOf")):
        part = _written_out(table(one), root)
        properties = {**table(schema.get("properties")), **table(part.get("properties"))}
        schema = {**part, **schema} | ({"properties": properties} if properties else {})
    return schema


def _one_type(types: list[Any]) -> Schema:
    named = [one for one in types if isinstance(one, str) and one != "null"]
    nullable = {"nullable": True} if "null" in types else {}
    return {"type": named[0] if named else "string", **nullable}
