#pragma once

namespace crossover {

/// Thresholds and error probabilities of a check.
struct error_rates {
  double tolerate = 0.01;      ///< slowdowns up to this share are ignored: the null of `regression`
  double detect = 0.05;        ///< slowdown that must not be missed: `pass` excludes it
  double false_alarms = 0.01;  ///< probability of any false `regression` in the whole suite
  double power = 0.95;         ///< probability of detecting a slowdown of `detect`
  bool operator==(const error_rates&) const = default;
};

}  // namespace crossover
