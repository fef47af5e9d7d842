#include "mountopts/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace esofs::mountopts {
namespace {

constexpr std::size_t kLogBytes = 10U << 20U;
constexpr std::size_t kOldLogs = 2;

Result<spdlog::sink_ptr> log_file(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  try {
    return spdlog::sink_ptr(
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path.string(), kLogBytes, kOldLogs));
  } catch (const spdlog::spdlog_ex& error) {
    if (failed) return Error(failed.value(), "log " + path.string() + ": " + failed.message());
    return Error(EACCES, "log " + path.string() + ": " + error.what());
  }
}

Result<spdlog::sink_ptr> log_sink(const Options& options, bool foreground) {
  if (options.log == "stderr" || (options.log.empty() && foreground)) {
    return spdlog::sink_ptr(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  }
  if (options.log == "syslog") {
    return spdlog::sink_ptr(
        std::make_shared<spdlog::sinks::syslog_sink_mt>("esofs", LOG_PID, LOG_USER, true));
  }
  return log_file(options.log.empty() ? options.state_dir / "esofs.log" : std::filesystem::path(options.log));
}

}  // namespace

Result<void> start_log(const Options& options, bool foreground) {
  auto sink = log_sink(options, foreground);
  if (!sink) return sink.error();
  auto logger = std::make_shared<spdlog::logger>("esofs", std::move(*sink));
  logger->set_level(spdlog::level::from_str(options.log_level == "error" ? "err" : options.log_level));
  logger->flush_on(spdlog::level::trace);  // a line is rare, and who reads along wants the last one too
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_default_logger(std::move(logger));
  return {};
}

}  // namespace esofs::mountopts
