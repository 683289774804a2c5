import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.stream.Collectors;

/**
 * A cell process in Java: one platform thread for each operation in flight (protocol:
 * bench/cell/PROTOCOL.md).
 */
public final class Cell {
    private static final String VERSION = "0.1.0";
    private final List<BlockingQueue<Run>> lanes = new ArrayList<>();
    private long[] threads;
    private String checksum;
    private Failure wrong;
    private volatile boolean isRunning;

    /** Java cannot set its affinity: `taskset` (util-linux) binds the process and its threads. */
    private static void bind(List<?> cores) throws IOException, InterruptedException {
        String cpus =
                cores.stream()
                        .map(cpu -> "" + ((Double) cpu).intValue())
                        .collect(Collectors.joining(","));
        String pid = "" + ProcessHandle.current().pid();
        Process taskset =
                new ProcessBuilder("taskset", "-acp", cpus, pid)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (taskset.waitFor() != 0)
            throw new Failure("unsupported", "cannot bind to CPU " + cpus + " with taskset");
    }

    private static long memory(String file, String name) throws IOException {
        for (String line : Files.readAllLines(Path.of(file)))
            if (line.startsWith(name)) return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        return 0;
    }

    private static InetSocketAddress addressOf(Map<?, ?> body) throws IOException {
        String endpoint = String.valueOf(body.get("endpoint"));
        int colon = endpoint.lastIndexOf(':');
        Failure.require(colon > 0, "'" + endpoint + "' is not an endpoint: expected HOST:PORT");
        int port = Integer.parseInt(endpoint.substring(colon + 1));
        return new InetSocketAddress(InetAddress.getByName(endpoint.substring(0, colon)), port);
    }

    private List<Operation> openLanes(
            String workload, Parameters parameters, int count, Map<?, ?> body)
            throws IOException, OperationError {
        boolean isEcho = workload.equals("network") || parameters.text("io").equals("network");
        InetSocketAddress server = isEcho ? addressOf(body) : null;
        List<Operation> opened = new ArrayList<>();
        if (workload.equals("hashing")) {
            byte[] input = Operations.pattern((int) parameters.quantity("bytes"));
            byte[] expected = Operations.digestInPieces(input);
            checksum = HexFormat.of().formatHex(expected);
            for (int i = 0; i < count; ++i) opened.add(Operations.digesting(input, expected));
            return opened;
        }
        int size = workload.equals("network") ? (int) parameters.quantity("bytes") : 64;
        long delay = parameters.quantity("wait") + parameters.quantity("delay");
        int[] work = {0, 0};
        if (workload.equals("mixed")) {
            work[1] = Operations.calibratedBytes(parameters.quantity("cpu"));
            long longer = parameters.quantity("long");
            work[0] = longer > 0 ? Operations.calibratedBytes(longer) : work[1];
        }
        byte[][] inputs = {Operations.pattern(work[0]), Operations.pattern(work[1])};
        byte[][] expected = {
            Operations.digestInPieces(inputs[0]), Operations.digestInPieces(inputs[1])
        };
        for (int i = 0; i < count; ++i) {
            Operation wait =
                    isEcho ? Operations.echo(server, size, i) : Operations.sleeping(delay);
            int kind = Math.min(i, 1);
            Operation digest = Operations.digesting(inputs[kind], expected[kind]);
            opened.add(work[kind] > 0 ? Operations.both(digest, wait) : wait);
        }
        return opened;
    }

    private Map<String, Object> prepare(Map<?, ?> body) throws Exception {
        long begin = System.nanoTime();
        Failure.require(lanes.isEmpty(), "already prepared: a cell process measures one cell");
        String workload = (String) body.get("workload");
        Object given = body.containsKey("parameters") ? body.get("parameters") : Map.of();
        Parameters parameters = new Parameters(workload, (Map<?, ?>) given);
        List<?> cores = (List<?>) body.get("cores");
        int count = ((Double) body.get("in_flight")).intValue();
        Failure.require(!cores.isEmpty() && count > 0, "'cores' and 'in_flight' must be given");
        bind(cores);
        long base = memory("/proc/self/status", "VmRSS:");
        List<Operation> opened = openLanes(workload, parameters, count, body);
        threads = new long[count];
        for (int i = 0; i < count; ++i) {
            int number = i;
            BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
            Thread thread = new Thread(() -> serve(runs, number, opened.get(number)));
            thread.setDaemon(true);
            thread.start();
            threads[i] = thread.getId();
            lanes.add(runs);
        }
        Map<String, Object> environment =
                Map.of(
                        "java", System.getProperty("java.vm.version"),
                        "java_hashing", "MessageDigest of " + Operations.sha256().getProvider());
        return Map.of(
                "ready",
                Map.of(
                        "protocol", 2,
                        "program", "java_cell.jar",
                        "version", VERSION,
                        "setup_s", (System.nanoTime() - begin) / 1e9,
                        "base_rss_bytes", base,
                        "environment", environment));
    }

