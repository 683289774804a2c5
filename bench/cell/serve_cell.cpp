#include "bench/cell/serve_cell.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/cell/cell.hpp"
#include "bench/results/json_text.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Reads lines from a file descriptor.
class line_reader {
 public:
  explicit line_reader(int fd) : fd_(fd) {}
  bool next(std::string& line) {
    for (;;) {
      if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
        line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return true;
      }
      char chunk[4096];
      const ssize_t n = ::read(fd_, chunk, sizeof chunk);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      pending_.append(chunk, static_cast<std::size_t>(n));
    }
  }

 private:
  int fd_;
  std::string pending_;
};

bool write_line(int fd, const json& reply) {
  const std::string text = reply.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

json error_reply(std::string_view kind, std::string_view message) {
  return {{"error", {{"kind", kind}, {"message", message}}}};
}

json handle_line(cell& served, const std::string& line) {
  try {
    const json request = parse_json(line);
    if (request.is_discarded())
      throw error(
          error_kind::invalid,
          fmt::format("request is not JSON, or nested deeper than {} levels", deepest_json));
    return served.handle(request);
  } catch (const error& e) {
    return error_reply(to_string(e.kind()), e.what());
  } catch (const json::exception& e) {
    return error_reply("invalid", e.what());
  } catch (const std::bad_alloc&) {
    return error_reply("resource", "out of memory: reduce in_flight");
  } catch (const std::system_error& e) {
    return error_reply("resource", fmt::format("{}: reduce in_flight", e.what()));
  } catch (const std::exception& e) {
    return error_reply("failed", e.what());
  } catch (...) {  // of a user's operation
    return error_reply("failed", "an exception that is not derived from std::exception");
  }
}

}  // namespace

int serve_cell(int in, int out, std::span<const model_type* const> models,
               const model_type* model) {
  ::signal(SIGPIPE, SIG_IGN);
  cell served(models, model);
  line_reader requests(in);
  for (std::string line; requests.next(line);) {
    if (line.empty()) continue;
    if (!write_line(out, handle_line(served, line))) return 1;
    if (served.is_finished()) break;
  }
  return 0;
}

}  // namespace crossover
