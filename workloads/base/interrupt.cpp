#include "workloads/base/interrupt.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace crossover {
namespace {

std::atomic<int> interrupts_received = 0;
std::atomic<int> interrupt_event = -1;

extern "C" void note_interrupt(int) {
  ++interrupts_received;
  const std::uint64_t one = 1;
  (void)!::write(interrupt_event.load(), &one, sizeof one);
}

}  // namespace

void catch_interrupts() {
  if (interrupt_event < 0) interrupt_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
}

int interrupts() { return interrupts_received; }
bool was_interrupted() { return interrupts() > 0; }
int interrupt_descriptor() { return interrupt_event; }

}  // namespace crossover
