"""The loops of `pace` for lanes that are tasks on an event loop; its remarks apply here too."""
from asyncio import sleep
from time import monotonic_ns

from .errors import OperationError
from .pace import uniform


async def run_lane(operate, number, lanes, control, schedule, tally):
    """Runs one lane's operations in the calling task until the run is over."""
    if control.open_loop:
        await run_open_loop(operate, control, schedule, tally)
    elif control.sampling_interval == 1:
        await run_timed(operate, control.quota(number, lanes), control, tally)
    else:
        await run_sampled(operate, control.quota(number, lanes), control, tally)


async def run_timed(operate, left, control, tally):
    clock, record = monotonic_ns, tally.latencies.append
    issued, deadline = control.start_ns, control.deadline_ns
    while left > 0:
        try:
            for left in range(left - 1, -1, -1):
                await operate()
                now = clock()
                record(now - issued)
                issued = now
                if now >= deadline:
                    left = 0
                    break
        except OperationError as e:
            tally.failed(e)
            issued = clock()
            if issued >= deadline:
                break
    tally.operations = len(tally.latencies)
    tally.end_ns = issued


async def run_sampled(operate, left, control, tally):
    clock, record, draw = monotonic_ns, tally.latencies.append, uniform
    now, deadline = control.start_ns, control.deadline_ns
    choices = 2 * control.sampling_interval - 1
    operations = 0
    while left > 0 and now < deadline:
        issued_now = failed = 0
        try:
            for issued_now in range(1, min(int(choices * draw()), left) + 1):
                await operate()
            issued = now = clock() if issued_now else now
            if issued_now < left:
                issued_now += 1
                await operate()
                now = clock()
                record(now - issued)
        except OperationError as e:
            tally.failed(e)
            failed = 1
            now = clock()
        left -= issued_now
        operations += issued_now - failed
    tally.operations = operations
    tally.end_ns = now


async def run_open_loop(operate, control, schedule, tally):
    clock, claim = monotonic_ns, schedule.claim
    record, record_service = tally.latencies.append, tally.services.append
    start, deadline = control.start_ns, control.deadline_ns
    while (after := claim()) is not None:
        intended = start + after
        wait = intended - clock()
        if wait > 0:
            await sleep(wait * 1e-9)
        started = clock()
        if started >= deadline:
            break
        tally.begun += 1
        try:
            await operate()
        except OperationError as e:
            tally.failed(e)
            tally.end_ns = clock()
            continue
        now = clock()
        tally.operations += 1
        tally.end_ns = now
        record(max(0, now - intended))
        record_service(now - started)
