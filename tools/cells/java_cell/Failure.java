/** An error reply. Kind: invalid, unsupported, resource or failed. */
final class Failure extends RuntimeException {
    final String kind;

    Failure(String kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    static void require(boolean condition, String message) {
        if (!condition) throw new Failure("invalid", message);
    }
}
