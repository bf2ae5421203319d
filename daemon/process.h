// What belongs to the process and not to a daemon that may run beside others in a simulation: who we are, limits, the
// directory of the unix socket, and the word to systemd.
#pragma once
#include <string>
#include <string_view>

#include "config.h"

namespace sl::daemon {

Surroundings surroundings();

// New files are for the owner alone, and as many descriptors as the hard limit allows.
void set_up_process();

// Makes the directory of a unix socket, 0700, if it is missing. An existing one must be a directory that belongs to us
// or root and that others cannot write to. kPermissionDenied with a sentence otherwise.
Status prepare_socket_directory(const std::string& socket_path);

// sd_notify(3): READY=1, STOPPING=1 and the like; nothing where $NOTIFY_SOCKET is not set.
void notify_service_manager(std::string_view state);

// True where standard error goes to systemd's journal.
bool under_journal();

}  // namespace sl::daemon
