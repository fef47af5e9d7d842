#include "mountopts/log.h"

#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "client/base/unique_fd.h"

namespace esofs::mountopts {
namespace {

constexpr std::size_t kLogBytes = 10U << 20U;
constexpr std::size_t kOldLogs = 2;

// A rotating file that can be opened again. If that fails, lines go to the file that is open already.
class LogFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)), file_(opened()) {}

  void reopen() {
    const std::lock_guard lock(mutex_);
    try {
      auto file = opened();
      if (formatter_) file->set_formatter(formatter_->clone());
      file_ = std::move(file);
    } catch (const spdlog::spdlog_ex&) {
      return;
    }
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override { file_->log(message); }
  void flush_() override { file_->flush(); }
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
    file_->set_formatter(formatter->clone());
    formatter_ = std::move(formatter);
  }

 private:
  using File = spdlog::sinks::rotating_file_sink_st;
  std::unique_ptr<File> opened() const { return std::make_unique<File>(path_, kLogBytes, kOldLogs); }

  const std::string path_;
  std::unique_ptr<File> file_;
};

struct Sink {
  spdlog::sink_ptr sink;
  std::function<void()> reopen = [] {};
};

Result<Sink> log_file(const std::filesystem::path& path) {
  const std::string what = "log " + path.string() + ": ";
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  // What spdlog throws has no errno.
  if (const UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)); !file) {
    const int code = failed ? failed.value() : errno;
    return Error(code, what + std::generic_category().message(code));
  }
  try {
    auto sink = std::make_shared<LogFile>(path.string());
    return Sink{sink, [sink] { sink->reopen(); }};
  } catch (const spdlog::spdlog_ex& error) {
    return Error(EIO, what + error.what());
  }
}

Sink system_log() {
  return {std::make_shared<spdlog::sinks::syslog_sink_mt>("esofs", LOG_PID, LOG_USER, true)};
}

}  // namespace

Result<Log> start_log(const Options& options, bool foreground) {
  Log log;
  Sink sink;
  if (options.log == "stderr" || (options.log.empty() && foreground)) {
    sink.sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else if (options.log == "syslog") {
    sink = system_log();
  } else {
    auto file = log_file(options.log.empty() ? (options.state_dir / "esofs.log").string() : options.log);
    const bool needed = !options.log.empty() || (!file && file.error().code() == EMFILE);
    if (!file && needed) return file.error();
    if (!file) log.refused = file.error().what() + ": syslog is used instead";
    sink = file ? *std::move(file) : system_log();
  }
  log.reopen = std::move(sink.reopen);
  auto logger = std::make_shared<spdlog::logger>("esofs", std::move(sink.sink));
  logger->set_level(spdlog::level::from_str(options.log_level == "error" ? "err" : options.log_level));
  logger->flush_on(spdlog::level::trace);  // lines are rare, and a reader of the log wants the last one too
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_default_logger(std::move(logger));
  return log;
}

}  // namespace esofs::mountopts
