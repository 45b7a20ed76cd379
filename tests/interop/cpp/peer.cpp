// SPDX-License-Identifier: MPL-2.0
// A peer for the tests in this folder, on cppzmq; README.md lists its options and output.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

namespace
{

std::string                        pattern, endpoint;
std::map<std::string, std::string> options = {{"mechanism", "NULL"},
                                              {"pace", "20"},
                                              {"timeout", "2000"},
                                              {"window", "10"},
                                              {"switch-after", "-1"}};
std::vector<std::string>           prefixes;
zmq::context_t                     context;

int number_of(const std::string &key)
{
    return std::stoi(options.at(key));
}

std::uint32_t crc32(const unsigned char *bytes, std::size_t size)
{
    std::uint32_t crc = ~0U;
    for (std::size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}

std::string shown(const zmq::message_t &frame)
{
    if (frame.size() == 0) {
        return "-";
    }
    if (frame.size() <= 48) {
        return frame.to_string();
    }
    char text[48];
    std::snprintf(text, sizeof(text), "#%zu:%08x", frame.size(),
                  crc32(frame.data<unsigned char>(), frame.size()));
    return text;
}

void subscribe(zmq::socket_t &socket, bool on, const std::string &prefix)
{
    if (pattern == "xsub") {
        socket.send(zmq::buffer(std::string(1, on ? '\1' : '\0') + prefix));
    } else if (on) {
        socket.set(zmq::sockopt::subscribe, prefix);
    } else {
        socket.set(zmq::sockopt::unsubscribe, prefix);
    }
}

void secure(zmq::socket_t &socket)
{
    if (options["mechanism"] == "PLAIN") {
        socket.set(zmq::sockopt::plain_username, options.at("user"));
        socket.set(zmq::sockopt::plain_password, options.at("password"));
    } else if (options["mechanism"] == "CURVE") {
        socket.set(zmq::sockopt::curve_publickey, options.at("public"));
        socket.set(zmq::sockopt::curve_secretkey, options.at("secret"));
        if (options.count("server")) {
            socket.set(zmq::sockopt::curve_serverkey, options.at("server"));
        } else {
            socket.set(zmq::sockopt::curve_server, true);
        }
    }
}

std::unique_ptr<zmq::socket_t> open_socket()
{
    static const std::map<std::string, zmq::socket_type> types = {
        {"sub", zmq::socket_type::sub},       {"xsub", zmq::socket_type::xsub},
        {"req", zmq::socket_type::req},       {"rep", zmq::socket_type::rep},
        {"dealer", zmq::socket_type::dealer}, {"router", zmq::socket_type::router}};
    auto socket = std::make_unique<zmq::socket_t>(context, types.at(pattern));
    socket->set(zmq::sockopt::linger, 0);
    socket->set(zmq::sockopt::rcvhwm, 0);
    socket->set(zmq::sockopt::sndhwm, 0);
    socket->set(zmq::sockopt::reconnect_ivl, 50);
    if (options.count("heartbeat")) {
        socket->set(zmq::sockopt::heartbeat_ivl, number_of("heartbeat"));
    }
    secure(*socket);
    if (options.count("bind")) {
        socket->bind(endpoint);
    } else {
        socket->connect(endpoint);
    }
    for (const std::string &prefix : prefixes) {
        subscribe(*socket, true, prefix);
    }
    std::cout << "started" << std::endl;
    return socket;
}

// False: no message came in time.
bool take(zmq::socket_t &socket, zmq::multipart_t &frames)
{
    if (!frames.recv(socket)) {
        return false;
    }
    std::cout << "message";
    for (const zmq::message_t &frame : frames) {
        std::cout << ' ' << shown(frame);
    }
    std::cout << std::endl;
    return true;
}

void run_subscriber()
{
    auto             socket = open_socket();
    zmq::multipart_t frames;
    for (int count = 0;; count++) {
        if (count == number_of("switch-after")) {
            subscribe(*socket, false, prefixes.at(0));
            subscribe(*socket, true, options.at("then"));
            std::cout << "switched" << std::endl;
        }
        take(*socket, frames);
    }
}

void run_server()
{
    auto             socket = open_socket();
    zmq::multipart_t frames;
    while (take(*socket, frames)) {
        frames.send(*socket);
    }
}

void send_request(zmq::socket_t &socket, long number)
{
    zmq::multipart_t frames;
    if (pattern == "dealer") {
        frames.addstr("env-" + std::to_string(number));
        frames.addstr("");
    }
    std::string body = "request-" + std::to_string(number);
    if (options.count("size")) {
        body.resize(static_cast<std::size_t>(number_of("size")));
        for (std::size_t i = 0; i < body.size(); i++) {
            body[i] = static_cast<char>(i % 251);
        }
    }
    frames.addstr(body);
    frames.send(socket);
}

void run_client()
{
    std::unique_ptr<zmq::socket_t> socket;
    zmq::multipart_t               frames;
    const int                      window = pattern == "dealer" ? number_of("window") : 1;
    for (long number = 0;;
         std::this_thread::sleep_for(std::chrono::milliseconds(number_of("pace")))) {
        if (!socket) {
            socket = open_socket();
            socket->set(zmq::sockopt::rcvtimeo, number_of("timeout"));
        }
        for (int i = 0; i < window; i++) {
            send_request(*socket, number++);
        }
        for (int i = 0; i < window && socket; i++) {
            if (!take(*socket, frames)) {
                std::cout << "timeout " << number << std::endl;
                socket.reset();
            }
        }
    }
}

} // namespace

int main(int argc, char **argv)
try {
    pattern = argc > 1 ? argv[1] : "";
    endpoint = argc > 2 ? argv[2] : "";
    for (int i = 3; i < argc; i++) {
        const std::string word = argv[i];
        const auto        at = word.find('=');
        options[word.substr(0, at)] = word.substr(at + 1);
        if (word.rfind("subscribe=", 0) == 0) {
            prefixes.push_back(word.substr(at + 1));
        }
    }
    if (pattern == "sub" || pattern == "xsub") {
        run_subscriber();
    } else if (pattern == "rep" || pattern == "router") {
        run_server();
    } else {
        run_client();
    }
} catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
}
