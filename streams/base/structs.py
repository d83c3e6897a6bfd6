"""What msgspec knows of a type, built before several threads need it."""

from __future__ import annotations

import msgspec


def prepared[T](kind: type[T]) -> type[T]:
    """The same type, ready to be decoded in several threads. A decorator.

    msgspec builds what it knows of a type when the type is first decoded, and publishes
    it before it is complete. A second thread that decodes the type at that moment ends
    the process with a segmentation fault. A decoder builds it here, as the module is
    imported: by one thread, under the import's lock.
    """
    msgspec.json.Decoder(kind)
    return kind
