#include "client/services/uws.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <pugixml.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/base/iso_time.h"
#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/xml_name.h"

namespace esofs::client {

namespace {

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
std::string content_of(const pugi::xml_node& node) {
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

std::string upper(std::string text) {
  return with_case(std::move(text), [](int c) { return std::toupper(c); });
}

// Reads `document`, whose root must be <name>.
Result<pugi::xml_node> root_of(pugi::xml_document& xml, const std::string& document, std::string_view name,
                               const char* what) {
  const auto parsed = xml.load_buffer(document.data(), document.size(), pugi::parse_default);
  if (!parsed) return Error(EBADMSG, std::string("not ") + what + ": " + parsed.description());
  const auto root = xml.document_element();
  if (local_name(root.name()) != name)
    return Error(EBADMSG, std::string("not ") + what + " but <" + root.name() + ">");
  return root;
}

JobResult result_of(const pugi::xml_node& node) {
  JobResult result{attribute(node, "id"), attribute(node, "href"), attribute(node, "mime-type"), {}};
  const auto size = attribute(node, "size");
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bytes);
  if (error == std::errc() && end == size.data() + size.size()) result.size = bytes;
  return result;
}

bool is_file(const JobResult& result) {
  const auto colon = result.href.find(':');
  const bool other_scheme = colon != std::string::npos && result.href.find('/') > colon &&
                            !begins_with_any_case(result.href, "http:") &&
                            !begins_with_any_case(result.href, "https:");
  return !other_scheme && !ends_with_any_case(without_query(result.href), ".checksum") &&
         !ends_with_any_case(result.id, ".checksum");
}

bool is_fits_result(const JobResult& result) {
  if (!is_file(result)) return false;
  const auto path = without_query(result.href);
  return lower(result.mime).find("fits") != std::string::npos || ends_with_any_case(path, ".fits") ||
         ends_with_any_case(path, ".fits.gz") || ends_with_any_case(path, ".fits.fz");
}

bool is_xml(const JobResult& result) { return lower(result.mime).find("xml") != std::string::npos; }

bool is_votable(const JobResult& result) {
  const auto path = without_query(result.href);
  return lower(result.mime).find("votable") != std::string::npos || ends_with_any_case(path, ".vot") ||
         ends_with_any_case(path, ".votable");
}

constexpr std::size_t kLongestId = 115;  // of a name in the tree

}  // namespace

std::string Job::result_href() const {
  const auto first = [this](const auto& wanted) -> const JobResult* {
    const auto found = std::find_if(results.begin(), results.end(), wanted);
    return found == results.end() ? nullptr : &*found;
  };
  const auto named = [](const JobResult& result) { return result.id == "result"; };
  const auto* result = first([&](const JobResult& r) { return named(r) && (r.mime.empty() || is_xml(r)); });
  if (result == nullptr) result = first([](const JobResult& r) { return is_file(r) && is_votable(r); });
  if (result == nullptr) result = first(named);
  if (result == nullptr) result = first(is_file);
  return result == nullptr ? "" : result->href;
}

std::string Job::fits_href() const {
  const auto fits = std::find_if(results.begin(), results.end(), is_fits_result);
  return fits == results.end() ? result_href() : fits->href;
}

Result<Job> parse_job(const std::string& document) {
  pugi::xml_document xml;
  const auto found = root_of(xml, document, "job", "a job document");
  if (!found) return found.error();
  const auto root = *found;

  Job job;
  job.document = document;
  job.id = content_of(child(root, "jobId"));
  if (const auto version = attribute(root, "version"); !version.empty()) job.version = version;
  job.phase = upper(content_of(child(root, "phase")));
  const auto duration = content_of(child(root, "executionDuration"));
  std::from_chars(duration.data(), duration.data() + duration.size(), job.execution_duration);
  const auto begun = parse_iso_time(content_of(child(root, "startTime")));
  const auto ended = parse_iso_time(content_of(child(root, "endTime")));
  if (begun && ended && *begun <= *ended) job.ran = *ended - *begun;
  job.destruction = content_of(child(root, "destruction"));
  job.created = parse_iso_time(content_of(child(root, "creationTime"))).value_or(0);
  job.finished = ended.value_or(0);
  for (const auto& parameter : child(root, "parameters").children()) {
    const auto name = with_case(attribute(parameter, "id"), [](int c) { return std::tolower(c); });
    if (!name.empty()) job.parameters[name] = content_of(parameter);
  }
  for (const auto& result : child(root, "results").children()) {
    if (auto read = result_of(result); !read.href.empty()) job.results.push_back(std::move(read));
  }
  job.error_message = content_of(child(child(root, "errorSummary"), "message"));
  return job;
}

std::string result_url(const std::string& job_url, const std::string& href) {
  const std::string_view job = without_query(job_url);
  const auto id = job.substr(job.rfind('/') + 1);
  const auto step = href.substr(0, href.find_first_of("/?#:"));
  const bool below = !step.empty() && step != id && step != "." && step != ".." && href[step.size()] != ':';
  return resolved_url(below ? std::string(job) + "/" : job_url, href);
}

bool plain_job_id(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '~';
  });
  return plain && id.size() <= kLongestId && id.find_first_not_of('.') != std::string_view::npos;
}

Result<std::vector<JobReference>> parse_job_list(const std::string& document, std::size_t most) {
  pugi::xml_document xml;
  const auto root = root_of(xml, document, "jobs", "a list of jobs");
  if (!root) return root.error();
  std::vector<JobReference> jobs;
  for (const auto& node : root->children()) {
    if (local_name(node.name()) != "jobref" || jobs.size() == most) continue;
    JobReference job{attribute(node, "id"), upper(content_of(child(node, "phase"))),
                     parse_iso_time(content_of(child(node, "creationTime"))).value_or(0)};
    if (plain_job_id(job.id)) jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace esofs::client
