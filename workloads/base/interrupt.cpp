#include "workloads/base/interrupt.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace crossover {
namespace {

std::atomic<bool> came = false;
std::atomic<int> descriptor_to_write = -1;

extern "C" void note_interrupt(int) {
  came = true;
  const std::uint64_t one = 1;
  (void)!::write(descriptor_to_write.load(), &one, sizeof one);
}

}  // namespace

void catch_interrupts() {
  if (descriptor_to_write < 0) descriptor_to_write = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool was_interrupted() { return came; }
int interrupt_descriptor() { return descriptor_to_write; }

}  // namespace crossover
