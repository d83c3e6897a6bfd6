"""The broker's certificate is verified on every connection."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import redis
from kombu import Connection

from partner_portal.environment import load
from tests.settings.typical_values import KEY

SECRETS = {
    "SECRET_KEY": "s3cret",
    "ENCRYPTION_KEYS": f"k1:{KEY}",
    "IDENTITY_KEYS": f"k1:{KEY}",
}


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("rediss://broker/0", ssl.CERT_REQUIRED),
        (f"rediss://broker/0?ssl_ca_certs={__file__}", ssl.CERT_REQUIRED),
        ("rediss://broker/0?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_rediss_verifies_the_certificate(url, mode):
    read = load(SECRETS | {"REDIS_URL": url}, Path("/nonexistent"))["REDIS_URL"]

    of_celery = Connection(read)
    of_redis = redis.Redis.from_url(read).connection_pool.make_connection()

    assert of_celery.ssl["ssl_cert_reqs"] == mode
    assert of_redis.cert_reqs == mode
    assert of_redis.check_hostname == (mode == ssl.CERT_REQUIRED)
