import java.io.EOFException;
import java.io.IOException;
import java.util.Map;

/** A failed operation: it is counted by its name and does not end the run. */
final class OperationError extends Exception {
    private static final Map<String, String> NAMES =
            Map.of(
                    "Connection refused", "ECONNREFUSED",
                    "Connection reset", "ECONNRESET",
                    "Broken pipe", "EPIPE",
                    "Connection timed out", "ETIMEDOUT",
                    "Too many open files", "EMFILE");

    OperationError(String phase, IOException cause) {
        super(phase + ":" + nameOf(cause), null, false, false);
    }

    private static String nameOf(IOException cause) {
        if (cause instanceof EOFException) return "EOF";
        String message = String.valueOf(cause.getMessage()); // the JDK reports no error number
        for (var name : NAMES.entrySet())
            if (message.startsWith(name.getKey())) return name.getValue();
        return "EIO";
    }
}
