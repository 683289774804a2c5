import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** One run: its plan in ns, and the counters of its window. */
final class Run {
    final long operations, window, lead, stagger;
    final int lanes;
    final long start = System.nanoTime();
    final long opens;
    volatile long closes; // the past, after a wrong result: it ends all lanes
    final LongAdder succeeded = new LongAdder();
    final Map<String, Long> errors = new TreeMap<>();
    final Histogram latency = new Histogram();
    final LongAccumulator lag = new LongAccumulator(Math::max, 0);
    final CountDownLatch running;
    volatile Failure wrong;
    long end;
    private final long[] threads;
    private volatile long due; // time of the next edge, when the usage is read
    Usage before, after;

    Run(long[] threads, long operations, long window, long lead, long stagger) {
        this.threads = threads;
        lanes = threads.length;
        this.operations = operations;
        this.window = window;
        this.lead = lead;
        this.stagger = stagger;
        opens = start + lead;
        closes = operations > 0 ? Long.MAX_VALUE : opens + window;
        running = new CountDownLatch(lanes);
        due = operations > 0 ? Long.MAX_VALUE : opens;
        if (operations > 0 || lead == 0) before = Usage.now(threads);
    }

    /** Runs a lane in the calling thread until its share or the window ends. */
    void runLane(int number, Operation operation) {
        try {
            repeat(number, operation);
        } catch (Failure e) {
            wrong = e;
            closes = start;
        } finally {
            running.countDown();
        }
    }

    private void repeat(int number, Operation operation) {
        long begin = start + stagger * number / lanes;
        Operations.sleepUntil(begin);
        long left = Long.MAX_VALUE;
        if (operations > 0)
            left = operations / lanes + (number < operations % lanes ? 1 : 0);
        long issued = System.nanoTime();
        if (issued >= closes) return;
        lag.accumulate(issued - begin);
        for (; left > 0; --left) {
            String error = null;
            try {
                operation.run();
            } catch (OperationError e) {
                error = e.getMessage();
            }
            long now = System.nanoTime();
            observe(now);
            if (now >= closes) return;
            if (now >= opens && error != null) {
                synchronized (errors) {
                    errors.merge(error, 1L, Long::sum);
                }
            } else if (now >= opens) {
                succeeded.increment();
                latency.add(now - issued);
            }
            issued = now;
        }
    }

    /**
     * Reads the usage at an edge of the window that is due. Lanes call it when they have read the
     * clock anyway: with many busy threads, another one would get a CPU long after the edge.
     */
    private void observe(long now) {
        if (now >= due) readEdge(now);
    }

    private synchronized void readEdge(long now) {
        if (before == null && now >= opens) {
            before = Usage.now(threads);
            due = opens + window;
        }
        if (after == null && now >= opens + window) {
            after = Usage.now(threads);
            due = Long.MAX_VALUE;
        }
    }

    /** Waits until all lanes have ended, and observes the edges in case all of them wait. */
    void await() throws InterruptedException {
        for (long edge : operations > 0 ? new long[0] : new long[] {opens, opens + window}) {
            running.await(edge - System.nanoTime(), TimeUnit.NANOSECONDS);
            observe(System.nanoTime());
        }
        running.await();
        end = System.nanoTime();
        if (before == null) before = Usage.now(threads); // the run ended early
        if (after == null) after = Usage.now(threads);
    }
}
