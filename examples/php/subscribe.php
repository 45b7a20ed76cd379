#!/usr/bin/env php
<?php
// SPDX-License-Identifier: MPL-2.0
// Prints the switch's events, one JSON object per line.
//
//     subscribe.php [endpoint [count]]          Debian: php-cli php-zmq
$endpoint = $argv[1] ?? 'tcp://localhost:5556';
$count = (int) ($argv[2] ?? 100);

$socket = new ZMQSocket(new ZMQContext(), ZMQ::SOCKET_SUB);
$socket->setSockOpt(ZMQ::SOCKOPT_SUBSCRIBE, ''); // every event: the empty prefix
$socket->setSockOpt(ZMQ::SOCKOPT_HEARTBEAT_IVL, 1000); // detects a connection that died silently (docs/clients.md)
$socket->connect($endpoint); // returns at once; connects and reconnects in the background
fwrite(STDERR, "listening to $endpoint\n");

while ($count-- > 0) {
    echo $socket->recv(), "\n";
}
