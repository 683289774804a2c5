#pragma once

#include "workloads/base/error.hpp"

namespace crossover {

/// Thrown where work was waiting when the user interrupted it.
class interrupted : public error {
 public:
  interrupted() : error(error_kind::failed, "interrupted") {}
};

/// From now on SIGINT and SIGTERM set a flag and make `interrupt_descriptor` readable instead of
/// ending the process.
void catch_interrupts();
/// Whether one came.
bool was_interrupted();
/// Readable once one came; -1 before `catch_interrupts`.
int interrupt_descriptor();

}  // namespace crossover
