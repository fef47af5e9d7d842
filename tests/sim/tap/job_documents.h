// The XML of jobs, tab by tab as recorded from uwsLib 4.4.
#pragma once

#include <optional>
#include <string>

#include "tests/sim/tap/jobs.h"

namespace esofs::sim::tap {

std::string phase_name(Job::Phase phase);

// list_url: "http://…/tap_obs/async".
std::string job_document(const Job& job, const std::string& list_url);
std::string parameters_document(const Job& job);
std::string results_document(const Job& job, const std::string& list_url);

std::string list_head();
std::string list_entry(const Job& job, const std::string& list_url);
std::string list_tail();

// The plain text of GET <job>/<name>; nullopt if there is no such attribute.
std::optional<std::string> attribute_text(const Job& job, const std::string& name);

}  // namespace esofs::sim::tap
