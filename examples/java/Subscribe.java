// SPDX-License-Identifier: MPL-2.0
// Prints the switch's events, one JSON object per line.
//
//     javac -cp /usr/share/java/jeromq.jar Subscribe.java          Debian: libjeromq-java default-jdk-headless
//     java -cp /usr/share/java/jeromq.jar:. Subscribe [endpoint [count]]
import java.io.PrintStream;
import org.zeromq.ZMQ;

public class Subscribe {
    public static void main(String[] args) {
        String endpoint = args.length > 0 ? args[0] : "tcp://localhost:5556";
        int count = args.length > 1 ? Integer.parseInt(args[1]) : 100;

        ZMQ.Context context = ZMQ.context(1);
        ZMQ.Socket socket = context.socket(ZMQ.SUB);
        socket.subscribe(new byte[0]); // every event: the empty prefix
        // These libraries have no heartbeats; TCP keepalive detects a connection that died silently (docs/clients.md).
        socket.setTCPKeepAlive(1);
        socket.setTCPKeepAliveIdle(30);
        socket.connect(endpoint); // returns at once; connects and reconnects in the background
        System.err.println("listening to " + endpoint);

        // Writes the UTF-8 bytes unchanged, whatever Java believes the console's charset to be.
        PrintStream out = new PrintStream(System.out, true);
        while (count-- > 0) {
            byte[] event = socket.recv();
            out.write(event, 0, event.length);
            out.write('\n');
            out.flush();
        }
        socket.close();
        context.term();
    }
}
