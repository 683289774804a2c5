// A program for the test of the thread sanitizer: operations in several threads add to one counter,
// on request with a data race.
#include <atomic>
#include <crossover/crossover.hpp>

#include "workloads/waits.hpp"

namespace {

int unprotected = 0;
std::atomic<int> protected_counter = 0;

}  // namespace

int main(int argc, char** argv) {
  crossover::program mine("planted_race");
  mine.add("count", {{"counter", "atomic|unprotected"}}, [](const crossover::parameters& cell) {
    return [races = cell.text("counter") == "unprotected"] {
      crossover::wait_for(200'000);  // the other threads start their operations
      if (races)
        ++unprotected;
      else
        ++protected_counter;
    };
  });
  return mine.main(argc, argv);
}
