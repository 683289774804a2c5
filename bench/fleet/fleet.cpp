#include "bench/fleet/fleet.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "bench/cell/replies.hpp"
#include "bench/results/json_text.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds end_timeout(25);
/// The first reply also waits for a connection and the start of a program.
constexpr double start_factor = 3;
/// One late sign of life loses no host.
constexpr double signs_per_silence = 4;
constexpr std::chrono::hours no_limit(24 * 365);

/// Messages have one member, which is their kind.
constexpr std::string_view begin_of_helper_request = R"({"helper":)";
constexpr std::string_view begin_of_error = R"({"error":)";

json error_reply(const error& e) {
  return {{"error", {{"kind", to_string(e.kind())}, {"message", e.what()}}}};
}

/// Returns the JSON of a line. Throws `error` (failed) unless it is an object of one member.
json message_in(const std::string& line) {
  json message = parse_json(line);
  if (!message.is_object() || message.size() != 1)
    throw error(error_kind::failed, "invalid reply from the host: not an object of one member");
  return message;
}

clock::time_point in(double seconds) {
  return clock::now() +
         std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

fleet::fleet(const std::vector<fleet_member>& members, host_start start, options given)
    : options_(std::move(given)) {
  for (const fleet_member& member : members)
    hosts_.push_back(
        {.name = member.name, .address = member.address, .ends_gently = member.ends_gently});
  for (std::size_t h = 0; h < hosts_.size(); ++h)
    attempt(hosts_[h], [&] {
      hosts_[h].process.emplace(members[h].words,
                                child_options{.ends_gently = members[h].ends_gently});
    });
  std::size_t started = 0;
  const time_point deadline =
      options_.waits_for_start ? clock::now() + no_limit : in(start_factor * options_.silence_s);
  start.sign_interval_s = options_.silence_s / signs_per_silence;
  ask_all({{"start", to_json(start)}}, "ready", deadline, [&](connection& host, const json& body) {
    host.facts = host_facts_from_json(body);
    if (host.name.empty()) host.name = host.facts.node;
    check_build(host);
    check_name(host);
    ++started;
    if (options_.report_start) options_.report_start(started, hosts_.size());
  });
  std::vector<connection> live;
  for (connection& host : hosts_)
    if (host.lost.empty()) live.push_back(std::move(host));
  hosts_ = std::move(live);
  if (hosts_.empty())
    throw error(error_kind::failed,
                fmt::format("none of {} hosts can measure; see the lines above", members.size()));
}

fleet::~fleet() {
  for (connection& host : hosts_)
    if (host.process) host.process->close_input();
  const clock::time_point deadline = clock::now() + end_timeout;
  for (connection& host : hosts_)
    if (host.process) host.process->end(deadline - clock::now(), 2);
}

const host_facts& fleet::largest() const {
  const connection* largest = nullptr;
  for (const connection& host : hosts_)
    if (host.lost.empty() &&
        (largest == nullptr || host.facts.computer.usable() > largest->facts.computer.usable()))
      largest = &host;
  return largest->facts;
}

void fleet::check_build(const connection& host) const {
  for (const char* const key : {"crossover", "build_id"}) {
    const auto own = options_.environment.find(key), other = host.facts.environment.find(key);
    const std::string expected = own == options_.environment.end() ? "" : own->second;
    const std::string found = other == host.facts.environment.end() ? "" : other->second;
    if (found != expected)
      throw error(error_kind::failed,
                  fmt::format("another build of crossover ({} {}, here {}); install this one there",
                              key, found, expected));
  }
}

void fleet::check_name(const connection& host) const {
  if (host.name.empty()) throw error(error_kind::failed, "reports no name");
  for (const connection& other : hosts_)
    if (&other != &host && other.lost.empty() && other.name == host.name)
      throw error(error_kind::failed, "another host has this name");
}

void fleet::plan(const std::vector<planned_cell>& cells, const host_settings& settings) {
  for (std::size_t i = 0; i < cells.size(); ++i) cells_[cells[i].name] = i;
  const json request = {{"cells", to_json(cells)}, {"settings", to_json(settings)}};
  ask_all(
      {{"plan", request}}, "planned", in(options_.silence_s),
      [](connection& host, const json& body) { host.refusals = host_refusals_from_json(body); });
}

std::string fleet::refusal(std::size_t host, const planned_cell& cell) const {
  const auto found = hosts_[host].refusals.find(cells_.at(cell.name));
  return found == hosts_[host].refusals.end() ? "" : found->second;
}

void fleet::begin(std::size_t host, const block_request& block) {
  host_block request{.contest = block.contest, .number = block.number, .cells = {}, .server = {}};
  for (const planned_cell* cell : block.cells) request.cells.push_back(cells_.at(cell->name));
  request.clients = block.helpers.size();
  for (const std::size_t helper : block.helpers) hosts_[helper].leader = host;
  if (!block.helpers.empty()) {
    const connection& server = hosts_[block.helpers.front()];
    request.server = server.address.empty() ? server.name : server.address;
  }
  hosts_[host].helpers = block.helpers;
  hosts_[host].measures = request.cells.size();
  send(hosts_[host], {{"block", to_json(request)}});
}

ended_block fleet::wait() {
  for (;;) {
    if (!ended_.empty()) {
      ended_block lost = std::move(ended_.front());
      ended_.pop_front();
      return lost;
    }
    if (replies_.empty()) {
      listen();
      continue;
    }
    const auto [host, line] = std::move(replies_.front());
    replies_.pop_front();
    if (!host->lost.empty()) continue;
    if (host->ignored_replies > 0) {
      --host->ignored_replies;
    } else if (host->is_asked_to_help) {
      pass_reply(*host, line);
    } else if (line.starts_with(begin_of_helper_request)) {
      pass_request(*host, line);
    } else {
      ended_block ended;
      take_block(*host, line, ended);
      if (host->lost.empty()) return ended;
    }
  }
}

void fleet::take_block(connection& host, const std::string& line, ended_block& ended) {
  ended.host = number_of(host);
  attempt(host, [&] {
    // A host that cannot use the server of its block may be able to use that of another host.
    if (!host.helpers.empty() && line.starts_with(begin_of_error))
      return lose(hosts_[host.helpers.front()],
                  fmt::format("host {} cannot use its server: {}", host.name,
                              reported_error(message_in(line).at("error")).what()));
    ended.records = arm_records_from_json(reply_body(line, "measured", "the host"));
    if (!host.measures || ended.records.size() != *host.measures)
      throw error(error_kind::failed, "invalid reply from the host: not one record per cell");
  });
  if (!host.lost.empty()) return;
  ended.lost = std::exchange(host.block_lost, {});
  host.measures.reset();
  release_helpers(host);
}

void fleet::pass_request(connection& leader, const std::string& line) {
  attempt(leader, [&] {
    const helper_request request = helper_request_from_json(reply_body(line, "helper", "the host"));
    if (request.helper >= leader.helpers.size())
      throw error(error_kind::failed, "invalid request from the host: there is no such helper");
    if (!request.message->contains("server") && !request.message->contains("client"))
      throw error(error_kind::failed, "invalid request from the host: not for a helper");
    connection& helper = hosts_[leader.helpers[request.helper]];
    if (helper.is_asked_to_help)
      throw error(error_kind::failed, "invalid request from the host: two at once");
    if (!helper.lost.empty())
      return send_reply(helper, error_reply({error_kind::failed, leader.block_lost}));
    helper.is_asked_to_help = true;
    send(helper, *request.message);
  });
}

void fleet::pass_reply(connection& helper, const std::string& line) {
  attempt(helper, [&] {
    helper.is_asked_to_help = false;
    send_reply(helper, message_in(line));
  });
}

void fleet::send_reply(connection& helper, json reply) {
  connection& leader = hosts_[*helper.leader];
  const auto place = std::find(leader.helpers.begin(), leader.helpers.end(), number_of(helper));
  send(leader,
       {{"helped", {{"helper", place - leader.helpers.begin()}, {"message", std::move(reply)}}}});
}

void fleet::release_helpers(connection& leader) {
  for (const std::size_t h : std::exchange(leader.helpers, {})) {
    connection& helper = hosts_[h];
    helper.leader.reset();
    if (!helper.lost.empty()) continue;
    if (std::exchange(helper.is_asked_to_help, false)) ++helper.ignored_replies;
    ++helper.ignored_replies;
    send(helper, {{"release", json::object()}});
  }
}

void fleet::ask_all(const json& request, const char* expected, time_point deadline,
                    const std::function<void(connection&, const json&)>& take) {
  for (connection& host : hosts_) {
    if (!host.lost.empty()) continue;
    host.deadline = deadline;
    host.is_asked = true;
    send(host, request);
  }
  const auto is_asked = [](const connection& host) { return host.is_asked; };
  while (std::any_of(hosts_.begin(), hosts_.end(), is_asked)) {
    listen();
    for (; !replies_.empty(); replies_.pop_front()) {
      auto& [host, line] = replies_.front();
      host->is_asked = false;
      attempt(*host, [&, host = host, &line = line] {
        take(*host, reply_body(line, expected, "the host"));
      });
    }
  }
}

void fleet::send(connection& host, const json& request) {
  attempt(host, [&] {
    host.process->write_line(request.dump(-1, ' ', false, json::error_handler_t::replace),
                             child_process::duration(options_.silence_s));
  });
}

void fleet::attempt(connection& host, const std::function<void()>& step) {
  try {
    step();
  } catch (const error& e) {
    lose(host, e.what());
  } catch (const json::exception& e) {
    lose(host, fmt::format("invalid reply from the host: {}", e.what()));
  }
}

void fleet::lose(connection& host, const std::string& reason) {
  if (!host.lost.empty()) return;
  host.lost = reason;
  host.is_asked = false;
  if (host.process && host.ends_gently) {
    host.process->terminate();  // the other hosts need not wait for its end
    lost_processes_.push_back(std::move(*host.process));
  }
  host.process.reset();
  if (host.measures) ended_.push_back({number_of(host), {}, reason});
  release_helpers(host);
  if (host.leader) {
    connection& leader = hosts_[*host.leader];
    leader.block_lost = fmt::format("host {} was lost: {}", host.name, reason);
    if (std::exchange(host.is_asked_to_help, false))
      send_reply(host, error_reply({error_kind::failed, leader.block_lost}));
  }
  if (options_.report_loss) options_.report_loss(host.name, reason);
}

void fleet::listen() {
  std::vector<pollfd> watched{{interrupt_descriptor(), POLLIN, 0}};
  std::vector<connection*> hosts;
  clock::time_point deadline = clock::now() + no_limit;
  for (connection& host : hosts_) {
    if (!host.lost.empty()) continue;
    watched.push_back({host.process->output_descriptor(), POLLIN, 0});
    hosts.push_back(&host);
    deadline = std::min(deadline, host.deadline);
  }
  const std::chrono::duration<double, std::milli> left = deadline - clock::now();
  const int ready = ::poll(watched.data(), watched.size(),
                           static_cast<int>(std::clamp(left.count() + 1, 0.0, 3.6e6)));
  if (ready < 0 && errno != EINTR) throw system_failure(error_kind::failed, "poll", errno);
  if (was_interrupted()) throw interrupted();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    connection& host = *hosts[i];
    if (ready > 0 && watched[i + 1].revents != 0)
      attempt(host, [&] { receive(host); });
    else if (clock::now() >= host.deadline && !has_arrived(host))
      lose(host, fmt::format("no sign of life for {:g} s{}", options_.silence_s,
                             host.process->stderr_tail().empty()
                                 ? ""
                                 : "; stderr: " + host.process->stderr_tail()));
  }
}

/// Returns whether the host has sent something since it was polled, or was lost by that.
bool fleet::has_arrived(connection& host) {
  const time_point deadline = host.deadline;
  attempt(host, [&] { receive(host); });
  return !host.lost.empty() || host.deadline != deadline;
}

void fleet::receive(connection& host) {
  while (std::optional<std::string> line = host.process->arrived_line()) {
    host.deadline = in(options_.silence_s);
    if (*line != sign_of_life) replies_.emplace_back(&host, std::move(*line));
  }
}

}  // namespace crossover
