#include "reports/timeline.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace crossover {
namespace {

/// A thread's time on a CPU, from switch-in to switch-out.
struct stretch {
  int cpu;
  std::int64_t begin_ns, end_ns;
  bool preempted;
};

/// A thread's work for a lane, on a CPU or not.
struct engagement {
  std::uint32_t lane;
  std::int64_t begin_ns, end_ns;
};

std::map<int, std::vector<stretch>> stretches_of(const run_trace& trace) {
  struct state {
    bool known = false, on = false;
    std::int64_t since_ns = 0;
    int cpu = 0;
  };
  std::map<int, state> now;
  std::map<int, std::vector<stretch>> all;
  const auto add = [&](int thread, int cpu, std::int64_t from, std::int64_t to, bool preempted) {
    from = std::max(from, trace.begin_ns);
    to = std::min(to, trace.end_ns);
    if (from < to) all[thread].push_back({cpu, from, to, preempted});
  };
  for (const cpu_switch& s : trace.switches) {
    state& thread = now[s.thread];
    if (s.kind == switch_kind::in) {
      thread = {true, true, s.ns, s.cpu};
      continue;
    }
    // A thread whose first record is a switch-out was on the CPU from the start.
    if (thread.on || !thread.known)
      add(s.thread, s.cpu, thread.known ? thread.since_ns : trace.begin_ns, s.ns,
          s.kind == switch_kind::preempted);
    thread = {true, false, 0, s.cpu};
  }
  // The kernel records no switch at the end of a thread. Threads that live sleep after the run.
  std::map<int, std::int64_t> last_points;
  for (const thread_points& t : trace.threads)
    if (!t.points.empty()) last_points[t.thread] = t.points.back().ns;
  for (const auto& [thread, last] : now) {
    if (!last.on) continue;
    const auto point = last_points.find(thread);
    add(thread, last.cpu, last.since_ns, point == last_points.end() ? trace.end_ns : point->second,
        false);
  }
  // A thread with points but without switches was on its CPU the whole time.
  for (const thread_points& t : trace.threads)
    if (!now.contains(t.thread) && !t.points.empty())
      add(t.thread, t.cpu, trace.begin_ns, trace.end_ns, false);
  return all;
}

/// Operations of each lane in order of time, still without phases. Those of an open loop that end
/// after the sample do not belong to it.
std::map<std::uint32_t, std::vector<traced_operation>> operations_of(const run_trace& trace) {
  std::vector<trace_point> marks;
  for (const thread_points& t : trace.threads)
    for (const trace_point& p : t.points)
      if (p.lane != no_lane && (p.mark == trace_mark::begun || p.mark == trace_mark::ended ||
                                p.mark == trace_mark::failed))
        marks.push_back(p);
  std::stable_sort(marks.begin(), marks.end(),
                   [](const trace_point& a, const trace_point& b) { return a.ns < b.ns; });
  std::map<std::uint32_t, std::vector<traced_operation>> all;
  std::map<std::uint32_t, std::int64_t> begins;
  for (const trace_point& p : marks) {
    std::int64_t& begin = begins.try_emplace(p.lane, trace.begin_ns).first->second;
    if (p.mark != trace_mark::begun && p.ns <= trace.end_ns) {
      auto& operations = all[p.lane];
      operations.push_back({.lane = p.lane,
                            .number = operations.size(),
                            .begin_ns = begin,
                            .end_ns = p.ns,
                            .failed = p.mark == trace_mark::failed,
                            .phases = {}});
    }
    begin = p.ns;
  }
  return all;
}

std::vector<engagement> engagements_of(const thread_points& thread, std::int64_t end_ns) {
  std::vector<engagement> all;
  std::uint32_t lane = no_lane;
  std::int64_t since = 0;
  const auto close = [&](std::int64_t at) {
    if (lane != no_lane && since < at) all.push_back({lane, since, at});
    since = at;
  };
  for (const trace_point& p : thread.points) {
    close(p.ns);  // also at the end of an operation: the lane's next one is a new slice
    if (p.mark == trace_mark::running) lane = p.lane;
    if (p.mark == trace_mark::idle) lane = no_lane;
  }
  close(end_ns);
  return all;
}

/// The lane's operation in progress at `ns`, or nullptr.
const traced_operation* operation_at(const std::vector<traced_operation>& operations,
                                     std::int64_t ns) {
  const auto next =
      std::upper_bound(operations.begin(), operations.end(), ns,
                       [](std::int64_t at, const traced_operation& o) { return at < o.end_ns; });
  return next != operations.end() && next->begin_ns <= ns ? &*next : nullptr;
}

using operations_by_lane = std::map<std::uint32_t, std::vector<traced_operation>>;

/// Cuts a thread's stretches into slices: a new one for each lane and each operation.
void cut(const std::vector<stretch>& stretches, const std::vector<engagement>& engaged, int thread,
         const operations_by_lane& operations, std::vector<core_slice>& into) {
  auto next = engaged.begin();
  for (const stretch& s : stretches) {
    std::int64_t at = s.begin_ns;
    const auto add = [&](std::int64_t until, const engagement* work) {
      if (until <= at) return;
      core_slice slice{.cpu = s.cpu,
                       .thread = thread,
                       .begin_ns = at,
                       .end_ns = until,
                       .lane = {},
                       .operation = {},
                       .preempted = s.preempted && until == s.end_ns};
      if (work != nullptr)
        if (const auto lane = operations.find(work->lane); lane != operations.end())
          if (const traced_operation* operation =
                  operation_at(lane->second, at + (until - at) / 2)) {
            slice.lane = work->lane;
            slice.operation = operation->number;
          }
      into.push_back(slice);
      at = until;
    };
    while (next != engaged.end() && next->end_ns <= s.begin_ns) ++next;
    for (auto e = next; e != engaged.end() && e->begin_ns < s.end_ns; ++e) {
      add(std::min(e->begin_ns, s.end_ns), nullptr);
      add(std::min(e->end_ns, s.end_ns), &*e);
    }
    add(s.end_ns, nullptr);
  }
}

void add_phases(traced_operation& operation, const std::vector<core_slice>& slices) {
  std::int64_t at = operation.begin_ns;
  bool preempted = false;
  const auto gap_until = [&](std::int64_t until) {
    if (until > at)
      operation.phases.push_back(
          {preempted ? phase_kind::preempted : phase_kind::waits, at, until, 0});
    at = std::max(at, until);
  };
  for (const core_slice& s : slices) {
    const std::int64_t begin = std::max(s.begin_ns, at), end = std::min(s.end_ns, operation.end_ns);
    if (begin >= end) continue;
    gap_until(begin);
    operation.phases.push_back({phase_kind::on_cpu, begin, end, s.cpu});
    at = end;
    preempted = s.preempted && s.end_ns <= operation.end_ns;
  }
  gap_until(operation.end_ns);
}

}  // namespace

