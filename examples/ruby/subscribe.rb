#!/usr/bin/env ruby
# SPDX-License-Identifier: MPL-2.0
# Prints the switch's events, one JSON object per line.
#
#     subscribe.rb [endpoint [count]]          Debian: ruby-ffi-rzmq
require 'ffi-rzmq'

endpoint = ARGV.fetch(0, 'tcp://localhost:5556')
count = ARGV.fetch(1, 100).to_i
$stdout.sync = true

context = ZMQ::Context.new
socket = context.socket(ZMQ::SUB)
socket.setsockopt(ZMQ::SUBSCRIBE, '') # every event: the empty prefix
# ffi-rzmq has no heartbeats; TCP keepalive detects a connection that died silently (docs/clients.md).
socket.setsockopt(ZMQ::TCP_KEEPALIVE, 1)
socket.setsockopt(ZMQ::TCP_KEEPALIVE_IDLE, 30)
# Returns at once; connects and reconnects in the background.
abort "#{endpoint}: #{ZMQ::Util.error_string}" unless ZMQ::Util.resultcode_ok?(socket.connect(endpoint))
warn "listening to #{endpoint}"

count.times do
  event = +''
  abort ZMQ::Util.error_string unless ZMQ::Util.resultcode_ok?(socket.recv_string(event))
  puts event
end
