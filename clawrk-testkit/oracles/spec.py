"""Stripe's own OpenAPI document, as something that judges requests and answers.

Two things are read more strictly than the document says, since a fake must not invent: an object
with named members has no others, and a form has no member twice. One is read as Stripe does: an
enumeration marked `x-stripeBypassValidation` is only a hint.
"""

import json
import re
from urllib.parse import parse_qsl

import jsonschema_rs


class Misfit(Exception):
    """What does not fit the document, in words."""


class Spec:
    """The document, with its schemas compiled when they are first needed."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.version = document["info"]["version"]
        self.schemas = document["components"]["schemas"]
        self.defs = {name: plain(schema) for name, schema in self.schemas.items()}
        self.operations = []
        for template, methods in document["paths"].items():
            pattern = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)) + "$")
            for method, operation in methods.items():
                self.operations.append((method.upper(), template, pattern, operation))
        # A path without a parameter is meant before one with.
        self.operations.sort(key=lambda row: row[1].count("{"))
        self.validators = {}

    def operation(self, method, path):
        """The template of a path and its operation; nothing where the document has none."""
        for verb, template, pattern, operation in self.operations:
            if verb == method and pattern.match(path):
                return template, operation
        return None

    def judge_request(self, operation, query, body):
        """Raises `Misfit` unless the query and the form are such as the operation takes."""
        parameters = {
            parameter["name"]: parameter
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query"
        }
        schema = {
            "type": "object",
            "properties": {name: it["schema"] for name, it in parameters.items()},
            "required": [name for name, it in parameters.items() if it.get("required")],
            "additionalProperties": False,
        }
        name = operation["operationId"]
        self._judge_form(f"query of {name}", schema, query)
        content = operation.get("requestBody", {}).get("content", {})
        form = content.get("application/x-www-form-urlencoded", {}).get("schema")
        if form is None:
            if body:
                raise Misfit("a body, where the operation takes none")
            return
        self._judge_form(f"body of {name}", form, body)

    def _judge_form(self, name, schema, text):
        value = fill(schema, tree(text), self.schemas)
        self._judge(name, plain(schema), value)

    def judge_answer(self, operation, status, answer):
        """Raises `Misfit` unless the answer is such as the operation gives."""
        responses = operation["responses"]
        response = responses.get(str(status)) or responses["default"]
        if status < 300 and str(status) not in responses:
            raise Misfit(f"status {status} is not one of {sorted(responses)}")
        schema = response["content"]["application/json"]["schema"]
        name = f"{operation['operationId']} {'error' if status >= 300 else status}"
        self._judge(name, plain(schema), answer)

    def judge_object(self, value):
        """Raises `Misfit` unless an object is what it says it is."""
        name = value.get("object")
        if value.get("deleted") is True:
            name = f"deleted_{name}"
        if name not in self.defs:
            raise Misfit(f"the document knows no object `{name}`")
        self._judge(f"object {name}", self.defs[name], value)

    def _judge(self, name, schema, value):
        validator = self.validators.get(name)
        if validator is None:
            # Only what it refers to: the whole document takes seconds to compile.
            whole = dict(schema)
            whole["$defs"] = reachable(schema, self.defs)
            validator = jsonschema_rs.Draft202012Validator(whole)
            self.validators[name] = validator
        found = [f"{at(error)}: {error.message[:300]}" for error in validator.iter_errors(value)]
        if found:
            raise Misfit("; ".join(found[:3]))


def at(error):
    """Where in a document an error is."""
    return "/".join(str(step) for step in error.instance_path) or "the whole"


def plain(schema):
    """A schema of OpenAPI 3.0 in the words of JSON Schema."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    out = {}
    for key in ("type", "enum", "maxLength", "pattern", "required", "minimum", "maximum"):
        if key in schema:
            out[key] = schema[key]
    if schema.get("x-stripeBypassValidation"):
        out.pop("enum", None)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            out[key] = [plain(it) for it in schema[key]]
    if "items" in schema:
        out["items"] = plain(schema["items"])
    if "properties" in schema:
        out["properties"] = {name: plain(it) for name, it in schema["properties"].items()}
        out["additionalProperties"] = plain(schema.get("additionalProperties", False))
    elif "additionalProperties" in schema:
        out["additionalProperties"] = plain(schema["additionalProperties"])
    if schema.get("nullable"):
        if "type" in out:
            out["type"] = [out["type"], "null"]
        if "enum" in out:
            out["enum"] = [*out["enum"], None]
        if "anyOf" in out:
            out["anyOf"].append({"type": "null"})
    return out


def reachable(schema, defs):
    """The definitions that a schema leads to."""
    found, waiting = {}, [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            name = node.get("$ref")
            if isinstance(name, str):
                name = name.removeprefix("#/$defs/")
                if name not in found:
                    found[name] = defs[name]
                    waiting.append(defs[name])
            waiting.extend(node.values())
    return found


def tree(text):
    """A form, its names with brackets taken apart: objects of objects and texts."""
    root = {}
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    for name, value in pairs:
        head, rest = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", name).groups()
        steps = [head, *re.findall(r"\[([^\[\]]*)\]", rest)]
        node = root
        for index, step in enumerate(steps):
            if step == "":
                step = str(len(node))
            if index + 1 == len(steps):
                if step in node:
                    raise Misfit(f"`{name}` is there twice")
                node[step] = value
            else:
                node = node.setdefault(step, {})
                if not isinstance(node, dict):
                    raise Misfit(f"`{name}` is both a value and an object")
    return root


def fill(schema, value, schemas):
    """A form's tree with the types that the schema has for its members."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            try:
                return fill(option, value, schemas)
            except Misfit:
                continue
        raise Misfit(f"{value!r} is none of what may stand there")
    kind = schema.get("type")
    if kind == "object":
        if not isinstance(value, dict):
            raise Misfit(f"{value!r} is not an object")
        named = schema.get("properties", {})
        other = schema.get("additionalProperties", {})
        other = other if isinstance(other, dict) else {}
        return {name: fill(named.get(name, other), it, schemas) for name, it in value.items()}
    if kind == "array":
        if not isinstance(value, dict) or sorted(value) != sorted(map(str, range(len(value)))):
            raise Misfit(f"{value!r} is not a list")
        return [fill(schema["items"], value[str(index)], schemas) for index in range(len(value))]
    if isinstance(value, dict):
        if kind is None:
            return value
        raise Misfit(f"{value!r} is not a {kind}")
    if kind == "integer":
        if not re.fullmatch(r"-?\d+", value):
            raise Misfit(f"{value!r} is not a whole number")
        return int(value)
    if kind == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise Misfit(f"{value!r} is not a number")
        return float(value)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise Misfit(f"{value!r} is not true or false")
        return value == "true"
    if "enum" in schema and value not in schema["enum"]:
        if not schema.get("x-stripeBypassValidation"):
            raise Misfit(f"{value!r} is not one of {schema['enum']}")
    return value