run_timeline timeline_of(const run_trace& trace) {
  const auto stretches = stretches_of(trace);
  operations_by_lane operations = operations_of(trace);
  run_timeline timeline;
  std::set<int> reporting;
  for (const thread_points& t : trace.threads) {
    reporting.insert(t.thread);
    if (const auto on_cpu = stretches.find(t.thread); on_cpu != stretches.end())
      cut(on_cpu->second, engagements_of(t, trace.end_ns), t.thread, operations, timeline.slices);
  }
  for (const auto& [thread, on_cpu] : stretches)
    if (!reporting.contains(thread)) cut(on_cpu, {}, thread, operations, timeline.slices);
  std::sort(timeline.slices.begin(), timeline.slices.end(),
            [](const core_slice& a, const core_slice& b) {
              return std::tie(a.cpu, a.begin_ns) < std::tie(b.cpu, b.begin_ns);
            });

  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<core_slice>> by_operation;
  for (const core_slice& s : timeline.slices)
    if (s.lane) by_operation[{*s.lane, *s.operation}].push_back(s);
  for (auto& [lane, lane_operations] : operations)
    for (traced_operation& o : lane_operations) {
      auto& slices = by_operation[{lane, o.number}];
      std::sort(slices.begin(), slices.end(),
                [](const core_slice& a, const core_slice& b) { return a.begin_ns < b.begin_ns; });
      add_phases(o, slices);
      timeline.operations.push_back(std::move(o));
    }
  // Make times relative to the start of the run.
  const auto shift = [&trace](auto& span) {
    span.begin_ns -= trace.begin_ns;
    span.end_ns -= trace.begin_ns;
  };
  for (core_slice& s : timeline.slices) shift(s);
  for (traced_operation& o : timeline.operations) {
    shift(o);
    for (operation_phase& p : o.phases) shift(p);
  }
  return timeline;
}

}  // namespace crossover
