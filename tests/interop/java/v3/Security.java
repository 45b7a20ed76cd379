// SPDX-License-Identifier: MPL-2.0
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.zeromq.ZMQ;

/** Security and heartbeats, which JeroMQ has since 0.4 and 0.5. */
final class Security {
    static void set(ZMQ.Socket socket, Map<String, String> options) {
        if (options.containsKey("heartbeat")) {
            socket.setHeartbeatIvl(Integer.parseInt(options.get("heartbeat")));
        }
        if (options.get("mechanism").equals("PLAIN")) {
            socket.setPlainUsername(options.get("user"));
            socket.setPlainPassword(options.get("password"));
        } else if (options.get("mechanism").equals("CURVE")) {
            socket.setCurvePublicKey(bytes(options.get("public")));
            socket.setCurveSecretKey(bytes(options.get("secret")));
            if (options.containsKey("server")) {
                socket.setCurveServerKey(bytes(options.get("server")));
            } else {
                socket.setCurveServer(true);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private Security() {}
}
