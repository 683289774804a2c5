//! Parameters of the workloads.
use crate::operations::{failure, Failure};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Each workload's parameters with their defaults.
const WORKLOADS: [(&str, &[(&str, &str)]); 4] = [
    ("sleep", &[("delay", "10ms")]),
    ("hashing", &[("bytes", "64KiB"), ("algorithm", "sha256")]),
    ("network", &[("bytes", "64"), ("delay", "0")]),
    (
        "mixed",
        &[
            ("cpu", "100us"),
            ("wait", "1ms"),
            ("io", "sleep"),
            ("long", "0"),
        ],
    ),
];

pub struct Parameters(HashMap<String, String>);

impl Parameters {
    pub fn new(workload: &str, given: &Map<String, Value>) -> Result<Self, Failure> {
        let row = WORKLOADS.iter().find(|(name, _)| *name == workload);
        let (_, defaults) =
            row.ok_or_else(|| failure("invalid", format!("unknown workload '{workload}'")))?;
        let mut texts: HashMap<_, _> = defaults
            .iter()
            .map(|(name, text)| (name.to_string(), text.to_string()))
            .collect();
        for (name, value) in given {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_string);
            if texts.insert(name.clone(), text).is_none() {
                let message = format!("{workload} has no parameter '{name}'");
                return Err(failure("invalid", message));
            }
        }
        let parameters = Parameters(texts);
        if !["", "sha256"].contains(&parameters.text("algorithm")) {
            return Err(failure("unsupported", "this cell has only sha256"));
        }
        if !["", "sleep", "network"].contains(&parameters.text("io")) {
            return Err(failure("invalid", "io: expected sleep or network"));
        }
        Ok(parameters)
    }

    /// Returns the text of a parameter, or "" if the workload does not have it.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Returns a size or a duration in ns; 0 if the workload does not have it.
    pub fn quantity(&self, name: &str) -> Result<u64, Failure> {
        let text = self.text(name);
        if text.is_empty() || text == "0" {
            return Ok(0);
        }
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let unit = match (name == "bytes", &text[end..]) {
            (true, "") | (true, "B") | (false, "ns") => Some(1.0),
            (true, "KiB") => Some(1024.0),
            (true, "MiB") => Some(1048576.0),
            (true, "GiB") => Some(1073741824.0),
            (false, "us") => Some(1e3),
            (false, "ms") => Some(1e6),
            (false, "s") => Some(1e9),
            _ => None,
        };
        match (text[..end].parse::<f64>(), unit) {
            (Ok(number), Some(unit)) => Ok((number * unit) as u64),
            _ => Err(failure(
                "invalid",
                format!("{name}={text}: expected for example 64KiB or 10ms"),
            )),
        }
    }
}
