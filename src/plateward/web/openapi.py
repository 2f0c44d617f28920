"""The table of endpoints as an OpenAPI 3.1 document, and as the rows of the API page and ``docs/api.md``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Any

import msgspec

from plateward import __version__
from plateward.web.endpoint import Access, Endpoint
from plateward.web.problem import ProblemAnswer

_REF = "#/components/schemas/{name}"
_ERRORS = {
    "400": "Wrong input",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Not found",
    "413": "Too large",
    "415": "Wrong type",
}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One input of an endpoint, as people read it."""

    name: str
    type: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One endpoint of the API, as people read it."""

    method: str
    path: str
    summary: str
    who: str
    event: str
    gives: str
    fields: tuple[FieldRow, ...]
    answer: tuple[FieldRow, ...] = ()

    @property
    def anchor(self) -> str:
        """A name for links to it."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.method}{self.path}".lower()).strip("-")


def programmed(table: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints for programs."""
    return tuple(endpoint for endpoint in table if endpoint.path.startswith("/api/v1/"))


@cache
def sections(table: tuple[Endpoint, ...]) -> tuple[Section, ...]:
    """The API for people."""
    return tuple(
        Section(
            endpoint.method,
            endpoint.path,
            endpoint.summary + ".",
            who(endpoint),
            str(endpoint.event or ""),
            "a picture (image/jpeg)" if endpoint.page else _words(endpoint.gives),
            (tuple(_fields(endpoint.takes)) if endpoint.takes else ()) + _body(endpoint),
            tuple(_fields(endpoint.gives)) if _is_shape(endpoint.gives) else (),
        )
        for endpoint in programmed(table)
    )


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """A shape that inputs or answers are made of, as people read it."""

    name: str
    meaning: str
    fields: tuple[FieldRow, ...]


@cache
def shapes(table: tuple[Endpoint, ...]) -> tuple[ShapeRow, ...]:
    """The shapes that answers are made of, by name."""
    given = [endpoint.gives for endpoint in programmed(table) if not endpoint.page]
    components = msgspec.json.schema_components([*given, ProblemAnswer])[1]
    return tuple(
        ShapeRow(
            name,
            " ".join(str(schema.get("description", "")).split()),
            tuple(
                FieldRow(field, _schema_words(of), field in schema.get("required", ()))
                for field, of in schema.get("properties", {}).items()
            ),
        )
        for name, schema in sorted(components.items())
        if "properties" in schema
    )


def who(endpoint: Endpoint) -> str:
    """Who may use it, in words."""
    needs = endpoint.needs
    return str(needs) if isinstance(needs, Access) else f"people whose role includes {needs}"


@cache
def document(table: tuple[Endpoint, ...], address: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the endpoints for programs."""
    api = programmed(table)
    used = (t for endpoint in api for t in (endpoint.takes, None if endpoint.page else endpoint.gives) if t is not None)
    types = list(dict.fromkeys((*used, ProblemAnswer)))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    of = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in api:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, of, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Plateward",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(endpoint: Endpoint, of: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    in_path = re.findall(r"{(\w+)}", endpoint.path)
    fields = {f.encode_name: f for f in msgspec.structs.fields(endpoint.takes)} if endpoint.takes else {}
    properties = components[_name(of[str(endpoint.takes)])].get("properties", {}) if endpoint.takes else {}
    in_query = [name for name in fields if name not in in_path] if endpoint.method == "GET" or endpoint.raw else []
    parameters = [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": fields[name].required,
            "schema": properties[name],
        }
        for name in (*in_path, *in_query)
    ]
    operation: dict[str, Any] = {
        "operationId": Section(endpoint.method, endpoint.path, "", "", "", "", ()).anchor,
        "summary": endpoint.summary,
        "description": f"For {who(endpoint)}." + (f" Recorded as {endpoint.event}." if endpoint.event else ""),
        "security": [] if endpoint.needs is Access.PUBLIC else [{"bearer": []}],
        "responses": {"200": _success(endpoint, of), **_problems(of)},
    }
    if parameters:
        operation["parameters"] = parameters
    if endpoint.method == "POST" and endpoint.takes and not endpoint.raw:
        operation["requestBody"] = {"required": True, "content": _content(_without(properties, fields, in_path))}
    elif endpoint.raw:
        content = {"*/*": {}} if endpoint.foreign else _content(_BATCH_SCHEMA)
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _body(endpoint: Endpoint) -> tuple[FieldRow, ...]:
    """The rows of a raw body; whoever sends another maker's message knows its fields."""
    if endpoint.foreign:
        return (FieldRow("the body", "the camera's own message (docs/cameras.md)", True),)
    return _BATCH if endpoint.raw else ()


def _without(properties: Mapping[str, Any], fields: Mapping[str, Any], in_path: list[str]) -> dict[str, Any]:
    body = {name: schema for name, schema in properties.items() if name not in in_path}
    return {"type": "object", "properties": body, "required": [name for name in body if fields[name].required]}


def _success(endpoint: Endpoint, of: Mapping[str, Any]) -> dict[str, Any]:
    if endpoint.page:
        return {"description": "The picture", "content": {"image/jpeg": {}}}
    return {"description": "Done", "content": _content(of[str(endpoint.gives)])}


def _problems(of: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": of[str(ProblemAnswer)]}}
    return {status: {"description": words, "content": content} for status, words in _ERRORS.items()}


def _content(schema: Any) -> dict[str, Any]:
    return {kind: {"schema": schema} for kind in ("application/json", "application/msgpack")}


def _fields(takes: type) -> Iterable[FieldRow]:
    (named,), components = msgspec.json.schema_components([takes], ref_template=_REF)
    schema = components[_name(named)]
    for name, of in schema["properties"].items():
        yield FieldRow(name, _schema_words(of), name in schema.get("required", ()))


def _name(reference: Mapping[str, Any]) -> str:
    """The component that a reference names; two types of one name have longer ones, so the type's own cannot be used."""
    return str(reference["$ref"]).rpartition("/")[2]


def _is_shape(gives: Any) -> bool:
    return isinstance(gives, type) and (issubclass(gives, msgspec.Struct) or is_dataclass(gives))


def _schema_words(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_schema_words(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_schema_words(schema.get('items') or {'type': 'value'})}"
    return str(schema.get("format") or schema.get("type") or " | ".join(map(str, schema.get("enum", ()))))


def _words(gives: Any) -> str:
    name = getattr(gives, "__name__", str(gives))
    inner = getattr(gives, "__args__", None)
    return f"a list of {inner[0].__name__}" if inner else name


def _item_schema() -> dict[str, Any]:
    from plateward.formats.reads import Item

    (schema,), components = msgspec.json.schema_components([Item], ref_template=_REF)
    return dict(components["Item"]) if "$ref" in schema else dict(schema)


_BATCH_SCHEMA: dict[str, Any] = {
    "type": "object", "properties": {"reads": {"type": "array", "items": _item_schema(), "maxItems": 1000}}, "required": ["reads"],
}  # fmt: skip

_BATCH = (
    FieldRow("reads", "list of at most 1,000 reads, each:", True),
    *(
        FieldRow(f"reads[].{name}", _schema_words(schema), name in _item_schema().get("required", ()))
        for name, schema in _item_schema()["properties"].items()
    ),
)
