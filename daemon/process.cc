#include "process.h"

#include <fmt/core.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sl::daemon {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Surroundings surroundings() {
  Surroundings around;
  around.uid = ::geteuid();
  std::array<char, PATH_MAX> directory{};
  if (::getcwd(directory.data(), directory.size()) != nullptr) around.directory = directory.data();
  around.home = variable("HOME");
  around.data_home = variable("XDG_DATA_HOME");
  around.runtime_dir = variable("XDG_RUNTIME_DIR");
  around.state_directory = variable("STATE_DIRECTORY");
  return around;
}

void set_up_process() {
  ::umask(0077);
  rlimit files;
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

Status prepare_socket_directory(const std::string& socket_path) {
  std::string directory = parent_of(socket_path);
  if (::mkdir(directory.c_str(), 0700) == 0) return {};
  if (errno != EEXIST)
    return Error{Errc::kPermissionDenied, fmt::format("cannot make the socket's directory '{}': {}", directory,
                                                      std::string(std::strerror(errno)))};
  struct stat s;
  if (::lstat(directory.c_str(), &s) != 0 || (S_ISLNK(s.st_mode) && ::stat(directory.c_str(), &s) != 0))
    return Error{Errc::kPermissionDenied, fmt::format("cannot look at '{}'", directory)};
  bool ours = s.st_uid == ::geteuid() || s.st_uid == 0;
  bool sticky = s.st_mode & S_ISVTX;
  if (!S_ISDIR(s.st_mode) || !ours || ((s.st_mode & (S_IWGRP | S_IWOTH)) && !sticky))
    return Error{
        Errc::kPermissionDenied,
        fmt::format("the socket's directory '{}' must be a directory of yours that others cannot write to", directory)};
  return {};
}

void notify_service_manager(std::string_view state) {
  std::string path = variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size);
  ::close(fd);
}

bool under_journal() {
  return !variable("JOURNAL_STREAM").empty();
}

}  // namespace sl::daemon
