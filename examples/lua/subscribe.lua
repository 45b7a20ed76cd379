#!/usr/bin/env luajit
-- SPDX-License-Identifier: MPL-2.0
-- Prints the switch's events, one JSON object per line.
--
--     luajit subscribe.lua [endpoint [count]]          Debian: luajit libzmq5
--
-- Debian 12 has no ZeroMQ binding for Lua, so this calls libzmq directly through LuaJIT's FFI.
local ffi = require 'ffi'
ffi.cdef [[
    typedef union { unsigned char data[64]; void *align; } zmq_msg_t;
    void *zmq_ctx_new(void);
    void *zmq_socket(void *context, int type);
    int   zmq_setsockopt(void *socket, int option, const void *value, size_t size);
    int   zmq_connect(void *socket, const char *endpoint);
    int   zmq_msg_init(zmq_msg_t *msg);
    int   zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags);
    void *zmq_msg_data(zmq_msg_t *msg);
    int   zmq_msg_close(zmq_msg_t *msg);
    int   zmq_close(void *socket);
    int   zmq_ctx_term(void *context);
    int   zmq_errno(void);
    const char *zmq_strerror(int errnum);
]]
local zmq = ffi.load 'zmq.so.5'
local ZMQ_SUB, ZMQ_SUBSCRIBE, ZMQ_HEARTBEAT_IVL = 2, 6, 75

local function check(result, what)
    if result >= 0 then return result end
    io.stderr:write(what, ': ', ffi.string(zmq.zmq_strerror(zmq.zmq_errno())), '\n')
    os.exit(1)
end

local endpoint, count = arg[1] or 'tcp://localhost:5556', tonumber(arg[2] or 100)
io.stdout:setvbuf 'line'

local context = zmq.zmq_ctx_new()
local socket = zmq.zmq_socket(context, ZMQ_SUB)
check(zmq.zmq_setsockopt(socket, ZMQ_SUBSCRIBE, '', 0), 'subscribe') -- every event: the empty prefix
-- Detects a connection that died silently (docs/clients.md).
check(zmq.zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, ffi.new('int[1]', 1000), 4), 'heartbeats')
check(zmq.zmq_connect(socket, endpoint), endpoint) -- connects and reconnects in the background
io.stderr:write('listening to ', endpoint, '\n')

local event = ffi.new 'zmq_msg_t'
zmq.zmq_msg_init(event)
for _ = 1, count do
    local size = check(zmq.zmq_msg_recv(event, socket, 0), 'recv')
    print(ffi.string(zmq.zmq_msg_data(event), size))
end

-- Ends libzmq's threads, before LuaJIT unloads the library under them.
zmq.zmq_msg_close(event)
zmq.zmq_close(socket)
zmq.zmq_ctx_term(context)
