//! A cell process on tokio: tasks on its work-stealing threads, one thread per core
//! (protocol: bench/cell/PROTOCOL.md).
mod lanes;
mod openssl;
mod operations;
mod parameters;
mod process;

use lanes::{Plan, Run};
use operations::{failure, Echo, Failure, Operation, Wait, Work};
use parameters::Parameters;
use process::{bind, memory, usage};
use serde_json::{json, Map, Value};
use std::io::BufRead;
use std::net::ToSocketAddrs;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{mpsc, Arc};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

static IS_RUNNING: AtomicBool = AtomicBool::new(false);

fn require(condition: bool, message: &str) -> Result<(), Failure> {
    if condition {
        Ok(())
    } else {
        Err(failure("invalid", message))
    }
}

#[derive(Default)]
struct Cell {
    runtime: Option<Runtime>,
    lanes: Vec<Operation>,
    checksum: String,
    wrong: Option<Failure>,
}

impl Cell {
    fn prepare(&mut self, body: &Map<String, Value>) -> Result<Value, Failure> {
        let begin = Instant::now();
        require(
            self.runtime.is_none(),
            "already prepared: a cell process measures one cell",
        )?;
        let workload = body.get("workload").and_then(Value::as_str).unwrap_or("");
        let none = Map::new();
        let given = body
            .get("parameters")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let parameters = Parameters::new(workload, given)?;
        let cores = body.get("cores").and_then(Value::as_array);
        let cores: Vec<u64> = cores
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        let in_flight = body.get("in_flight").and_then(Value::as_u64).unwrap_or(0);
        require(
            !cores.is_empty() && in_flight > 0,
            "'cores' and 'in_flight' must be given",
        )?;
        bind(&cores)?;
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(cores.len()).enable_all().build();
        let runtime = runtime.map_err(|e| failure("resource", e.to_string()))?;
        let work = match workload {
            "hashing" => Some(Work::new(parameters.quantity("bytes")? as usize)),
            _ => Work::calibrated(parameters.quantity("cpu")?)?,
        };
        if let (Some(work), "hashing") = (&work, workload) {
            self.checksum = work
                .expected
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
        }
        let longer = Work::calibrated(parameters.quantity("long")?)?;
        let delay = match workload {
            "network" => 0, // the server's
            _ => parameters.quantity("delay")? + parameters.quantity("wait")?,
        };
        let is_echo = workload == "network" || parameters.text("io") == "network";
        let endpoint = body.get("endpoint").and_then(Value::as_str).unwrap_or("");
        let server = match is_echo {
            true => endpoint
                .to_socket_addrs()
                .ok()
                .and_then(|mut all| all.next()),
            false => None,
        };
        require(server.is_some() == is_echo, "'endpoint' must be HOST:PORT")?;
        let size = if workload == "network" {
            parameters.quantity("bytes")? as usize
        } else {
            64
        };
        let base = memory("/proc/self/status", "VmRSS:");
        let mut lanes = Vec::new();
        for i in 0..in_flight as usize {
            let wait = match server {
                Some(server) => Wait::Echo(runtime.block_on(Echo::open(server, size, i))?),
                None if delay > 0 => Wait::Timer(Duration::from_nanos(delay)),
                None => Wait::None,
            };
            let is_long = i == 0 && longer.is_some();
            let work = if is_long {
                longer.clone()
            } else {
                work.clone()
            };
            lanes.push(Operation { work, wait });
        }
        self.lanes = lanes;
        self.runtime = Some(runtime);
        Ok(json!({"ready": {
            "protocol": 2, "program": "rust_cell", "version": env!("CARGO_PKG_VERSION"),
            "setup_s": begin.elapsed().as_secs_f64(), "base_rss_bytes": base,
            "environment": {
                "tokio": option_env!("TOKIO_VERSION").unwrap_or("1"),
                "rust_hashing": openssl::version()}}}))
    }

