"""Argon2id with the memory of OWASP's recommendation.

Django's own parameters use 100 MB per sign-in, so a few simultaneous sign-ins could use up
the memory of a web process.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PortalArgon2Hasher(Argon2PasswordHasher):
    """Hashes with 19 MiB, two passes and one thread: about 20 ms."""

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
