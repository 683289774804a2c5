#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"

namespace crossover {

/// One sentence on whether the best model depends on the machine type, with an example. Empty if no
/// question is decided on two types.
std::string machines_sentence(const std::vector<contest>& contests);

/// Sentences about the hosts of a fleet: those that were lost or without a block, and facts that
/// differ between hosts of one type. Empty without a fleet.
std::vector<std::string> host_sentences(const results& value);

/// "64-core AMD EPYC 7B13, 3 hosts", or "3 machine types, 8 hosts"; empty without a fleet.
std::string fleet_text(const results& value);

}  // namespace crossover
