// A library for LD_PRELOAD: the time of day steps by an hour, back and forth, at each reading.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

time_t next_step() {
  static std::atomic<unsigned> readings = 0;
  return readings++ % 2 == 0 ? 3600 : -3600;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long result = ::syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += next_step();
  return static_cast<int>(result);
}

int gettimeofday(timeval* now, void* zone) noexcept {
  const long result = ::syscall(SYS_gettimeofday, now, zone);
  if (result == 0) now->tv_sec += next_step();
  return static_cast<int>(result);
}

time_t time(time_t* result) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
}
