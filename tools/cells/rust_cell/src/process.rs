//! What the kernel knows about this process.
use crate::operations::{failure, Failure};

/// Returns a line of a /proc file in bytes.
pub fn memory(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0_u64)
        << 10
}

pub fn usage() -> libc::rusage {
    // SAFETY: getrusage fills the structure.
    unsafe {
        let mut used = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut used);
        used
    }
}

/// Binds all threads of this process; later ones inherit it. Raises the limit of open files.
pub fn bind(cores: &[u64]) -> Result<(), Failure> {
    // SAFETY: the system calls read and write only these local structures.
    unsafe {
        let mut cpus: libc::cpu_set_t = std::mem::zeroed();
        for cpu in cores {
            if *cpu >= 1024 {
                return Err(failure("invalid", format!("there is no CPU {cpu}")));
            }
            libc::CPU_SET(*cpu as usize, &mut cpus);
        }
        for entry in std::fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten()
        {
            let thread = entry.file_name().to_string_lossy().parse().unwrap_or(0);
            if libc::sched_setaffinity(thread, std::mem::size_of_val(&cpus), &cpus) != 0 {
                return Err(failure(
                    "unsupported",
                    format!("cannot bind to CPU {cores:?}"),
                ));
            }
        }
        let mut files: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut files);
        files.rlim_cur = files.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &files);
    }
    Ok(())
}
