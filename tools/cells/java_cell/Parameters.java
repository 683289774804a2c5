import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parameters of a workload, with defaults for those not given. */
final class Parameters {
    private static final Pattern QUANTITY = Pattern.compile("(\\d+(?:\\.\\d+)?)([a-zA-Z]*)");
    private static final Map<String, Double> SIZES =
            Map.of("", 1.0, "B", 1.0, "KiB", 1024.0, "MiB", 0x1p20, "GiB", 0x1p30);
    private static final Map<String, Double> DURATIONS =
            Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9);
    private static final Map<String, Map<String, String>> WORKLOADS =
            Map.of(
                    "sleep", Map.of("delay", "10ms"),
                    "hashing", Map.of("bytes", "64KiB", "algorithm", "sha256"),
                    "network", Map.of("bytes", "64", "delay", "0"),
                    "mixed", Map.of("cpu", "100us", "wait", "1ms", "io", "sleep", "long", "0"));

    private final Map<String, String> texts;

    Parameters(String workload, Map<?, ?> given) {
        Map<String, String> defaults = WORKLOADS.get(workload);
        Failure.require(
                defaults != null, "unknown workload '" + workload + "': " + WORKLOADS.keySet());
        texts = new HashMap<>(defaults);
        for (var entry : given.entrySet()) {
            String name = (String) entry.getKey();
            String message = workload + " has no parameter '" + name + "': only ";
            Failure.require(defaults.containsKey(name), message + defaults.keySet());
            boolean isWhole = entry.getValue() instanceof Double d && d == Math.rint(d);
            Object value = isWhole ? ((Double) entry.getValue()).longValue() : entry.getValue();
            texts.put(name, String.valueOf(value));
        }
        if (!texts.getOrDefault("algorithm", "sha256").equals("sha256"))
            throw new Failure("unsupported", "this cell has only sha256");
        String io = texts.getOrDefault("io", "sleep");
        Failure.require(io.equals("sleep") || io.equals("network"), "io: sleep or network");
    }

    /** Returns the text of a parameter, or "" if the workload does not have it. */
    String text(String name) {
        return texts.getOrDefault(name, "");
    }

    /** Returns a size or a duration in ns; 0 if the workload does not have it. */
    long quantity(String name) {
        String text = texts.getOrDefault(name, "0");
        Matcher parts = QUANTITY.matcher(text);
        Map<String, Double> units = name.equals("bytes") ? SIZES : DURATIONS;
        boolean isKnown =
                parts.matches() && (units.containsKey(parts.group(2)) || text.equals("0"));
        Failure.require(isKnown, name + "=" + text + ": expected for example 64KiB or 10ms");
        double unit = units.getOrDefault(parts.group(2), 0.0);
        return (long) (Double.parseDouble(parts.group(1)) * unit);
    }
}