    /** Main of a lane's thread. */
    private static void serve(BlockingQueue<Run> runs, int number, Operation operation) {
        try {
            while (true) runs.take().runLane(number, operation);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, Object> run(Map<?, ?> body) throws InterruptedException {
        Failure.require(!lanes.isEmpty(), "'run' before 'prepare'");
        if (body.containsKey("rate"))
            throw new Failure("unsupported", "this cell has no open loop");
        Failure.require(
                body.containsKey("seconds") != body.containsKey("operations"),
                "'run' needs either 'seconds' or 'operations'");
        if (wrong != null) throw wrong;
        long operations = body.get("operations") instanceof Double d ? d.longValue() : 0;
        long window = nsOf(body, "seconds");
        Failure.require(operations > 0 || window > 0, "a run must be longer than 0");
        boolean isWindow = operations == 0;
        long lead = isWindow ? nsOf(body, "lead_s") : 0;
        long stagger = isWindow ? nsOf(body, "stagger_s") : 0;
        Run run = new Run(threads, operations, window, lead, stagger);
        isRunning = true;
        for (BlockingQueue<Run> lane : lanes) lane.add(run);
        run.await();
        isRunning = false;
        wrong = run.wrong;
        if (wrong != null) throw wrong;
        return Map.of("sample", sampleOf(run));
    }

    private static long nsOf(Map<?, ?> body, String name) {
        return body.get(name) instanceof Double seconds ? (long) (seconds * 1e9) : 0;
    }

    private Map<String, Object> sampleOf(Run run) {
        long count = run.succeeded.sum();
        if (count == 0 && !run.errors.isEmpty())
            throw new Failure("failed", "no operation succeeded: " + run.errors);
        long wall = run.operations > 0 ? run.end - run.start : run.window;
        Map<String, Object> sample = new LinkedHashMap<>();
        sample.put("operations", count);
        sample.put("wall_s", wall / 1e9);
        sample.put("start_s", run.lag.get() / 1e9);
        sample.put("drain_s", Math.max(0, run.end - run.opens - wall) / 1e9);
        double cpu = (run.after.lanesNs() - run.before.lanesNs()) / 1e9;
        sample.put("cpu_user_s", cpu * (1 - run.after.systemShare()));
        sample.put("cpu_system_s", cpu * run.after.systemShare());
        sample.put("minor_faults", run.after.minorFaults() - run.before.minorFaults());
        sample.put("major_faults", run.after.majorFaults() - run.before.majorFaults());
        sample.put("errors", run.errors);
        sample.put("worker_operations", List.of(count));
        if (count > 0) sample.put("latency", run.latency.toJson(count));
        if (checksum != null) sample.put("checksum", checksum);
        return sample;
    }

    private Map<String, Object> handle(String line) throws Exception {
        Failure.require(
                Json.parse(line) instanceof Map<?, ?> request
                        && request.size() == 1
                        && request.values().iterator().next() instanceof Map<?, ?>,
                "expected one object with one key: prepare, run or finish");
        Map<?, ?> request = (Map<?, ?>) Json.parse(line);
        Map<?, ?> body = (Map<?, ?>) request.values().iterator().next();
        if (request.containsKey("prepare")) return prepare(body);
        if (request.containsKey("run")) return run(body);
        Failure.require(request.containsKey("finish"), "unknown request " + request.keySet());
        long peak = memory("/proc/self/status", "VmHWM:");
        return Map.of("finished", Map.of("peak_rss_bytes", peak));
    }

    private Map<String, Object> replyTo(String line) {
        try {
            return handle(line);
        } catch (Failure e) {
            return Map.of("error", Map.of("kind", e.kind, "message", e.getMessage()));
        } catch (ClassCastException | NullPointerException | NumberFormatException e) {
            String message = "a member is missing or of the wrong type: " + e.getMessage();
            return Map.of("error", Map.of("kind", "invalid", "message", message));
        } catch (Exception | OutOfMemoryError e) {
            String kind = e instanceof OutOfMemoryError ? "resource" : "failed";
            return Map.of("error", Map.of("kind", kind, "message", e.toString()));
        }
    }

    public static void main(String[] arguments) throws Exception {
        Cell cell = new Cell();
        // No buffer: the end of input is seen only after the last request is taken.
        BlockingQueue<String> lines = new SynchronousQueue<>();
        Thread reader =
                new Thread(
                        () -> {
                            try (BufferedReader input =
                                    new BufferedReader(
                                            new InputStreamReader(
                                                    System.in, StandardCharsets.UTF_8))) {
                                for (String line; (line = input.readLine()) != null; )
                                    if (!line.isBlank()) lines.put(line);
                                if (!cell.isRunning) lines.put("");
                            } catch (IOException | InterruptedException e) {
                                // as at the end of input
                            }
                            Runtime.getRuntime().halt(0);
                        });
        reader.setDaemon(true);
        reader.start();
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line; !(line = lines.take()).isEmpty(); ) {
            Map<String, Object> reply = cell.replyTo(line);
            output.print(Json.write(reply) + "\n");
            output.flush();
            if (reply.containsKey("finished")) break;
        }
        Runtime.getRuntime().halt(0);
    }
}
