#pragma once

#include <sys/types.h>

namespace crossover {

/// Has a process group killed when this process ends in any way, also by SIGKILL. A process that
/// has asked for PR_SET_PDEATHSIG dies then too, but what it has started may stay, even frozen. The
/// guard is a process of its own, started by the first call.
void guard_group(pid_t group);
/// Ends that for a group whose processes have ended.
void unguard_group(pid_t group);

}  // namespace crossover
