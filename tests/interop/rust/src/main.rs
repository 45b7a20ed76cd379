// SPDX-License-Identifier: MPL-2.0
//! A peer of the tests in this folder, by zmq.rs; README.md has the options and the output.

use std::collections::HashMap;
use std::convert::TryFrom;
use std::time::Duration;

use bytes::Bytes;
use zeromq::{
    DealerSocket, RepSocket, ReqSocket, RouterSocket, Socket, SocketRecv, SocketSend, SubSocket,
    XSubSocket, ZmqMessage, ZmqResult,
};

struct Options {
    pattern: String,
    endpoint: String,
    prefixes: Vec<String>,
    values: HashMap<String, String>,
}

impl Options {
    fn read() -> Options {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let mut options = Options {
            pattern: words[0].clone(),
            endpoint: words[1].clone(),
            prefixes: Vec::new(),
            values: HashMap::new(),
        };
        for word in &words[2..] {
            let (key, value) = word.split_once('=').expect("key=value");
            options.values.insert(key.into(), value.into());
            if key == "subscribe" {
                options.prefixes.push(value.into());
            }
        }
        options
    }

    fn number(&self, key: &str, default: i64) -> i64 {
        let value = self.values.get(key);
        value.map_or(default, |text| text.parse().expect("a number"))
    }

    fn ms(&self, key: &str, default: i64) -> Duration {
        Duration::from_millis(self.number(key, default) as u64)
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

fn shown(frame: &Bytes) -> String {
    match frame.len() {
        0 => "-".into(),
        1..=48 => String::from_utf8_lossy(frame).into_owned(),
        size => format!("#{}:{:08x}", size, crc32(frame)),
    }
}

fn show(message: &ZmqMessage) {
    let frames: Vec<String> = message.iter().map(shown).collect();
    println!("message {}", frames.join(" "));
}

/// Binds, or connects: tries until there is a connection, since zmq.rs gives up after the first time.
async fn open<S: Socket>(options: &Options) -> S {
    loop {
        let mut socket = S::new();
        let opened = if options.values.contains_key("bind") {
            socket.bind(&options.endpoint).await.map(|_| ())
        } else {
            socket.connect(&options.endpoint).await
        };
        match opened {
            Ok(()) => return socket,
            Err(error) => println!("refused {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

trait Subscribes: Socket + SocketRecv {
    async fn change(&mut self, on: bool, prefix: &str) -> ZmqResult<()>;
}

impl Subscribes for SubSocket {
    async fn change(&mut self, on: bool, prefix: &str) -> ZmqResult<()> {
        if on {
            self.subscribe(prefix).await
        } else {
            self.unsubscribe(prefix).await
        }
    }
}

impl Subscribes for XSubSocket {
    async fn change(&mut self, on: bool, prefix: &str) -> ZmqResult<()> {
        if on {
            self.subscribe(prefix).await
        } else {
            self.unsubscribe(prefix).await
        }
    }
}

async fn run_subscriber<S: Subscribes>(options: &Options) -> ZmqResult<()> {
    let mut socket: S = open(options).await;
    for prefix in &options.prefixes {
        socket.change(true, prefix).await?;
    }
    println!("started");
    for count in 0.. {
        if count == options.number("switch-after", -1) {
            socket.change(false, &options.prefixes[0]).await?;
            socket.change(true, &options.values["then"]).await?;
            println!("switched");
        }
        match socket.recv().await {
            Ok(message) => show(&message),
            Err(error) => println!("error {error}"), // it connects again by itself
        }
    }
    Ok(())
}

async fn run_server<S: Socket + SocketRecv + SocketSend>(options: &Options) -> ZmqResult<()> {
    let mut socket: S = open(options).await;
    println!("started");
    loop {
        match socket.recv().await {
            Ok(message) => {
                show(&message);
                if let Err(error) = socket.send(message).await {
                    println!("error {error}");
                }
            }
            Err(error) => println!("error {error}"),
        }
    }
}

fn request(options: &Options, number: i64, dealer: bool) -> ZmqMessage {
    let size = options.number("size", 0);
    let body = if size > 0 {
        (0..size).map(|i| (i % 251) as u8).collect()
    } else {
        format!("request-{number}").into_bytes()
    };
    if !dealer {
        return ZmqMessage::from(body);
    }
    let frames = vec![Bytes::from(format!("env-{number}")), Bytes::new(), Bytes::from(body)];
    ZmqMessage::try_from(frames).expect("frames")
}

async fn exchange<S: SocketRecv + SocketSend>(
    socket: &mut S,
    options: &Options,
    requests: std::ops::Range<i64>,
    dealer: bool,
) -> ZmqResult<()> {
    for number in requests.clone() {
        socket.send(request(options, number, dealer)).await?;
    }
    for _ in requests {
        show(&socket.recv().await?);
    }
    Ok(())
}

async fn run_client<S: Socket + SocketRecv + SocketSend>(options: &Options, dealer: bool) {
    let window = if dealer { options.number("window", 10) } else { 1 };
    let mut socket: S = open(options).await;
    println!("started");
    let mut number = 0;
    loop {
        let asked = exchange(&mut socket, options, number..number + window, dealer);
        let patience = options.ms("timeout", 2000) + Duration::from_millis(10 * window as u64);
        let done = tokio::time::timeout(patience, asked).await;
        number += window;
        let failed = !matches!(done, Ok(Ok(())));
        if failed && options.values.contains_key("bind") {
            println!("alone {number}"); // nobody has connected yet
        } else if failed {
            println!("timeout {number}");
            drop(socket);
            socket = open(options).await;
            println!("started");
        }
        tokio::time::sleep(options.ms("pace", 20)).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ZmqResult<()> {
    let options = Options::read();
    match options.pattern.as_str() {
        "sub" => run_subscriber::<SubSocket>(&options).await,
        "xsub" => run_subscriber::<XSubSocket>(&options).await,
        "rep" => run_server::<RepSocket>(&options).await,
        "router" => run_server::<RouterSocket>(&options).await,
        "req" => {
            run_client::<ReqSocket>(&options, false).await;
            Ok(())
        }
        _ => {
            run_client::<DealerSocket>(&options, true).await;
            Ok(())
        }
    }
}
