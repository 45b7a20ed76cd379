<?php
// SPDX-License-Identifier: MPL-2.0
// A peer of the tests in this folder, by php-zmq; README.md has the options and the output.
[, $pattern, $endpoint] = $argv;
$options = ['mechanism' => 'NULL', 'pace' => 20, 'timeout' => 2000, 'window' => 10, 'switch-after' => -1];
$prefixes = [];
foreach (array_slice($argv, 3) as $word) {
    [$key, $value] = explode('=', $word, 2);
    $options[$key] = $value;
    if ($key === 'subscribe') {
        $prefixes[] = $value;
    }
}
const TYPES = [
    'sub' => ZMQ::SOCKET_SUB, 'xsub' => ZMQ::SOCKET_XSUB, 'req' => ZMQ::SOCKET_REQ,
    'dealer' => ZMQ::SOCKET_DEALER, 'rep' => ZMQ::SOCKET_REP, 'router' => ZMQ::SOCKET_ROUTER,
];
$context = new ZMQContext();

function shown(string $frame): string
{
    return $frame === '' ? '-' : (strlen($frame) > 48 ? sprintf('#%d:%08x', strlen($frame), crc32($frame)) : $frame);
}

function subscribe(ZMQSocket $socket, bool $on, string $prefix): void
{
    global $pattern;
    if ($pattern === 'xsub') {
        $socket->send(chr((int) $on) . $prefix);
    } else {
        $socket->setSockOpt($on ? ZMQ::SOCKOPT_SUBSCRIBE : ZMQ::SOCKOPT_UNSUBSCRIBE, $prefix);
    }
}

function secure(ZMQSocket $socket): void
{
    global $options;
    if ($options['mechanism'] === 'PLAIN') {
        $socket->setSockOpt(ZMQ::SOCKOPT_PLAIN_USERNAME, $options['user']);
        $socket->setSockOpt(ZMQ::SOCKOPT_PLAIN_PASSWORD, $options['password']);
    } elseif ($options['mechanism'] === 'CURVE') {
        $socket->setSockOpt(ZMQ::SOCKOPT_CURVE_PUBLICKEY, $options['public']);
        $socket->setSockOpt(ZMQ::SOCKOPT_CURVE_SECRETKEY, $options['secret']);
        if (isset($options['server'])) {
            $socket->setSockOpt(ZMQ::SOCKOPT_CURVE_SERVERKEY, $options['server']);
        } else {
            $socket->setSockOpt(ZMQ::SOCKOPT_CURVE_SERVER, 1);
        }
    }
}

function openSocket(): ZMQSocket
{
    global $context, $pattern, $endpoint, $options, $prefixes;
    $socket = new ZMQSocket($context, TYPES[$pattern]);
    $socket->setSockOpt(ZMQ::SOCKOPT_LINGER, 0);
    $socket->setSockOpt(ZMQ::SOCKOPT_RCVHWM, 0);
    $socket->setSockOpt(ZMQ::SOCKOPT_SNDHWM, 0);
    $socket->setSockOpt(ZMQ::SOCKOPT_RECONNECT_IVL, 50);
    if (isset($options['heartbeat'])) {
        $socket->setSockOpt(ZMQ::SOCKOPT_HEARTBEAT_IVL, (int) $options['heartbeat']);
    }
    secure($socket);
    isset($options['bind']) ? $socket->bind($endpoint) : $socket->connect($endpoint);
    foreach ($prefixes as $prefix) {
        subscribe($socket, true, $prefix);
    }
    echo "started\n";
    return $socket;
}

function take(ZMQSocket $socket): array|false
{
    $frames = $socket->recvMulti();
    if ($frames !== false) {
        echo 'message ', implode(' ', array_map('shown', $frames)), "\n";
    }
    return $frames;
}

function runSubscriber(): void
{
    global $options, $prefixes;
    $socket = openSocket();
    for ($count = 0;; $count++) {
        if ($count === (int) $options['switch-after']) {
            subscribe($socket, false, $prefixes[0]);
            subscribe($socket, true, $options['then']);
            echo "switched\n";
        }
        take($socket);
    }
}

function runServer(): void
{
    $socket = openSocket();
    while (true) {
        $socket->sendMulti(take($socket));
    }
}

function request(int $number): array
{
    global $options, $pattern;
    $size = (int) ($options['size'] ?? 0);
    $cycle = implode('', array_map('chr', range(0, 250)));
    $body = $size ? substr(str_repeat($cycle, intdiv($size, 251) + 1), 0, $size) : "request-$number";
    return $pattern === 'dealer' ? ["env-$number", '', $body] : [$body];
}

function takeAll(ZMQSocket $socket, int $window): bool
{
    for ($i = 0; $i < $window; $i++) {
        if (take($socket) === false) {
            return false;
        }
    }
    return true;
}

function runClient(): void
{
    global $options, $pattern;
    $socket = null;
    $number = 0;
    $window = $pattern === 'dealer' ? (int) $options['window'] : 1;
    while (true) {
        if ($socket === null) {
            $socket = openSocket();
            $socket->setSockOpt(ZMQ::SOCKOPT_RCVTIMEO, (int) $options['timeout']);
        }
        for ($i = 0; $i < $window; $i++) {
            $socket->sendMulti(request($number++));
        }
        if (!takeAll($socket, $window)) {
            echo "timeout $number\n";
            $socket = null;
        }
        usleep((int) $options['pace'] * 1000);
    }
}

match ($pattern) {
    'sub', 'xsub' => runSubscriber(),
    'rep', 'router' => runServer(),
    default => runClient(),
};
