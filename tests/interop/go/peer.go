// SPDX-License-Identifier: MPL-2.0
// A peer of the tests in this folder, by zmq4; README.md has the options and the output.
package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/plain"
)

var (
	pattern, endpoint string
	prefixes          []string
	options           = map[string]string{
		"mechanism": "NULL", "pace": "20", "timeout": "2000", "window": "10", "switch-after": "-1",
	}
	makers = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
		"sub": zmq4.NewSub, "xsub": zmq4.NewXSub, "req": zmq4.NewReq, "dealer": zmq4.NewDealer,
		"rep": zmq4.NewRep, "router": zmq4.NewRouter,
	}
)

func number(key string) int {
	value, _ := strconv.Atoi(options[key])
	return value
}

func milliseconds(key string) time.Duration {
	return time.Duration(number(key)) * time.Millisecond
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func shown(frame []byte) string {
	switch {
	case len(frame) == 0:
		return "-"
	case len(frame) <= 48:
		return string(frame)
	}
	return fmt.Sprintf("#%d:%08x", len(frame), crc32.ChecksumIEEE(frame))
}

func subscribe(socket zmq4.Socket, on bool, prefix string) error {
	switch {
	case pattern == "xsub" && on:
		return socket.Send(zmq4.NewMsg(append([]byte{1}, prefix...)))
	case pattern == "xsub":
		return socket.Send(zmq4.NewMsg(append([]byte{0}, prefix...)))
	case on:
		return socket.SetOption(zmq4.OptionSubscribe, prefix)
	}
	return socket.SetOption(zmq4.OptionUnsubscribe, prefix)
}

// Tries until there is a connection: zmq4 gives up when a handshake fails.
func open() zmq4.Socket {
	for {
		made := []zmq4.Option{zmq4.WithDialerMaxRetries(-1), zmq4.WithDialerRetry(50 * time.Millisecond)}
		if options["mechanism"] == "PLAIN" {
			made = append(made, zmq4.WithSecurity(plain.Security(options["user"], options["password"])))
		}
		socket := makers[pattern](context.Background(), made...)
		_, bind := options["bind"]
		var err error
		if bind {
			check(socket.Listen(endpoint))
		} else {
			err = socket.Dial(endpoint)
		}
		for i := 0; err == nil && i < len(prefixes); i++ {
			err = subscribe(socket, true, prefixes[i])
		}
		if err == nil {
			fmt.Println("started")
			return socket
		}
		fmt.Println("refused", err)
		socket.Close()
		time.Sleep(50 * time.Millisecond)
	}
}

func take(socket zmq4.Socket) ([][]byte, error) {
	message, err := socket.Recv()
	if err != nil {
		return nil, err
	}
	line := []string{"message"}
	for _, frame := range message.Frames {
		line = append(line, shown(frame))
	}
	fmt.Println(strings.Join(line, " "))
	return message.Frames, nil
}

func takeInTime(socket zmq4.Socket) bool {
	done := make(chan error, 1)
	go func() {
		_, err := take(socket)
		done <- err
	}()
	select {
	case err := <-done:
		return err == nil
	case <-time.After(milliseconds("timeout")):
		return false
	}
}

func runSubscriber() {
	socket := open()
	for count := 0; ; count++ {
		if count == number("switch-after") {
			check(subscribe(socket, false, prefixes[0]))
			check(subscribe(socket, true, options["then"]))
			fmt.Println("switched")
		}
		if _, err := take(socket); err != nil {
			socket.Close()
			socket = open()
		}
	}
}

func runServer() {
	socket := open()
	for {
		frames, err := take(socket)
		if err == nil {
			err = socket.SendMulti(zmq4.NewMsgFrom(frames...))
		}
		if err != nil {
			fmt.Println("error", err)
		}
	}
}

func request(count int) zmq4.Msg {
	body := []byte(fmt.Sprintf("request-%d", count))
	if size := number("size"); size > 0 {
		body = make([]byte, size)
		for i := range body {
			body[i] = byte(i % 251)
		}
	}
	if pattern == "dealer" {
		return zmq4.NewMsgFrom([]byte(fmt.Sprintf("env-%d", count)), nil, body)
	}
	return zmq4.NewMsg(body)
}

func exchange(socket zmq4.Socket, count, window int) bool {
	for i := 0; i < window; i++ {
		if socket.SendMulti(request(count+i)) != nil {
			return false
		}
	}
	for i := 0; i < window; i++ {
		if !takeInTime(socket) {
			return false
		}
	}
	return true
}

func runClient() {
	window := 1
	if pattern == "dealer" {
		window = number("window")
	}
	socket := open()
	for count := 0; ; count += window {
		if exchange(socket, count, window) {
			time.Sleep(milliseconds("pace"))
			continue
		}
		if _, bind := options["bind"]; bind {
			fmt.Println("alone", count) // nobody has connected yet
		} else {
			fmt.Println("timeout", count)
			socket.Close()
			socket = open()
		}
		time.Sleep(milliseconds("pace"))
	}
}

func main() {
	pattern, endpoint = os.Args[1], os.Args[2]
	for _, word := range os.Args[3:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
		if key == "subscribe" {
			prefixes = append(prefixes, value)
		}
	}
	switch pattern {
	case "sub", "xsub":
		runSubscriber()
	case "rep", "router":
		runServer()
	default:
		runClient()
	}
}
