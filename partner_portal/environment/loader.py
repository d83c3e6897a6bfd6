"""Loads the value of each setting from the environment and the `.env` file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partner_portal.environment import env_file
from partner_portal.environment.loopback import exempt_loopback
from partner_portal.environment.setting_types import ROOT, Invalid
from partner_portal.environment.settings_table import SETTINGS
from streams.base import json_logs

if TYPE_CHECKING:
    from partner_portal.environment.setting import Setting

NAMES = SETTINGS.keys() | {f"{name}_FILE" for name in SETTINGS}
MAX_SECRET_BYTES = 65_536  # NAME_FILE could be /dev/zero


class InvalidSettings(Exception):
    """Invalid settings. `errors` has one sentence for each."""

    def __init__(self, errors: list[str], *, as_json: bool) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors
        self.as_json = as_json  # LOG_FORMAT is json


class Unreadable(Exception):
    """The file of a NAME_FILE has no value. The message never contains the file's name."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Texts by name. A NAME_FILE is the path of the file with the text."""

    texts: Mapping[str, str] = field(repr=False)

    def text_of(self, name: str) -> str | None:
        """Return a setting's text, or None if it is not set. Raises Invalid, Unreadable."""
        file = self.texts.get(f"{name}_FILE", "").strip()
        if not file:
            text = self.texts.get(name)
            return None if text is None else text.strip()
        if self.texts.get(name, "").strip():
            raise Invalid(f"and {name}_FILE are both set; remove one of them.")
        return _content(name, Path(file))


def _content(name: str, file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_SECRET_BYTES + 1)
        text = data.decode("utf-8-sig").strip()
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); correct its path or permissions"
    except ValueError:  # also raised for an impossible path
        problem = "is not UTF-8 text; save it as UTF-8"
    else:
        if len(data) > MAX_SECRET_BYTES:
            problem = f"is longer than {MAX_SECRET_BYTES} bytes; correct its path"
        elif not text:
            problem = "is empty; write the value into it"
        else:
            return text
    raise Unreadable(f"{name}_FILE names a file that {problem}.")


def load(environ: MutableMapping[str, str], default_file: Path) -> dict[str, Any]:
    """Return the value of each setting by name, from the environment or else the file.

    `ENV_FILE` is the path of the file; the default is `default_file`, which need not
    exist. Names in it that are not settings, such as https_proxy, are added to the
    environment. Raises InvalidSettings with all errors.
    """
    of_file, errors = _of_file(environ.get("ENV_FILE", "").strip(), default_file)
    sources = (_Source(environ), _Source(of_file))
    values: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        try:
            values[name] = _value(setting, sources)
        except Invalid as invalid:
            errors.append(f"{name} {invalid}")
        except Unreadable as unreadable:
            errors.append(str(unreadable))
    if errors:
        raise InvalidSettings(errors, as_json=values.get("LOG_FORMAT") == "json")
    for name in of_file.keys() - NAMES:
        environ.setdefault(name, of_file[name])
    return values


def _of_file(named: str, default: Path) -> tuple[dict[str, str], list[str]]:
    if not named and not default.exists():
        return {}, []
    try:
        return env_file.read(Path(named) if named else default)
    except env_file.UnreadableFile as unreadable:
        return {}, [str(unreadable)]


def _value(setting: Setting, sources: tuple[_Source, ...]) -> Any:
    texts = (source.text_of(setting.name) for source in sources)
    text = next((text for text in texts if text is not None), "")
    if not text and setting.required:
        raise Invalid("is not set; set it in the environment or in .env.")
    if not text:
        text = setting.default
    if not text:
        return copy(setting.kind.empty)
    if not text.isprintable():
        raise Invalid("contains a line break or an invisible character; remove it.")
    return setting.kind.parse(text)


def load_or_exit() -> dict[str, Any]:
    """Load this process's settings, or write the errors to stderr and exit with 1."""
    try:
        values = load(os.environ, ROOT / ".env")
    except InvalidSettings as invalid:
        for error in invalid.errors:
            line = _as_json(error) if invalid.as_json else error
            sys.stderr.write(f"{line}\n")
        sys.exit(1)
    if values["LOG_FORMAT"] == "json":
        json_logs.install()
    exempt_loopback(os.environ)  # after .env, which may set the proxy
    return values


def _as_json(error: str) -> str:
    return json_logs.json_line("settings.invalid", level="critical", error=error)
