#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is every line of these files an event as the JSON Schema says?

validate.py SCHEMA FILE...   exit status 0: yes; 1: no, what is wrong is printed

Thousands of events differ in their addresses only, and the validator is slow in a VM: of lines of
one shape it sees one. Two lines have the same shape if they are the same once each value that the
schema cannot tell from another has been replaced: see same_for_schema().
"""
import json
import re
import sys

import jsonschema

# No number of the schema is larger; no string of its patterns, enums and consts is longer.
NUMBER_MAX = 64
TEXT_MAX = 64
# Enough to see what is wrong.
ERRORS_MAX = 20


def schema_walk(node):
    """Each object within the schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from schema_walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from schema_walk(value)


def schema_check(schema):
    """The assumptions behind shapes; a schema that breaks them must raise the limits above."""
    for node in schema_walk(schema):
        for key in ("minimum", "maximum", "const"):
            value = node.get(key, 0)
            if isinstance(value, int) and abs(value) > NUMBER_MAX:
                sys.exit(f"validate.py: {key} {value} is above NUMBER_MAX")
        if "maxLength" in node or node.get("minLength", 0) > 1:
            sys.exit("validate.py: the schema tells texts by their length")


def same_for_schema(schema):
    """A function that replaces a value by one that the schema cannot tell from it."""
    hex_number = re.compile(schema["$defs"]["hex"]["pattern"])
    time = re.compile(schema["$defs"]["lost"]["properties"]["ts"]["pattern"])

    def replace(value):
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list):
            return [replace(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return max(min(value, NUMBER_MAX + 1), -NUMBER_MAX - 1)
        if not isinstance(value, str):
            return value
        if hex_number.search(value):
            return "0x1"
        if time.search(value):
            return "2000-01-01T00:00:00.000000000Z"
        return value if len(value) <= TEXT_MAX else " " * (TEXT_MAX + 1)

    return replace


def line_errors(line, validator, replace, shapes):
    """What is wrong with a line."""
    try:
        event = json.loads(line)
    except ValueError as error:
        return [f"no JSON: {error}"]
    shape = json.dumps(replace(event))
    if shape not in shapes:
        shapes[shape] = [error.message for error in validator.iter_errors(event)]
    return shapes[shape]


def file_lines(path):
    """Whole lines: a process that was killed may have left a part of its last one."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.endswith("\n"):
                yield number, line


def main(schema_path, *paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    schema_check(schema)
    validator = jsonschema.Draft202012Validator(schema)
    replace = same_for_schema(schema)
    shapes = {}
    lines = wrong = 0
    for path in paths:
        for number, line in file_lines(path):
            lines += 1
            for error in line_errors(line, validator, replace, shapes):
                wrong += 1
                if wrong <= ERRORS_MAX:
                    print(f"{path}:{number}: {error}\n    {line.strip()[:300]}")
    print(f"{lines} lines of {len(shapes)} shapes, {wrong} errors")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: validate.py SCHEMA FILE...")
    sys.exit(main(*sys.argv[1:]))
