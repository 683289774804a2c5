//! The lanes of a run, and the counters of its window.
use crate::operations::{Ended, Failure, Operation};
use crate::process::usage;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Latencies in the protocol's bins, 64 per octave.
pub struct Histogram {
    bins: Vec<AtomicU64>,
    pub sum: AtomicU64,
    pub max: AtomicU64,
}

impl Histogram {
    fn new() -> Self {
        let bins = (0..64 * 59).map(|_| AtomicU64::new(0)).collect();
        Histogram {
            bins,
            sum: AtomicU64::new(0),
            max: AtomicU64::new(0),
        }
    }

    fn add(&self, ns: u64) {
        let shift = (64 - ns.leading_zeros()).saturating_sub(7);
        let index = if shift == 0 {
            ns
        } else {
            (u64::from(shift) << 6) + (ns >> shift)
        };
        self.bins[index as usize].fetch_add(1, Relaxed);
        self.sum.fetch_add(ns, Relaxed);
        self.max.fetch_max(ns, Relaxed);
    }

    /// Returns lower bound, upper bound and count of each bin that is not empty.
    pub fn rows(&self) -> Vec<[u64; 3]> {
        let lower = |index: u64| match index {
            0..=63 => index,
            _ => ((index & 63) + 64) << ((index >> 6) - 1),
        };
        let counts = self.bins.iter().map(|bin| bin.load(Relaxed));
        let rows = counts.zip(0..).filter(|(count, _)| *count > 0);
        rows.map(|(count, index)| [lower(index), lower(index + 1), count])
            .collect()
    }
}

#[derive(Clone, Copy, Default)]
pub struct Plan {
    pub operations: u64, // exactly one of this and the window is not 0
    pub window: Duration,
    pub lead: Duration,
    pub stagger: Duration,
}

const NO_EDGE: u64 = u64::MAX;

/// State that the lanes of a run share.
pub struct Run {
    pub plan: Plan,
    lanes: u64,
    pub start: Instant,
    pub opens: Instant,
    pub closes: Option<Instant>,
    due_ns: AtomicU64, // the next edge of the window, after `start`
    pub edges: Mutex<[Option<libc::rusage>; 2]>,
    is_cancelled: AtomicBool, // after a wrong result
    pub wrong: Mutex<Option<Failure>>,
    pub operations: AtomicU64,
    pub lag_ns: AtomicU64,
    pub errors: Mutex<BTreeMap<String, u64>>,
    pub latency: Histogram,
}

impl Run {
    pub fn new(plan: Plan, lanes: u64) -> Self {
        let start = Instant::now();
        let opens = start + plan.lead;
        Run {
            plan,
            lanes,
            start,
            opens,
            closes: if plan.operations > 0 {
                None
            } else {
                Some(opens + plan.window)
            },
            due_ns: AtomicU64::new(plan.lead.as_nanos() as u64),
            edges: Mutex::new([None, None]),
            is_cancelled: AtomicBool::new(false),
            wrong: Mutex::new(None),
            operations: AtomicU64::new(0),
            lag_ns: AtomicU64::new(0),
            errors: Mutex::new(BTreeMap::new()),
            latency: Histogram::new(),
        }
    }

    /// Returns when the next edge of the window is due; None if there is none.
    pub fn due(&self) -> Option<Instant> {
        match self.due_ns.load(Relaxed) {
            NO_EDGE => None,
            ns => Some(self.start + Duration::from_nanos(ns)),
        }
    }

    /// Reads the usage at edges that are due. Lanes call it when they have read the clock anyway:
    /// another thread could get a CPU long after the edge.
    pub fn observe(&self, now: Instant) {
        let is_due = |run: &Self| run.due().map_or(false, |due| now >= due);
        if !is_due(self) {
            return;
        }
        let mut edges = self.edges.lock().unwrap();
        if edges[0].is_none() {
            edges[0] = Some(usage());
            let closes = self
                .closes
                .map(|closes| (closes - self.start).as_nanos() as u64);
            self.due_ns.store(closes.unwrap_or(NO_EDGE), Relaxed);
        }
        if edges[1].is_none() && is_due(self) {
            edges[1] = Some(usage());
            self.due_ns.store(NO_EDGE, Relaxed);
        }
    }

    fn has_closed(&self, now: Instant) -> bool {
        self.is_cancelled.load(Relaxed) || self.closes.map_or(false, |closes| now >= closes)
    }

    /// Runs a lane until its share or the window ends.
    pub async fn run_lane(&self, lane: u64, operation: &mut Operation) {
        let begin = self.start + self.plan.stagger.mul_f64(lane as f64 / self.lanes as f64);
        if begin > Instant::now() {
            tokio::time::sleep_until(begin.into()).await;
        }
        let rest = u64::from(lane < self.plan.operations % self.lanes);
        let share = self.plan.operations / self.lanes + rest;
        let mut left = if self.plan.operations > 0 {
            share
        } else {
            u64::MAX
        };
        let mut issued = Instant::now();
        if self.has_closed(issued) {
            return;
        }
        self.lag_ns
            .fetch_max((issued - begin).as_nanos() as u64, Relaxed);
        while left > 0 {
            left -= 1;
            let result = operation.operate().await;
            let end = Instant::now();
            self.observe(end);
            if let Err(Ended::Wrong(wrong)) = result {
                *self.wrong.lock().unwrap() = Some(wrong);
                self.is_cancelled.store(true, Relaxed);
                return;
            }
            if self.has_closed(end) {
                return;
            }
            if end >= self.opens {
                if let Err(Ended::Error(name)) = result {
                    *self.errors.lock().unwrap().entry(name).or_insert(0) += 1;
                } else {
                    self.operations.fetch_add(1, Relaxed);
                    self.latency.add((end - issued).as_nanos() as u64);
                }
            }
            issued = end;
        }
    }
}
