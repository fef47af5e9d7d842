#include "tests/sim/tap/job_documents.h"

#include <array>

namespace esofs::sim::tap {
namespace {

constexpr std::string_view kNamespaces =
    R"( xmlns="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink")"
    R"( xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
    R"( xsi:schemaLocation="http://www.ivoa.net/xml/UWS/v1.0 http://www.ivoa.net/xml/UWS/v1.0)"
    R"( http://www.w3.org/1999/xlink http://www.w3.org/1999/xlink.xsd)"
    R"( http://www.w3.org/2001/XMLSchema http://www.w3.org/2001/XMLSchema.xsd">)";

std::string root(std::string_view name, bool versioned) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string(name) +
         (versioned ? " version=\"1.1\"" : "") + std::string(kNamespaces);
}

std::string line(int depth, const std::string& name, const std::string& text) {
  return "\n" + std::string(static_cast<std::size_t>(depth), '\t') + "<" + name + ">" + xml_text(text) +
         "</" + name + ">";
}

std::string time_line(const std::string& name, const std::optional<Time>& time) {
  if (!time) return "\n\t<" + name + " xsi:nil=\"true\" />";
  return line(1, name, time_text_seconds(*time));
}

// Job documents list the usual four parameters first, whether a format was given or not.
std::string parameter_lines(const Job& job, const std::string& indent) {
  std::string out;
  const auto add = [&](const std::string& name, const std::string& value) {
    out +=
        "\n" + indent + "<parameter id=\"" + xml_attribute(name) + "\">" + xml_text(value) + "</parameter>";
  };
  static const std::array<std::string, 4> usual = {"QUERY", "RESPONSEFORMAT", "LANG", "MAXREC"};
  for (const auto& name : usual) {
    const auto value = job.parameters.get(name);
    if (value)
      add(name, *value);
    else if (name == "RESPONSEFORMAT")
      add(name, "VOTABLE");
  }
  for (const auto& [name, value] : job.parameters.list()) {
    if (std::find(usual.begin(), usual.end(), name) == usual.end() && name != "RUNID") add(name, value);
  }
  return out;
}

std::string result_lines(const Job& job, const std::string& list_url, const std::string& indent) {
  if (!job.result) return {};
  return "\n" + indent + "<result id=\"result\" xlink:type=\"simple\" xlink:href=\"" + list_url + "/" +
         job.id + "/results/result\" mime-type=\"" + xml_attribute(job.mime) + "\" size=\"" +
         std::to_string(job.result_bytes) + "\" />";
}

}  // namespace

std::string phase_name(Job::Phase phase) {
  static const std::array<std::string, 6> names = {"PENDING",   "QUEUED", "EXECUTING",
                                                   "COMPLETED", "ERROR",  "ABORTED"};
  return names.at(static_cast<std::size_t>(phase));
}

std::string job_document(const Job& job, const std::string& list_url) {
  std::string out = root("job", true) + line(1, "jobId", job.id);
  if (const auto run = job.parameters.get("RUNID")) out += line(1, "runId", *run);
  out += line(1, "ownerId", "anonymous") + line(1, "phase", phase_name(job.phase));
  out += "\n\t<quote xsi:nil=\"true\" />";
  out += line(1, "creationTime", time_text_seconds(job.created));
  out += time_line("startTime", job.started) + time_line("endTime", job.ended);
  out += line(1, "executionDuration", std::to_string(job.execution_duration.count()));
  out += line(1, "destruction", time_text_seconds(job.destruction));
  out += "\n\t<parameters>" + parameter_lines(job, "\t\t") + "\n\t</parameters>";
  out += "\n\t<results>" + result_lines(job, list_url, "\t\t") + "\n\t</results>";
  if (job.phase == Job::Phase::kError) {
    out += "\n\t<errorSummary type=\"fatal\" hasDetail=\"true\">" + std::string("\n\t\t<message>") +
           xml_text(job.error) + "</message>\n\t</errorSummary>";
  }
  return out + "\n</job>";
}

std::string parameters_document(const Job& job) {
  return root("parameters", false) + parameter_lines(job, "\t") + "\n</parameters>";
}

std::string results_document(const Job& job, const std::string& list_url) {
  return root("results", false) + result_lines(job, list_url, "\t") + "\n</results>";
}

std::string list_head() { return root("jobs", true); }

std::string list_entry(const Job& job, const std::string& list_url) {
  std::string out = "\n\t<jobref id=\"" + job.id + "\" xlink:type=\"simple\" xlink:href=\"" + list_url + "/" +
                    job.id + "\">";
  out += line(2, "phase", phase_name(job.phase));
  if (const auto run = job.parameters.get("RUNID")) out += line(2, "runId", *run);
  out += line(2, "ownerId", "anonymous") + line(2, "creationTime", time_text_seconds(job.created));
  return out + "\n\t</jobref>";
}

std::string list_tail() { return "\n</jobs>"; }

std::optional<std::string> attribute_text(const Job& job, const std::string& name) {
  const auto time = [](const std::optional<Time>& t) { return t ? time_text_seconds(*t) : std::string(); };
  if (name == "phase") return phase_name(job.phase);
  if (name == "executionduration") return std::to_string(job.execution_duration.count());
  if (name == "destruction") return time_text_seconds(job.destruction);
  if (name == "quote") return std::string();
  if (name == "owner") return std::string("anonymous");
  if (name == "runid") return job.parameters.get("RUNID").value_or("");
  if (name == "creationtime") return time_text_seconds(job.created);
  if (name == "starttime") return time(job.started);
  if (name == "endtime") return time(job.ended);
  return std::nullopt;
}

}  // namespace esofs::sim::tap
