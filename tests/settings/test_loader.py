"""Settings come from the environment, from files that it names, and from `.env`."""

from __future__ import annotations

import pytest

from partner_portal.environment import InvalidSettings, load
from tests.settings.typical_values import KEY

SECRETS = {
    "SECRET_KEY": "s3cret",
    "ENCRYPTION_KEYS": f"k1:{KEY}",
    "IDENTITY_KEYS": f"k1:{KEY}",
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / ".env"


def errors(environ, file):
    with pytest.raises(InvalidSettings) as invalid:
        load(environ, file)
    return invalid.value.errors


def test_the_environment_takes_precedence_over_the_file(file):
    file.write_text("PORT=9000\nLEASE_S=7\nDEBUG=on")

    values = load(SECRETS | {"PORT": "9001", "DEBUG": ""}, file)

    assert (values["PORT"], values["LEASE_S"], values["DEBUG"]) == (9001, 7.0, False)


def test_all_errors_are_reported_at_once(file):
    file.write_text("HTTPS=enable\nhunter2\nPORT=abc\n")

    found = errors({"LEASE_S": "1"}, file)

    assert found == [
        f"{file}, line 2: This is not a setting. Write NAME=value.",
        "SECRET_KEY is not set; set it in the environment or in .env.",
        "ENCRYPTION_KEYS is not set; set it in the environment or in .env.",
        "IDENTITY_KEYS is not set; set it in the environment or in .env.",
        "HTTPS must be on or off, without quotes or a comment.",
        "PORT must be a whole number from 1 to 65532; write digits only.",
        "LEASE_S is out of bounds; write a number from 5 to 600.",
    ]


@pytest.mark.parametrize("content", ["s3cret\n", "s3cret\r\n", "  s3cret\n\n", "\ufeffs3cret"])  # fmt: skip
@pytest.mark.parametrize("named_in", ["environment", "file"])
def test_a_secret_from_a_file_is_trimmed(tmp_path, file, content, named_in):
    secret = tmp_path / "secret"
    secret.write_bytes(content.encode())
    environ = dict.fromkeys(("ENCRYPTION_KEYS", "IDENTITY_KEYS"), f"k1:{KEY}")
    if named_in == "file":
        file.write_text(f"SECRET_KEY_FILE={secret}")
    else:
        environ["SECRET_KEY_FILE"] = f" {secret} "

    assert load(environ, file)["SECRET_KEY"] == "s3cret"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 70_000, "is longer than 65536 bytes"),
    ],
)
def test_a_file_without_a_secret_is_an_error(tmp_path, file, content, reason):
    secret = tmp_path / "hunter2"
    if content is not None:
        secret.write_bytes(content)

    (error,) = errors(
        SECRETS | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(secret)}, file
    )

    assert error.startswith("SECRET_KEY_FILE names a file that ")
    assert reason in error
    assert "hunter2" not in error


def test_a_setting_cannot_be_set_twice(tmp_path, file):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")

    assert errors(SECRETS | {"SECRET_KEY_FILE": str(secret)}, file) == [
        "SECRET_KEY and SECRET_KEY_FILE are both set; remove one of them."
    ]


def test_a_named_file_must_exist(file):
    assert errors(SECRETS | {"ENV_FILE": str(file)}, file) == [
        f"{file} cannot be read: No such file or directory."
    ]


def test_other_names_in_the_file_are_exported(file):
    file.write_text(
        "https_proxy=http://proxy:3128\nPGSSLROOTCERT=/a\nPORT=9000\nSECRET_KEY_FILE="
    )
    environ = SECRETS | {"PGSSLROOTCERT": "/b"}

    load(environ, file)

    assert environ == SECRETS | {
        "https_proxy": "http://proxy:3128",
        "PGSSLROOTCERT": "/b",
    }  # fmt: skip
