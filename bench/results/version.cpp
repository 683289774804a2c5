#include "bench/results/version.hpp"

namespace crossover {

std::string program_version() { return CROSSOVER_VERSION; }

}  // namespace crossover
