import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** Counts latencies in the protocol's bins, 64 per octave. */
final class Histogram {
    private final AtomicLongArray bins = new AtomicLongArray(64 * 59);
    private final LongAdder sum = new LongAdder();
    private final LongAccumulator max = new LongAccumulator(Math::max, 0);

    static int indexOf(long ns) {
        int shift = 64 - Long.numberOfLeadingZeros(ns) - 7;
        return shift <= 0 ? (int) ns : (shift << 6) + (int) (ns >> shift);
    }

    static long lowerBound(int index) {
        return index < 64 ? index : (long) ((index & 63) + 64) << ((index >> 6) - 1);
    }

    void add(long ns) {
        bins.incrementAndGet(indexOf(ns));
        sum.add(ns);
        max.accumulate(ns);
    }

    Map<String, Object> toJson(long count) {
        List<Object> rows = new ArrayList<>();
        for (int i = 0; i < bins.length(); ++i)
            if (bins.get(i) > 0) rows.add(List.of(lowerBound(i), lowerBound(i + 1), bins.get(i)));
        return Map.of(
                "unit", "ns",
                "count", count,
                "mean", (double) sum.sum() / count,
                "max", max.get(),
                "sampling_interval", 1,
                "bins", rows);
    }
}
