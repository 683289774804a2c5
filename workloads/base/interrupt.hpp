#pragma once

#include <exception>

namespace crossover {

/// Thrown by functions that wait when the user interrupts the program. Not an `error`: it is never
/// the failure of a cell.
class interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Installs handlers for SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP. They count and
/// make `interrupt_descriptor` readable instead of ending the process.
void catch_interrupts();
/// Returns how often one of these signals has been received.
int interrupts();
bool was_interrupted();
/// Returns a descriptor that is readable after an interrupt; -1 before `catch_interrupts`.
int interrupt_descriptor();

}  // namespace crossover
