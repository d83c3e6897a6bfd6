"""A `.env` file is read as editors write it, and never shown."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from partner_portal.environment import env_file
from partner_portal.environment.env_file import UnreadableFile

LINES = [
    ("A=b", "b"),
    ("A = b", "b"),
    ("  A=b  ", "b"),
    ("\tA\t=\tb\t", "b"),
    ("export A=b", "b"),
    ("export   A = b", "b"),
    ("A=on  # behind nginx", "on"),
    ("A=on\t# behind nginx", "on"),
    ("A= # nothing", ""),
    ("A=", ""),
    ("A=#b", "#b"),
    ("A=b#c", "b#c"),
    ("A='b # c'", "b # c"),
    ("A='b' # c", "b"),
    ('A="b # c"  # d', "b # c"),
    ('A="b \\" c \\\\ d"', 'b " c \\ d'),
    ('A="\\n\\t\\$"', "\\n\\t\\$"),
    ("A='\\n'", "\\n"),
    ("A=\\n", "\\n"),
    ("A=$b", "$b"),
    ("A=${HOME}$$", "${HOME}$$"),
    ('A="$b"', "$b"),
    ("A='$b'", "$b"),
    ("A=b=c", "b=c"),
    ("A=b c", "b c"),
    ("A=b'c", "b'c"),
    ("A=''", ""),
    ("A=`id`$(id)", "`id`$(id)"),
    ("A=ünï", "ünï"),
    ("A=1\nA=2", "2"),
    ("# comment\n\n  # another\nA=b", "b"),
    ("A=b\x0bc\u2028d", "b\x0bc\u2028d"),
]
ENCODED = {
    "UTF-8": "A=ü\nB=2\n".encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + "A=ü\nB=2\n".encode(),
    "UTF-16 with a mark": "A=ü\nB=2\n".encode("utf-16"),
    "UTF-16 with a mark, big": codecs.BOM_UTF16_BE + "A=ü\nB=2\n".encode("utf-16-be"),
    "UTF-16": "A=ü\nB=2\n".encode("utf-16-le"),
    "UTF-16, big": "A=ü\nB=2\n".encode("utf-16-be"),
    "lines of Windows": "A=ü\r\nB=2\r\n".encode(),
    "lines of an old Mac": "A=ü\rB=2\r".encode(),
    "no end of the last line": "A=ü\nB=2".encode(),
}
BROKEN = [
    "hunter2", "HTTPS: hunter2", "A hunter2", "=hunter2", "1A=hunter2", "A-B=hunter2", "A.B=hunter2",
    "A='hunter2", 'A="hunter2', "A='hunter2' x", "A=\"hunter2\"'x'", "set A=hunter2", "A='hun'ter2'",
    '"A"=hunter2', "{", "export hunter2",
]  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def written(content):
        path = tmp_path / ".env"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.mark.parametrize(("line", "value"), LINES)
def test_a_line_is_parsed(written, line, value):
    assert env_file.read(written(line)) == ({"A": value}, [])


@pytest.mark.parametrize("name", ENCODED)
def test_an_encoding_is_recognized(written, name):
    assert env_file.read(written(ENCODED[name])) == ({"A": "ü", "B": "2"}, [])


@pytest.mark.parametrize("line", BROKEN)
def test_an_invalid_line_is_named_by_its_number(written, line):
    path = written(f"# first\nB=2\n{line}\nC=3\n")

    values, (error,) = env_file.read(path)

    assert values == {"B": "2", "C": "3"}
    assert error.startswith(f"{path}, line 3: ")
    assert error.endswith(".")
    assert "hun" not in error


@pytest.mark.parametrize(
    "content", [b"A=\xfcber\n", b"\xff\xfeA", b"\x89PNG\r\n\x1a\n\xff", "A=é".encode("latin-1")]
)  # fmt: skip
def test_a_file_that_is_not_text_is_refused(written, content):
    path = written(content)

    with pytest.raises(UnreadableFile, match="is not text; save it as UTF-8") as error:
        env_file.read(path)

    assert error.value.__cause__ is None


def test_a_line_with_a_null_character_is_not_a_setting(written):
    path = written("A=b\0c\nB=2\n".encode("utf-16"))

    values, (error,) = env_file.read(path)

    assert values == {"B": "2"}  # the environment cannot contain A's value
    assert error == f"{path}, line 1: This is not a setting. Write NAME=value."


def test_an_endless_file_is_refused():
    with pytest.raises(UnreadableFile, match="/dev/zero is longer than 1048576 bytes"):
        env_file.read(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "No such file or directory"), ("", "Is a directory")]
)  # fmt: skip
def test_an_unreadable_file_is_refused_with_the_reason(tmp_path, name, reason):
    with pytest.raises(UnreadableFile, match=f"cannot be read: {reason}"):
        env_file.read(tmp_path / name)
