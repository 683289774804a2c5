//! The operations of the workloads.
use crate::openssl::Sha256;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An error reply. `kind`: invalid, unsupported, resource or failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: &'static str,
    pub message: String,
}

pub fn failure(kind: &'static str, message: impl Into<String>) -> Failure {
    Failure {
        kind,
        message: message.into(),
    }
}

/// Reason why an operation did not succeed.
pub enum Ended {
    /// Counted by its name, for example `receive:EOF`; the run continues.
    Error(String),
    Wrong(Failure),
}

fn wrong_result() -> Ended {
    Ended::Wrong(failure("failed", "an operation returned a wrong result"))
}

pub fn name_of(phase: &str, error: &std::io::Error) -> String {
    let name = match error.raw_os_error() {
        Some(libc::ECONNREFUSED) => "ECONNREFUSED".to_string(),
        Some(libc::ECONNRESET) => "ECONNRESET".to_string(),
        Some(libc::EPIPE) => "EPIPE".to_string(),
        Some(libc::ETIMEDOUT) => "ETIMEDOUT".to_string(),
        Some(libc::EMFILE) => "EMFILE".to_string(),
        Some(number) => format!("E{number}"),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => "EOF".to_string(),
        None => "EIO".to_string(),
    };
    format!("{phase}:{name}")
}

/// CPU work: the digest of a buffer.
pub struct Work {
    sha256: Sha256,
    input: Vec<u8>,
    pub expected: [u8; 32],
}

impl Work {
    pub fn new(bytes: usize) -> Arc<Work> {
        let sha256 = Sha256::new();
        let input: Vec<u8> = (0..bytes).map(|i| (131 * i + i / 256) as u8).collect();
        let expected = sha256.digest_in_pieces(&input);
        Arc::new(Work {
            sha256,
            input,
            expected,
        })
    }

    fn run(&self) -> Result<(), Ended> {
        if self.sha256.digest(&self.input) == self.expected {
            Ok(())
        } else {
            Err(wrong_result())
        }
    }

    /// Returns work of this length, within 2 %; None if it is 0.
    pub fn calibrated(length_ns: u64) -> Result<Option<Arc<Work>>, Failure> {
        if length_ns == 0 {
            return Ok(None);
        }
        let target_ns = (length_ns as f64).min(20e6); // longer work is extrapolated
        let readings = (20e6 / target_ns).clamp(3.0, 50.0) as u32;
        let mut bytes = 65536.0_f64;
        for round in 0..60 {
            let work = Work::new(bytes as usize);
            let mut fastest_ns = f64::INFINITY;
            for _ in 0..readings {
                let begin = Instant::now();
                let _ = work.run();
                fastest_ns = fastest_ns.min(begin.elapsed().as_nanos() as f64);
            }
            let ratio = fastest_ns / target_ns;
            if (ratio - 1.0).abs() < if round < 5 { 0.005 } else { 0.02 } {
                return Ok(Some(Work::new(
                    (bytes * length_ns as f64 / target_ns) as usize,
                )));
            }
            bytes = (64.0 * (bytes / ratio / 64.0).round()).max(64.0);
        }
        Err(failure(
            "unsupported",
            "mixed: cannot calibrate the CPU work to within 2 %",
        ))
    }
}

/// A lane's connection. After an error, the next operation connects again.
pub struct Echo {
    server: SocketAddr,
    connection: Option<TcpStream>,
    message: Vec<u8>,
    echo: Vec<u8>,
    count: u64,
}

impl Echo {
    pub async fn open(server: SocketAddr, size: usize, lane: usize) -> Result<Echo, Failure> {
        let message = (0..size).map(|i| (31 * lane + 7 * i) as u8).collect();
        let mut echo = Echo {
            server,
            connection: None,
            message,
            echo: vec![0; size],
            count: 0,
        };
        let opened = echo.connect().await.map_err(|e| name_of("connect", &e));
        opened.map_err(|name| {
            let advice = "start a server there or correct the endpoint";
            failure(
                "failed",
                format!("no connection to {server} ({name}); {advice}"),
            )
        })?;
        Ok(echo)
    }

    async fn connect(&mut self) -> std::io::Result<()> {
        let connection = TcpStream::connect(self.server).await?;
        connection.set_nodelay(true)?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn exchange(&mut self) -> Result<(), (&'static str, std::io::Error)> {
        if self.connection.is_none() {
            self.connect().await.map_err(|e| ("connect", e))?;
        }
        let connection = self.connection.as_mut().expect("it has just been opened");
        self.count += 1;
        let counter = self.count.to_le_bytes();
        let size = self.message.len().min(counter.len());
        self.message[..size].copy_from_slice(&counter[..size]);
        connection
            .write_all(&self.message)
            .await
            .map_err(|e| ("send", e))?;
        connection
            .read_exact(&mut self.echo)
            .await
            .map_err(|e| ("receive", e))?;
        Ok(())
    }

    async fn operate(&mut self) -> Result<(), Ended> {
        if let Err((phase, error)) = self.exchange().await {
            self.connection = None;
            return Err(Ended::Error(name_of(phase, &error)));
        }
        if self.echo == self.message {
            Ok(())
        } else {
            Err(wrong_result())
        }
    }
}

pub enum Wait {
    None,
    Timer(Duration),
    Echo(Echo),
}

/// An operation of every workload: work, then a wait; either can be missing.
pub struct Operation {
    pub work: Option<Arc<Work>>,
    pub wait: Wait,
}

impl Operation {
    pub async fn operate(&mut self) -> Result<(), Ended> {
        if let Wait::None = self.wait {
            tokio::task::yield_now().await; // other lanes run first
        }
        if let Some(work) = &self.work {
            work.run()?;
        }
        match &mut self.wait {
            Wait::None => Ok(()),
            Wait::Echo(echo) => echo.operate().await,
            Wait::Timer(delay) => {
                let begin = Instant::now();
                tokio::time::sleep(*delay).await;
                if begin.elapsed() < *delay {
                    return Err(wrong_result());
                }
                Ok(())
            }
        }
    }
}
