import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** The operations of the workloads. */
final class Operations {
    private static final Failure WRONG =
            new Failure("failed", "an operation returned a wrong result");

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new Failure("unsupported", "this Java has no SHA-256");
        }
    }

    static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; ++i) bytes[i] = (byte) (131 * i + i / 256);
        return bytes;
    }

    /** Returns the reference digest of a buffer, computed in pieces. */
    static byte[] digestInPieces(byte[] input) {
        MessageDigest digest = sha256();
        for (int at = 0; at < input.length; at += 1000)
            digest.update(input, at, Math.min(1000, input.length - at));
        return digest.digest();
    }

    static Operation digesting(byte[] input, byte[] expected) {
        MessageDigest digest = sha256();
        return () -> {
            if (!Arrays.equals(digest.digest(input), expected)) throw WRONG;
        };
    }

    /** Returns how many bytes take this long to digest, within 2 %. */
    static int calibratedBytes(long lengthNs) throws OperationError {
        if (lengthNs == 0) return 0;
        double target = Math.min(lengthNs, 20e6); // longer work is extrapolated
        int readings = (int) Math.min(50, Math.max(3, 20e6 / target));
        int bytes = 1 << 16;
        Operation warmUp = digesting(pattern(bytes), digestInPieces(pattern(bytes)));
        long warm = System.nanoTime() + 200_000_000;
        while (System.nanoTime() < warm) warmUp.run(); // until it is compiled
        for (int round = 0; round < 60; ++round) {
            byte[] input = pattern(bytes);
            Operation work = digesting(input, digestInPieces(input));
            long fastest = Long.MAX_VALUE;
            for (int i = 0; i < readings; ++i) {
                long begin = System.nanoTime();
                work.run();
                fastest = Math.min(fastest, System.nanoTime() - begin);
            }
            double ratio = fastest / target;
            if (Math.abs(ratio - 1) < (round < 5 ? 0.005 : 0.02))
                return (int) (bytes * (lengthNs / target));
            bytes = (int) Math.max(64, 64 * Math.round(bytes / ratio / 64));
        }
        throw new Failure("unsupported", "mixed: cannot calibrate the CPU work to within 2 %");
    }

    static void sleepUntil(long end) {
        // Thread.sleep would round up to whole ms. The thread may wake early.
        for (long left; (left = end - System.nanoTime()) > 0; ) LockSupport.parkNanos(left);
    }

    static Operation sleeping(long delayNs) {
        return () -> sleepUntil(System.nanoTime() + delayNs);
    }

    /** A lane's connection. After an error, the next operation connects again. */
    static Operation echo(InetSocketAddress server, int size, int lane) {
        byte[] message = new byte[size];
        byte[] echo = new byte[size];
        for (int i = 0; i < size; ++i) message[i] = (byte) (31 * lane + 7 * i);
        ByteBuffer counter = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return new Operation() {
                private Socket socket = connect();
                private long count = 0;

                private Socket connect() throws IOException {
                    Socket opened = new Socket(server.getAddress(), server.getPort());
                    opened.setTcpNoDelay(true);
                    return opened;
                }

                @Override
                public void run() throws OperationError {
                    String phase = "connect";
                    try {
                        if (socket == null) socket = connect();
                        counter.putLong(0, ++count).get(0, message, 0, Math.min(8, size));
                        phase = "send";
                        socket.getOutputStream().write(message);
                        phase = "receive";
                        if (socket.getInputStream().readNBytes(echo, 0, size) < size)
                            throw new EOFException();
                    } catch (IOException e) {
                        close();
                        throw new OperationError(phase, e);
                    }
                    if (!Arrays.equals(echo, message)) throw WRONG;
                }

                private void close() {
                    try {
                        if (socket != null) socket.close();
                    } catch (IOException ignored) {
                        // it is of no use any more
                    }
                    socket = null;
                }
            };
        } catch (IOException e) {
            String name = new OperationError("connect", e).getMessage();
            String advice = "start a server there or correct the endpoint";
            throw new Failure(
                    "failed", "no connection to " + server + " (" + name + "); " + advice);
        }
    }

    static Operation both(Operation work, Operation wait) {
        return () -> {
            work.run();
            wait.run();
        };
    }
}
