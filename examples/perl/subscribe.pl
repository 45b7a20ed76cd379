#!/usr/bin/perl
# SPDX-License-Identifier: MPL-2.0
# Prints the switch's events, one JSON object per line.
#
#     subscribe.pl [endpoint [count]]          Debian: libzmq-ffi-perl
use strict;
use warnings;
use ZMQ::FFI qw(ZMQ_SUB ZMQ_HEARTBEAT_IVL);

my $endpoint = shift // 'tcp://localhost:5556';
my $count    = shift // 100;
$| = 1;

my $context = ZMQ::FFI->new;
my $socket  = $context->socket(ZMQ_SUB);
$socket->subscribe('');         # every event: the empty prefix
$socket->set(ZMQ_HEARTBEAT_IVL, 'int', 1000);    # detects a connection that died silently (docs/clients.md)
$socket->connect($endpoint);    # returns at once; connects and reconnects in the background
print STDERR "listening to $endpoint\n";

print $socket->recv, "\n" for 1 .. $count;
