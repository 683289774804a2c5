#include "bench/results/trace.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {

using nlohmann::json;

json to_json(const run_trace& trace) {
  json switches = json::array(), threads = json::array();
  for (const cpu_switch& s : trace.switches)
    switches.push_back({s.ns, s.cpu, s.thread, static_cast<int>(s.kind)});
  for (const thread_points& t : trace.threads) {
    json points = json::array();
    for (const trace_point& p : t.points)
      points.push_back({p.ns, p.lane, static_cast<int>(p.mark)});
    threads.push_back({{"thread", t.thread}, {"cpu", t.cpu}, {"points", std::move(points)}});
  }
  return {{"begin_ns", trace.begin_ns},
          {"end_ns", trace.end_ns},
          {"switches", std::move(switches)},
          {"threads", std::move(threads)}};
}

namespace {

[[noreturn]] void malformed(std::string_view problem) {
  throw error(error_kind::failed, fmt::format("malformed trace from the cell process{}", problem));
}

/// Reads a whole number in the range of the type.
template <typename Integer>
Integer whole(const json& value) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Integer>(value.get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Integer>(value.get<std::int64_t>());
  if (!fits) malformed("");
  return value.get<Integer>();
}

}  // namespace

run_trace trace_from_json(const json& document) {
  try {
    run_trace trace;
    trace.begin_ns = whole<std::int64_t>(document.at("begin_ns"));
    trace.end_ns = whole<std::int64_t>(document.at("end_ns"));
    for (const json& s : document.at("switches")) {
      const auto kind = whole<unsigned>(s.at(3));
      if (kind > static_cast<unsigned>(switch_kind::preempted))
        malformed(": unknown kind of switch");
      trace.switches.push_back({whole<std::int64_t>(s.at(0)), whole<int>(s.at(1)),
                                whole<int>(s.at(2)), static_cast<switch_kind>(kind)});
    }
    for (const json& t : document.at("threads")) {
      thread_points thread{whole<int>(t.at("thread")), whole<int>(t.at("cpu")), {}};
      for (const json& p : t.at("points")) {
        const auto mark = whole<unsigned>(p.at(2));
        if (mark > static_cast<unsigned>(trace_mark::failed)) malformed(": unknown kind of point");
        thread.points.push_back({whole<std::int64_t>(p.at(0)), whole<std::uint32_t>(p.at(1)),
                                 static_cast<trace_mark>(mark)});
      }
      trace.threads.push_back(std::move(thread));
    }
    return trace;
  } catch (const json::exception&) {
    malformed("");
  }
}

}  // namespace crossover
