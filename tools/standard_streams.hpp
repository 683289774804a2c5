#pragma once

#include <functional>

namespace crossover {

/// Ignores SIGPIPE and SIGXFSZ, so that a failed write is an error code and not a fatal signal;
/// `child_process` restores the default in programs that it starts. Opens closed standard streams,
/// because a file opened later would take their number and receive the output. Call it once, first
/// in main.
void prepare_standard_streams();

/// Runs a command that prints to standard output, and flushes it. Returns the command's exit code.
/// A reader that closes the pipe early (`crossover run | head -1`) is not an error and ends no
/// measurement. Throws `error` (unwritable) if the output was lost otherwise.
int with_standard_output(const std::function<int()>& command);

}  // namespace crossover
