#include "bench/measure/conversation.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace crossover {
namespace {

using nlohmann::json;

/// Returns whether a process of this group is alive.
bool has_process_of_group(int group) {
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(process.path() / "stat");
    std::string line;
    if (!std::getline(in, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    char state = 0;
    int parent = 0, own_group = 0;
    if (fields >> state >> parent >> own_group && own_group == group && state != 'Z') return true;
  }
  return false;
}

}  // namespace

json conversation::ask(const std::string& line) {
  child_.write_line(line);
  const std::string text = child_.read_line(child_process::duration(grace_s_));
  json reply = json::parse(text, nullptr, false);
  expect_that(reply.is_object(), "the reply to {} is not a JSON object: {}", line, text);
  return reply;
}

void conversation::expect_error(const std::string& line, const char* kind) {
  const json reply = ask(line);
  const auto failure = reply.find("error");
  expect_that(failure != reply.end() && failure->is_object(), "no error in the reply to {}: {}",
              line, reply.dump());
  expect_that(failure->value("kind", "") == kind, "the reply to {} should be {}, but is {}", line,
              kind, reply.dump());
  expect_that(!failure->value("message", "").empty(), "no message in {}", reply.dump());
}

void conversation::expect_exit(std::ptrdiff_t replies) {
  const std::string rest = child_.read_to_end(child_process::duration(grace_s_));
  expect_that(
      std::count(rest.begin(), rest.end(), '\n') <= replies && (replies > 0 || rest.empty()),
      "it wrote more than one reply: {}", rest);
  // The kernel ends workers that die with their parent a moment later.
  for (int attempt = 0; attempt < 100 && has_process_of_group(child_.pid()); ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  expect_that(!has_process_of_group(child_.pid()), "it left a process behind");
}

}  // namespace crossover
