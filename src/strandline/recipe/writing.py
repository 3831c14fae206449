"""A resolved recipe as TOML text."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["toml_text"]


def toml_text(values: Mapping[str, Any]) -> str:
    """Return nested mappings of strings, numbers, truth values and lists of them as TOML."""
    return "\n".join(_lines(values, "")) + "\n"


def _lines(values: Mapping[str, Any], name: str) -> Iterator[str]:
    for key, value in values.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {_toml(value)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            inner = f"{name}.{key}" if name else key
            yield from ("", f"[{inner}]")
            yield from _lines(value, inner)


def _toml(value: object) -> str:
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    raise TypeError(f"no TOML for {type(value).__name__}")
