#include "tests/testing/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "fmt/format.h"

namespace tidemark::testing {
namespace {

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void ExecChild(char* const* argv, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  execv(argv[0], argv);
  const char* reason = strerror(errno);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, reason, strlen(reason));
  _exit(127);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& argv, const std::string& log_path) {
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return absl::InternalError(fmt::format("open {}: {}", log_path, strerror(errno)));
  }
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    ExecChild(arguments.data(), log);
  }
  close(log);
  if (pid < 0) {
    return absl::InternalError(fmt::format("fork {}: {}", argv[0], strerror(errno)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, log_path));
}

ChildProcess::~ChildProcess() { Kill(); }

bool ChildProcess::Running() {
  if (!reaped_ && waitpid(pid_, &wait_status_, WNOHANG) == pid_) {
    reaped_ = true;
  }
  return !reaped_;
}

std::optional<int> ChildProcess::Terminate(int64_t timeout_ms) {
  if (Running()) {
    kill(pid_, SIGTERM);
    if (!WaitUntil([this] { return !Running(); }, timeout_ms)) {
      Kill();
    }
  }
  return WIFEXITED(wait_status_) ? std::optional<int>(WEXITSTATUS(wait_status_)) : std::nullopt;
}

void ChildProcess::Kill() {
  if (!Running()) {
    return;
  }
  kill(pid_, SIGKILL);
  while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
}

int64_t ChildProcess::ResidentBytes() const {
  std::istringstream fields(ReadFile(fmt::format("/proc/{}/statm", pid_)));
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  fields >> total_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

double ChildProcess::CpuSeconds() const {
  const std::string stat = ReadFile(fmt::format("/proc/{}/stat", pid_));
  // The name, in brackets, may hold blanks; utime and stime are the 12th and 13th field behind it.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string ChildProcess::Log() const { return ReadFile(log_path_); }

}  // namespace tidemark::testing
