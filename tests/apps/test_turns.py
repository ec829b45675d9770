"""The line before the model: order, batches of one kind, failures that stop nobody behind."""

import asyncio
import threading

import pytest

from tldr_reward.apps.turns import BusyError, Turns


def answers(work, jobs, most_waiting=100, most_together=4):
    """What jobs (kind, job) that are asked at once get; exceptions in their place."""

    async def all_of_them():
        turns = Turns(work, most_waiting, most_together)
        asked = [asyncio.create_task(turns.ask(*job)) for job in jobs]
        await asyncio.sleep(0)  # all are in the line before the first is taken
        running = asyncio.create_task(turns.run())
        found = await asyncio.gather(*asked, return_exceptions=True)
        running.cancel()
        return found

    return asyncio.run(all_of_them())


def test_neighbours_of_a_kind_go_together_and_everybody_gets_their_own():
    batches = []

    def double(jobs):
        batches.append(list(jobs))
        return [2 * job for job in jobs]

    jobs = [("a", k) for k in range(6)] + [("b", 10), ("a", 20)]
    found = answers({"a": double, "b": double}, jobs)
    assert found == [0, 2, 4, 6, 8, 10, 20, 40]
    assert batches == [[0, 1, 2, 3], [4, 5], [10], [20]]


def test_work_is_done_by_one_thread_at_a_time_and_not_the_servers():
    inside, threads = threading.Lock(), set()

    def alone(jobs):
        assert inside.acquire(blocking=False)
        threads.add(threading.current_thread())
        inside.release()
        return jobs

    assert answers({"a": alone}, [("a", k) for k in range(20)]) == list(range(20))
    assert threading.main_thread() not in threads


def test_a_job_that_fails_and_a_batch_that_breaks_stop_nobody_behind():
    def fussy(jobs):
        if "break" in jobs:
            raise MemoryError("too much")
        return [ValueError("bad") if job == "bad" else job for job in jobs]

    jobs = [("a", "good"), ("a", "bad"), ("b", "break"), ("b", "beside it"), ("a", "after")]
    found = answers({"a": fussy, "b": fussy}, jobs)
    assert found[0] == "good" and found[4] == "after"
    assert [type(one) for one in found[1:4]] == [ValueError, MemoryError, MemoryError]


def test_who_comes_to_a_full_line_is_told_so():
    found = answers({"a": list}, [("a", k) for k in range(5)], most_waiting=3)
    assert found[:3] == [0, 1, 2]
    assert all(isinstance(one, BusyError) for one in found[3:])
    with pytest.raises(BusyError, match="3 requests are waiting already; try again later"):
        raise found[3]
