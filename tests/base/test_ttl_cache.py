from __future__ import annotations

from streams.base.caching.ttl_cache import TtlCache


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_an_entry_is_kept_for_its_time():
    clock = Clock()
    recent = TtlCache(10, clock)
    recent.put("a", 1, seconds=3)

    clock.now += 2.9
    before = recent.get("a")
    clock.now += 0.1

    assert (before, recent.get("a")) == (1, None)


def test_the_oldest_entry_is_evicted():
    recent = TtlCache(2)

    for key in "aba":
        recent.put(key, key, seconds=60)
    recent.put("c", "c", seconds=60)

    assert [recent.get(key) for key in "abc"] == ["a", None, "c"]
