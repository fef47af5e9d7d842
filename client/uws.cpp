#include "client/uws.h"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <pugixml.hpp>
#include <string_view>

#include "client/iso_time.h"

namespace esofs::client {

namespace {

std::string_view local_name(const char* name) {
  const char* colon = std::strchr(name, ':');
  return colon == nullptr ? name : colon + 1;
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (const auto& node : parent.children()) {
    if (local_name(node.name()) == name) return node;
  }
  return {};
}

std::string attribute(const pugi::xml_node& node, std::string_view name) {
  for (const auto& entry : node.attributes()) {
    if (local_name(entry.name()) == name) return entry.value();
  }
  return "";
}

// Text and CDATA sections of an element, joined, without white space around.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const auto& part : node.children()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) text += part.value();
  }
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string with_case(std::string text, int (*convert)(int)) {
  for (auto& c : text) c = static_cast<char>(convert(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string Job::result_href() const {
  for (const auto& [result, href] : results) {
    if (result == "result") return href;
  }
  return results.empty() ? "" : results.front().second;
}

Result<Job> parse_job(const std::string& document) {
  pugi::xml_document xml;
  const auto parsed = xml.load_buffer(document.data(), document.size(), pugi::parse_default);
  if (!parsed) return Error(EBADMSG, std::string("not a job document: ") + parsed.description());
  const auto root = xml.document_element();
  if (local_name(root.name()) != "job")
    return Error(EBADMSG, std::string("not a job document but <") + root.name() + ">");

  Job job;
  job.id = text_of(child(root, "jobId"));
  if (const auto version = attribute(root, "version"); !version.empty()) job.version = version;
  job.phase = with_case(text_of(child(root, "phase")), [](int c) { return std::toupper(c); });
  const auto duration = text_of(child(root, "executionDuration"));
  std::from_chars(duration.data(), duration.data() + duration.size(), job.execution_duration);
  const auto begun = parse_iso_time(text_of(child(root, "startTime")));
  const auto ended = parse_iso_time(text_of(child(root, "endTime")));
  if (begun && ended && *begun <= *ended) job.ran = *ended - *begun;
  for (const auto& parameter : child(root, "parameters").children()) {
    const auto name = with_case(attribute(parameter, "id"), [](int c) { return std::tolower(c); });
    if (!name.empty()) job.parameters[name] = text_of(parameter);
  }
  for (const auto& result : child(root, "results").children()) {
    const auto href = attribute(result, "href");
    if (!href.empty()) job.results.emplace_back(attribute(result, "id"), href);
  }
  job.error_message = text_of(child(child(root, "errorSummary"), "message"));
  return job;
}

}  // namespace esofs::client
