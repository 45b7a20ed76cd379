// SPDX-License-Identifier: MPL-2.0
// Prints the switch's events, one JSON object per line.
//
//     g++ -O2 -Wall -o subscribe subscribe.cpp -lzmq          Debian: cppzmq-dev
//     ./subscribe [endpoint [count]]
#include <exception>
#include <iostream>
#include <string>
#include <zmq.hpp>

int main(int argc, char **argv)
try {
    const std::string endpoint = argc > 1 ? argv[1] : "tcp://localhost:5556";
    const long        count = argc > 2 ? std::stol(argv[2]) : 100;

    zmq::context_t context;
    zmq::socket_t  socket(context, zmq::socket_type::sub);
    socket.set(zmq::sockopt::subscribe, ""); // every event: the empty prefix
    socket.set(zmq::sockopt::heartbeat_ivl,
               1000);         // detects a connection that died silently (docs/clients.md)
    socket.connect(endpoint); // connects and reconnects in the background
    std::cerr << "listening to " << endpoint << std::endl;

    zmq::message_t event;
    for (long i = 0; i < count && socket.recv(event); i++)
        std::cout << event.to_string_view() << std::endl;
} catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
}
