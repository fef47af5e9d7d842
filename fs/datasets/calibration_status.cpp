#include "fs/datasets/calibration_status.h"

#include <algorithm>
#include <optional>

#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "fs/tree/error_log.h"

namespace esofs::fs {
namespace {

using client::CalibrationMode;

std::string printable(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    safe += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return safe;
}

void line(std::string& text, const std::string& key, const std::string& value) {
  text += key + ": " + printable(value) + "\n";
}

std::string asked_mode(CalibrationMode mode) {
  return mode == CalibrationMode::kRaw ? "Raw2Raw" : "Raw2Master";
}

std::string yes_or_no(const std::optional<bool>& truth) {
  if (!truth) return "the archive does not say";
  return *truth ? "yes" : "no";
}

void mode_lines(std::string& text, CalibrationMode mode, const std::string& answered) {
  line(text, "mode", answered.empty() ? "the archive does not say" : answered);
  if (answered.empty() || lower(answered) == lower(asked_mode(mode))) return;
  if (mode == CalibrationMode::kMaster && lower(answered) == "raw2raw")
    line(text, "warning",
         "these are raw calibrations: masters were asked for, and the archive has none for this observation");
  else
    line(text, "warning", "this is not what was asked for");
}

void file_lines(std::string& text, const client::Associations& found) {
  if (found.files.empty()) return;
  text += "\n";
  std::size_t width = 0;
  for (const auto& file : found.files)
    width = std::max(width, std::min<std::size_t>(file.category.size(), 32));
  for (const auto& file : found.files) {
    std::string category = file.category.empty() ? "-" : printable(file.category);
    if (category.size() < width) category.append(width - category.size(), ' ');
    text += category + "  " + safe_name(file.name) + "\n";
  }
}

}  // namespace

std::string calibration_status(const client::Dataset& dataset, CalibrationMode mode,
                               const Result<std::shared_ptr<const cache::AssociationsRecord>>& answer) {
  std::string text;
  line(text, "dataset", dataset.id);
  line(text, "asked", asked_mode(mode));
  if (!answer) {
    line(text, "phase", "FAILED");
    line(text, "last error", errno_name(answer.error().code()) + " " + answer.error().what());
    return text;
  }
  const client::Associations& found = (*answer)->value;
  line(text, "phase", "COMPLETED");
  mode_lines(text, mode, found.mode);
  line(text, "complete", yes_or_no(found.complete));
  line(text, "certified", yes_or_no(found.certified));
  line(text, "files", std::to_string(found.files.size()));
  for (const auto& message : found.messages) line(text, "message", message);
  line(text, "fetched", iso_time((*answer)->fetched_at));
  file_lines(text, found);
  return text;
}

}  // namespace esofs::fs
