from __future__ import annotations

from streams.delivery.engine.circuit_breaker import CircuitBreaker


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for connection in (1, 2, 3):
        breaker.down(connection, at)
    return breaker


def test_one_failing_connection_does_not_open_it():
    breaker = CircuitBreaker()

    for _ in range(10):
        breaker.down(1, now=0.0)

    assert breaker.may_send(now=0.0)


def test_several_failing_connections_in_a_row_open_it():
    assert not opened(at=0.0).may_send(now=0.5)


def test_a_response_to_any_connection_resets_the_count():
    breaker = CircuitBreaker()
    breaker.down(1, now=0.0)
    breaker.down(2, now=0.0)
    breaker.up()
    breaker.down(3, now=0.0)

    assert breaker.may_send(now=0.0)


def test_while_open_it_allows_one_probe_at_a_time():
    breaker = opened(at=0.0)

    assert breaker.may_send(now=1.0)
    breaker.sent()
    assert not breaker.may_send(now=1.0)


def test_waits_between_probes_double_to_thirty_seconds():
    breaker, now, waits = opened(at=0.0), 0.0, []

    for _ in range(7):
        waits.append(breaker._probe_at - now)
        now = breaker._probe_at
        breaker.sent()
        breaker.down(1, now)

    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_probe_with_a_response_closes_it():
    breaker = opened(at=0.0)
    breaker.sent()

    breaker.up()

    assert breaker.may_send(now=1.0)
