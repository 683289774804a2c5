import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;

/**
 * What this process has used. `lanesNs`: CPU time of the lanes' threads. `user` and `system`: that
 * of all threads, which the JDK can read only in ticks of 10 ms, so they only divide `lanesNs`.
 */
record Usage(long lanesNs, long user, long system, long minorFaults, long majorFaults) {
    private static final ThreadMXBean THREADS =
            ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    static Usage now(long[] threads) {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return new Usage(
                    LongStream.of(THREADS.getThreadCpuTime(threads)).sum(),
                    Long.parseLong(fields[11]),
                    Long.parseLong(fields[12]),
                    Long.parseLong(fields[7]),
                    Long.parseLong(fields[9]));
        } catch (IOException e) {
            throw new Failure("failed", "cannot read /proc/self/stat");
        }
    }

    /** Returns the part of the CPU time so far that was spent in the kernel. */
    double systemShare() {
        return (double) system / Math.max(1, user + system);
    }
}
