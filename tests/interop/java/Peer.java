// SPDX-License-Identifier: MPL-2.0
// A peer of the tests in this folder, by JeroMQ; README.md has the options and the output.
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.zeromq.ZMQ;

public final class Peer {
    private static final Map<String, Integer> TYPES = Map.of(
        "sub", ZMQ.SUB, "xsub", ZMQ.XSUB, "req", ZMQ.REQ, "dealer", ZMQ.DEALER, "rep", ZMQ.REP, "router", ZMQ.ROUTER);

    private final ZMQ.Context context = ZMQ.context(1);
    private final Map<String, String> options = new HashMap<>(Map.of(
        "mechanism", "NULL", "pace", "20", "timeout", "2000", "window", "10", "switch-after", "-1"));
    private final List<byte[]> prefixes = new ArrayList<>();
    private final String pattern;
    private final String endpoint;

    private Peer(String[] words) {
        pattern = words[0];
        endpoint = words[1];
        for (int i = 2; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            options.put(pair[0], pair[1]);
            if (pair[0].equals("subscribe")) {
                prefixes.add(bytes(pair[1]));
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private int number(String key) {
        return Integer.parseInt(options.getOrDefault(key, "0"));
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static String shown(byte[] frame) {
        if (frame.length == 0) {
            return "-";
        }
        if (frame.length <= 48) {
            return new String(frame, StandardCharsets.UTF_8);
        }
        CRC32 crc = new CRC32();
        crc.update(frame);
        return String.format("#%d:%08x", frame.length, crc.getValue());
    }

    private void subscribe(ZMQ.Socket socket, boolean on, byte[] prefix) {
        if (pattern.equals("xsub")) {
            byte[] message = new byte[prefix.length + 1];
            message[0] = (byte) (on ? 1 : 0);
            System.arraycopy(prefix, 0, message, 1, prefix.length);
            socket.send(message, 0);
        } else if (on) {
            socket.subscribe(prefix);
        } else {
            socket.unsubscribe(prefix);
        }
    }

    private ZMQ.Socket open() {
        ZMQ.Socket socket = context.socket(TYPES.get(pattern));
        socket.setLinger(0);
        socket.setRcvHWM(0);
        socket.setSndHWM(0);
        socket.setReconnectIVL(50);
        Security.set(socket, options);
        if (options.containsKey("bind")) {
            socket.bind(endpoint);
        } else {
            socket.connect(endpoint);
        }
        for (byte[] prefix : prefixes) {
            subscribe(socket, true, prefix);
        }
        say("started");
        return socket;
    }

    /** Nothing when no message came in time. */
    private List<byte[]> take(ZMQ.Socket socket) {
        List<byte[]> frames = new ArrayList<>();
        StringBuilder line = new StringBuilder("message");
        do {
            byte[] frame = socket.recv(0);
            if (frame == null) {
                return null;
            }
            frames.add(frame);
            line.append(' ').append(shown(frame));
        } while (socket.hasReceiveMore());
        say(line.toString());
        return frames;
    }

    private static void send(ZMQ.Socket socket, List<byte[]> frames) {
        for (int i = 0; i < frames.size(); i++) {
            socket.send(frames.get(i), i + 1 < frames.size() ? ZMQ.SNDMORE : 0);
        }
    }

    private void runSubscriber() {
        ZMQ.Socket socket = open();
        for (int count = 0;; count++) {
            if (count == number("switch-after")) {
                subscribe(socket, false, prefixes.get(0));
                subscribe(socket, true, bytes(options.get("then")));
                say("switched");
            }
            take(socket);
        }
    }

    private void runServer() {
        ZMQ.Socket socket = open();
        while (true) {
            send(socket, take(socket));
        }
    }

    private List<byte[]> request(long count) {
        byte[] body = bytes("request-" + count);
        if (number("size") > 0) {
            body = new byte[number("size")];
            for (int i = 0; i < body.length; i++) {
                body[i] = (byte) (i % 251);
            }
        }
        return pattern.equals("dealer") ? List.of(bytes("env-" + count), new byte[0], body) : List.of(body);
    }

    private boolean takeAll(ZMQ.Socket socket, int window) {
        for (int i = 0; i < window; i++) {
            if (take(socket) == null) {
                return false;
            }
        }
        return true;
    }

    private void runClient() throws InterruptedException {
        int window = pattern.equals("dealer") ? number("window") : 1;
        ZMQ.Socket socket = null;
        for (long count = 0;; Thread.sleep(number("pace"))) {
            if (socket == null) {
                socket = open();
                socket.setReceiveTimeOut(number("timeout"));
            }
            for (int i = 0; i < window; i++) {
                send(socket, request(count++));
            }
            if (!takeAll(socket, window)) {
                say("timeout " + count);
                socket.close();
                socket = null;
            }
        }
    }

    public static void main(String[] words) throws InterruptedException {
        Peer peer = new Peer(words);
        switch (peer.pattern) {
            case "sub", "xsub" -> peer.runSubscriber();
            case "rep", "router" -> peer.runServer();
            default -> peer.runClient();
        }
    }
}