    fn run(&mut self, body: &Map<String, Value>) -> Result<Value, Failure> {
        let runtime = self.runtime.as_ref();
        let runtime = runtime.ok_or_else(|| failure("invalid", "'run' before 'prepare'"))?;
        if body.contains_key("rate") {
            return Err(failure("unsupported", "this cell has no open loop"));
        }
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let operations = body.get("operations").and_then(Value::as_u64).unwrap_or(0);
        let seconds = |name| {
            let given = body.get(name).and_then(Value::as_f64).unwrap_or(0.0);
            Duration::from_secs_f64(given.clamp(0.0, 3600.0))
        };
        let window = seconds("seconds");
        let is_window = window > Duration::ZERO;
        require(
            is_window != (operations > 0),
            "'run' needs either 'seconds' or 'operations'",
        )?;
        let (lead, stagger) = (seconds("lead_s"), seconds("stagger_s"));
        let plan = match is_window {
            true => Plan {
                operations: 0,
                window,
                lead,
                stagger,
            },
            false => Plan {
                operations,
                ..Plan::default()
            },
        };
        IS_RUNNING.store(true, Relaxed);
        let run = Arc::new(Run::new(plan, self.lanes.len() as u64));
        let (ended, endings) = mpsc::channel();
        for (number, mut lane) in self.lanes.drain(..).enumerate() {
            let (run, ended) = (run.clone(), ended.clone());
            runtime.spawn(async move {
                run.run_lane(number as u64, &mut lane).await;
                let _ = ended.send((number, lane));
            });
        }
        drop(ended);
        // This thread observes the edges in case all lanes wait.
        let mut lanes = Vec::new();
        loop {
            run.observe(Instant::now());
            let timeout = run.due().map_or(Duration::MAX, |due| {
                due.saturating_duration_since(Instant::now())
            });
            match endings.recv_timeout(timeout) {
                Ok(lane) => lanes.push(lane),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
        let end = Instant::now();
        IS_RUNNING.store(false, Relaxed);
        lanes.sort_by_key(|(number, _)| *number);
        self.lanes = lanes.into_iter().map(|(_, lane)| lane).collect();
        self.wrong = run.wrong.lock().unwrap().clone();
        match &self.wrong {
            Some(wrong) => Err(wrong.clone()),
            None => self.sample(&run, end),
        }
    }

    fn sample(&self, run: &Run, end: Instant) -> Result<Value, Failure> {
        let [before, after] = run
            .edges
            .lock()
            .unwrap()
            .map(|edge| edge.unwrap_or_else(usage));
        let errors = run.errors.lock().unwrap().clone();
        let operations = run.operations.load(Relaxed);
        if operations == 0 && !errors.is_empty() {
            return Err(failure(
                "failed",
                format!("no operation succeeded: {errors:?}"),
            ));
        }
        let is_window = run.closes.is_some();
        let wall = if is_window {
            run.plan.window
        } else {
            end - run.start
        };
        let drain = end.saturating_duration_since(run.opens + wall);
        let seconds = |a: libc::timeval, b: libc::timeval| {
            (b.tv_sec - a.tv_sec) as f64 + 1e-6 * (b.tv_usec - a.tv_usec) as f64
        };
        let mut sample = json!({
            "operations": operations,
            "wall_s": wall.as_secs_f64(),
            "start_s": run.lag_ns.load(Relaxed) as f64 * 1e-9,
            "drain_s": drain.as_secs_f64(),
            "cpu_user_s": seconds(before.ru_utime, after.ru_utime),
            "cpu_system_s": seconds(before.ru_stime, after.ru_stime),
            "voluntary_switches": after.ru_nvcsw - before.ru_nvcsw,
            "involuntary_switches": after.ru_nivcsw - before.ru_nivcsw,
            "minor_faults": after.ru_minflt - before.ru_minflt,
            "major_faults": after.ru_majflt - before.ru_majflt,
            "errors": errors,
            "worker_operations": [operations],
        });
        if operations > 0 {
            let mean = run.latency.sum.load(Relaxed) as f64 / operations as f64;
            sample["latency"] = json!({
                "unit": "ns", "count": operations, "mean": mean,
                "max": run.latency.max.load(Relaxed), "sampling_interval": 1,
                "bins": run.latency.rows()});
        }
        if !self.checksum.is_empty() {
            sample["checksum"] = json!(self.checksum);
        }
        Ok(json!({ "sample": sample }))
    }

    fn handle(&mut self, line: &str) -> Result<Value, Failure> {
        let malformed = "expected one JSON object with one key: prepare, run or finish";
        let request: Value =
            serde_json::from_str(line).map_err(|_| failure("invalid", malformed))?;
        let object = request.as_object().filter(|object| object.len() == 1);
        let entry = object.and_then(|object| object.iter().next());
        match entry.map(|(verb, body)| (verb.as_str(), body.as_object())) {
            Some(("prepare", Some(body))) => self.prepare(body),
            Some(("run", Some(body))) => self.run(body),
            Some(("finish", Some(_))) => {
                let peak = memory("/proc/self/status", "VmHWM:");
                Ok(json!({"finished": {"peak_rss_bytes": peak}}))
            }
            _ => Err(failure("invalid", malformed)),
        }
    }
}

fn main() {
    let (send, lines) = mpsc::sync_channel(0); // the end of input is seen after the last request
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().flatten() {
            let _ = send.send(line);
        }
        if IS_RUNNING.load(Relaxed) {
            std::process::exit(0);
        }
    });
    let mut cell = Cell::default();
    for line in lines {
        let reply = cell
            .handle(&line)
            .unwrap_or_else(|e| json!({"error": {"kind": e.kind, "message": e.message}}));
        println!("{reply}");
        if reply.get("finished").is_some() {
            break;
        }
    }
    std::process::exit(0);
}
