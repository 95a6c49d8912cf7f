"""When workers that died are replaced."""

from eventapi.entrypoints.workers import MAX_DELAY, Respawns


def test_a_worker_that_has_worked_is_replaced_at_once_however_often_it_dies() -> None:
    respawns = Respawns()

    for now in range(100):
        assert respawns.died(1, at_start=False, now=now) == 0
        assert respawns.take_due(now) == [1]


def test_a_worker_that_dies_at_its_start_is_replaced_after_delays_that_double() -> None:
    respawns, now, delays = Respawns(), 0.0, []

    for failures in range(1, 10):
        assert respawns.died(0, at_start=True, now=now) == failures
        delay = respawns.next_in(now)
        assert delay is not None
        if delay:
            assert respawns.take_due(now) == []
        now += delay
        assert respawns.take_due(now) == [0]
        delays.append(delay)

    assert delays == [0, 1, 2, 4, 8, 16, MAX_DELAY, MAX_DELAY, MAX_DELAY]


def test_a_good_start_ends_the_delays_and_workers_do_not_wait_for_each_other() -> None:
    respawns = Respawns()
    for _ in range(3):
        respawns.died(0, at_start=True, now=0)
    respawns.died(1, at_start=True, now=0)

    assert respawns.take_due(0) == [1]
    assert respawns.next_in(0) == 2
    assert respawns.take_due(2) == [0]
    assert respawns.next_in(2) is None
    assert respawns.died(0, at_start=False, now=50) == 0
    assert respawns.take_due(50) == [0]
