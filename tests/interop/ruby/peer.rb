# SPDX-License-Identifier: MPL-2.0
# A peer of the tests in this folder, by ffi-rzmq; README.md has the options and the output.
require 'ffi-rzmq'
require 'zlib'

$stdout.sync = true
PATTERN, ENDPOINT, *words = ARGV
pairs = words.map { |word| word.split('=', 2) }
OPTIONS = { 'mechanism' => 'NULL', 'pace' => '20', 'timeout' => '2000', 'window' => '10', 'switch-after' => '-1' }
          .merge(pairs.to_h)
PREFIXES = pairs.select { |key, _| key == 'subscribe' }.map(&:last)
TYPES = { 'sub' => ZMQ::SUB, 'xsub' => ZMQ::XSUB, 'req' => ZMQ::REQ, 'dealer' => ZMQ::DEALER, 'rep' => ZMQ::REP,
          'router' => ZMQ::ROUTER }.freeze
CONTEXT = ZMQ::Context.new

# The binding has no names for these; the numbers are libzmq's.
PLAIN_USERNAME = 45
PLAIN_PASSWORD = 46
CURVE_SERVER = 47
CURVE_PUBLICKEY = 48
CURVE_SECRETKEY = 49
CURVE_SERVERKEY = 50

def check(code)
  abort ZMQ::Util.error_string unless ZMQ::Util.resultcode_ok?(code)
end

# Past the binding's own table of options, which lacks the security ones.
def set_raw(socket, option, value)
  number = value.is_a?(Integer)
  memory = FFI::MemoryPointer.new(:char, number ? 4 : value.bytesize + 1)
  number ? memory.write_int(value) : memory.write_bytes(value)
  check LibZMQ.zmq_setsockopt(socket.socket, option, memory, number ? 4 : value.bytesize)
end

def shown(frame)
  return '-' if frame.empty?

  frame.bytesize > 48 ? format('#%d:%08x', frame.bytesize, Zlib.crc32(frame)) : frame
end

def subscribe(socket, on, prefix)
  if PATTERN == 'xsub'
    check socket.send_string((on ? "\x01" : "\x00") + prefix)
  else
    check socket.setsockopt(on ? ZMQ::SUBSCRIBE : ZMQ::UNSUBSCRIBE, prefix)
  end
end

def secure(socket)
  case OPTIONS['mechanism']
  when 'PLAIN'
    set_raw(socket, PLAIN_USERNAME, OPTIONS['user'])
    set_raw(socket, PLAIN_PASSWORD, OPTIONS['password'])
  when 'CURVE'
    set_raw(socket, CURVE_PUBLICKEY, OPTIONS['public'])
    set_raw(socket, CURVE_SECRETKEY, OPTIONS['secret'])
    OPTIONS['server'] ? set_raw(socket, CURVE_SERVERKEY, OPTIONS['server']) : set_raw(socket, CURVE_SERVER, 1)
  end
end

def open_socket
  socket = CONTEXT.socket(TYPES.fetch(PATTERN))
  { ZMQ::LINGER => 0, ZMQ::RCVHWM => 0, ZMQ::SNDHWM => 0, ZMQ::RECONNECT_IVL => 50 }.each do |option, value|
    check socket.setsockopt(option, value)
  end
  secure(socket)
  check(OPTIONS['bind'] ? socket.bind(ENDPOINT) : socket.connect(ENDPOINT))
  PREFIXES.each { |prefix| subscribe(socket, true, prefix) }
  puts 'started'
  socket
end

def take(socket)
  frames = []
  return nil unless ZMQ::Util.resultcode_ok?(socket.recv_strings(frames))

  puts "message #{frames.map { |frame| shown(frame) }.join(' ')}"
  frames
end

def run_subscriber
  socket = open_socket
  count = 0
  loop do
    if count == OPTIONS['switch-after'].to_i
      subscribe(socket, false, PREFIXES[0])
      subscribe(socket, true, OPTIONS['then'])
      puts 'switched'
    end
    take(socket)
    count += 1
  end
end

def run_server
  socket = open_socket
  loop { check socket.send_strings(take(socket)) }
end

def request(number)
  size = OPTIONS['size'].to_i
  body = size.positive? ? Array.new(size) { |i| i % 251 }.pack('C*') : "request-#{number}"
  PATTERN == 'dealer' ? ["env-#{number}", '', body] : [body]
end

def run_client
  socket = nil
  number = 0
  window = PATTERN == 'dealer' ? OPTIONS['window'].to_i : 1
  loop do
    unless socket
      socket = open_socket
      check socket.setsockopt(ZMQ::RCVTIMEO, OPTIONS['timeout'].to_i)
    end
    window.times do
      check socket.send_strings(request(number))
      number += 1
    end
    unless Array.new(window) { take(socket) || break }
      puts "timeout #{number}"
      socket.close
      socket = nil
    end
    sleep OPTIONS['pace'].to_i / 1000.0
  end
end

case PATTERN
when 'sub', 'xsub' then run_subscriber
when 'rep', 'router' then run_server
else run_client
end
