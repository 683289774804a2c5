/// Facts about libraries for the sanitizers; linked into every program that is built with one.
///
/// oneTBB and OpenMP's library are not instrumented, so the thread sanitizer does not see that they
/// synchronise threads: it would report every task. The functions below replace theirs. They show
/// where a thread hands memory over to another one, then call the library. Races between tasks
/// remain visible.

#if defined(__SANITIZE_ADDRESS__)
/// oneTBB frees an observer's state when the last thread leaves the arena; at process exit that may
/// never happen.
extern "C" const char* __lsan_default_suppressions() { return "leak:tbb::detail::r1::observe\n"; }
#endif

#if defined(__SANITIZE_THREAD__)

#include <dlfcn.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <sanitizer/tsan_interface.h>

#include <array>
#include <cstddef>

/// Before oneTBB stops an observer, it waits for its calls. The tool does not see that, nor how the
/// state of an observer changes hands. The last thread that ends frees the mask of CPUs that others
/// have compared with theirs: of what oneTBB itself copies, compares and frees, nothing is
/// reported.
extern "C" const char* __tsan_default_suppressions() {
  return "race:on_scheduler_entry\nrace:tbb::detail::r1::observe\n"
         "called_from_lib:libtbb.so\n";
}

namespace {

/// Everything that this thread has done so far happens before what another thread does after it has
/// taken over at the same address.
void hand_over(const void* at) { __tsan_release(const_cast<void*>(at)); }
void take_over(const void* at) { __tsan_acquire(const_cast<void*>(at)); }

/// Returns the library's function that the caller replaces.
template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

namespace d1 = tbb::detail::d1;
using tbb::detail::d1::execution_data;
using tbb::detail::d1::small_object_pool;
using tbb::detail::d1::task;
using tbb::detail::d1::task_arena_base;
using tbb::detail::d1::task_group_context;

/// Addresses that represent the slots of arenas; one thread follows another in a slot.
std::array<char, 4096> slots;

d1::slot_id slot_of_this_thread(const execution_data* data) {
  static auto* const library = original<d1::slot_id(const execution_data*)>(
      "_ZN3tbb6detail2r114execution_slotEPKNS0_2d114execution_dataE");
  return library(data);
}

/// A task that takes over what its creator did, and runs the creator's task.
class handed_task final : public task {
 public:
  explicit handed_task(task& created) : created_(created) { hand_over(this); }

  task* execute(execution_data& data) override {
    take_over(this);
    return end(created_.execute(data), data);  // after an exception, oneTBB cancels the task
  }
  task* cancel(execution_data& data) override {
    take_over(this);
    return end(created_.cancel(data), data);
  }

 private:
  task* end(task* next, const execution_data& data) {
    hand_over(&slots[slot_of_this_thread(&data) % slots.size()]);
    delete this;
    return next;
  }

  task& created_;
};

}  // namespace

namespace tbb::detail::r1 {

void spawn(task& created, task_group_context& context) {
  static auto* const library = original<void(task&, task_group_context&)>(
      "_ZN3tbb6detail2r15spawnERNS0_2d14taskERNS2_18task_group_contextE");
  library(*new handed_task(created), context);
}

void enqueue(task& created, task_arena_base* arena) {
  static auto* const library = original<void(task&, task_arena_base*)>(
      "_ZN3tbb6detail2r17enqueueERNS0_2d14taskEPNS2_15task_arena_baseE");
  library(*new handed_task(created), arena);
}

void enqueue(task& created, task_group_context& context, task_arena_base* arena) {
  static auto* const library = original<void(task&, task_group_context&, task_arena_base*)>(
      "_ZN3tbb6detail2r17enqueueERNS0_2d14taskERNS2_18task_group_contextEPNS2_15task_arena_baseE");
  library(*new handed_task(created), context, arena);
}

void wait(d1::wait_context& ended, task_group_context& context) {
  static auto* const library = original<void(d1::wait_context&, task_group_context&)>(
      "_ZN3tbb6detail2r14waitERNS0_2d112wait_contextERNS2_18task_group_contextE");
  library(ended, context);
  ended.reserve(0);  // reads the counter that each task decrements at its end
}

d1::slot_id execution_slot(const execution_data* data) {
  const d1::slot_id slot = slot_of_this_thread(data);
  take_over(&slots[slot % slots.size()]);
  return slot;
}

void* allocate(small_object_pool*& pool, std::size_t bytes) {
  static auto* const library = original<void*(small_object_pool*&, std::size_t)>(
      "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEm");
  void* const memory = library(pool, bytes);
  take_over(memory);
  return memory;
}

void* allocate(small_object_pool*& pool, std::size_t bytes, const execution_data& data) {
  static auto* const library =
      original<void*(small_object_pool*&, std::size_t, const execution_data&)>(
          "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE");
  void* const memory = library(pool, bytes, data);
  take_over(memory);
  return memory;
}

void deallocate(small_object_pool& pool, void* memory, std::size_t bytes) {
  static auto* const library = original<void(small_object_pool&, void*, std::size_t)>(
      "_ZN3tbb6detail2r110deallocateERNS0_2d117small_object_poolEPvm");
  hand_over(memory);
  library(pool, memory, bytes);
}

void deallocate(small_object_pool& pool, void* memory, std::size_t bytes,
                const execution_data& data) {
  static auto* const library =
      original<void(small_object_pool&, void*, std::size_t, const execution_data&)>(
          "_ZN3tbb6detail2r110deallocateERNS0_2d117small_object_poolEPvmRKNS2_14execution_dataE");
  hand_over(memory);
  library(pool, memory, bytes, data);
}

}  // namespace tbb::detail::r1

namespace {

/// A parallel region of OpenMP: the function that the compiler made of it, and its variables.
struct region {
  void (*body)(void*);
  void* variables;
};

void run_region(void* argument) {
  take_over(argument);
  const region& parallel = *static_cast<const region*>(argument);
  parallel.body(parallel.variables);
  hand_over(argument);
}

char critical_sections;

}  // namespace

extern "C" {

void GOMP_parallel(void (*body)(void*), void* variables, unsigned threads, unsigned flags) {
  static auto* const library =
      original<void(void (*)(void*), void*, unsigned, unsigned)>("GOMP_parallel");
  region parallel{body, variables};
  hand_over(&parallel);
  library(run_region, &parallel, threads, flags);
  take_over(&parallel);
}

void GOMP_critical_start() {
  static auto* const library = original<void()>("GOMP_critical_start");
  library();
  take_over(&critical_sections);
}

void GOMP_critical_end() {
  static auto* const library = original<void()>("GOMP_critical_end");
  hand_over(&critical_sections);
  library();
}
}

#endif
