#include "bench/results/trace.hpp"

#include <nlohmann/json.hpp>

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

run_trace trace_from_json(const json& document) {
  try {
    run_trace trace;
    trace.begin_ns = document.at("begin_ns");
    trace.end_ns = document.at("end_ns");
    for (const json& s : document.at("switches")) {
      const auto kind = s.at(3).get<unsigned>();
      if (kind > static_cast<unsigned>(switch_kind::preempted))
        throw error(error_kind::failed,
                    "malformed trace from the cell process: unknown kind of switch");
      trace.switches.push_back({s.at(0), s.at(1), s.at(2), static_cast<switch_kind>(kind)});
    }
    for (const json& t : document.at("threads")) {
      thread_points thread{t.at("thread"), t.at("cpu"), {}};
      for (const json& p : t.at("points")) {
        const auto mark = p.at(2).get<unsigned>();
        if (mark > static_cast<unsigned>(trace_mark::failed))
          throw error(error_kind::failed,
                      "malformed trace from the cell process: unknown kind of point");
        thread.points.push_back({p.at(0), p.at(1), static_cast<trace_mark>(mark)});
      }
      trace.threads.push_back(std::move(thread));
    }
    return trace;
  } catch (const json::exception&) {
    throw error(error_kind::failed, "malformed trace from the cell process");
  }
}

}  // namespace crossover
