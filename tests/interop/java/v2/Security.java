// SPDX-License-Identifier: MPL-2.0
import java.util.Map;
import org.zeromq.ZMQ;

/** JeroMQ 0.3 speaks ZMTP 2.0, which has no security and no heartbeats. */
final class Security {
    static void set(ZMQ.Socket socket, Map<String, String> options) {
        if (!options.get("mechanism").equals("NULL") || options.containsKey("heartbeat")) {
            throw new UnsupportedOperationException("not in this version");
        }
    }

    private Security() {}
}
