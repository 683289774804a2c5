#pragma once

#include "workloads/base/error.hpp"

namespace crossover {

/// Thrown by waiting code when the user interrupts the program.
class interrupted : public error {
 public:
  interrupted() : error(error_kind::failed, "interrupted") {}
};

/// Makes SIGINT and SIGTERM set a flag and make `interrupt_descriptor` readable instead of ending
/// the process.
void catch_interrupts();
/// Whether SIGINT or SIGTERM has been received.
bool was_interrupted();
/// A descriptor that becomes readable on an interrupt; -1 before `catch_interrupts`.
int interrupt_descriptor();

}  // namespace crossover
