"""Thread-safe preparation of msgspec types."""

from __future__ import annotations

import msgspec


def prepared[T](kind: type[T]) -> type[T]:
    """Prepare a type for decoding in several threads. A decorator.

    msgspec builds its description of a type when the type is first decoded, and publishes
    it before it is complete. If a second thread decodes the type at that moment, the process
    crashes with a segmentation fault. Creating a decoder builds the description during the
    import: in one thread, under the import lock.
    """
    msgspec.json.Decoder(kind)
    return kind
