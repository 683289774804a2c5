#pragma once

#include <fmt/format.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Throws `error` (failed) with this text unless a rule of the protocol is kept.
template <typename... Arguments>
void expect_that(bool is_kept, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!is_kept)
    throw error(error_kind::failed, fmt::format(text, std::forward<Arguments>(arguments)...));
}

/// A conversation with a fresh cell process, line by line. Each member throws `error` if the
/// process does something else than expected.
class conversation {
 public:
  /// `grace_s`: time for each reply.
  conversation(const std::vector<std::string>& command, double grace_s)
      : child_(command), grace_s_(grace_s) {}

  /// Returns the reply, a JSON object.
  nlohmann::json ask(const std::string& line);
  /// Expects an error of this kind.
  void expect_error(const std::string& line, const char* kind);
  /// Sends a request whose reply is not read.
  void send(const std::string& line) { child_.write_line(line); }
  /// Closes its input, and expects an exit with code 0 after at most this many replies.
  void expect_exit(std::ptrdiff_t replies = 0);

 private:
  child_process child_;
  double grace_s_;
};

}  // namespace crossover
