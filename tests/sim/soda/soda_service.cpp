#include "tests/sim/soda/soda_service.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/sim/files/file_service.h"
#include "tests/sim/holdings/rows.h"
#include "tests/sim/knobs/access.h"
#include "tests/sim/soda/soda_cut.h"
#include "tests/sim/soda/soda_descriptor.h"
#include "tests/sim/soda/soda_request.h"
#include "tests/sim/tap/jobs.h"
#include "tests/sim/tap/output/output.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Form = CutoutOffer::Form;

constexpr const char* kFits = "application/fits";
constexpr double kUnixEpochMjd = 40587;

struct Refusal {
  int status = 400;
  std::string sentence;
};

// The outcome of a request: a refusal, or a cutout, which may have no content.
struct Result {
  std::optional<Refusal> refusal;
  ContentPtr content;
  std::string file_name;
};

Result refused(int status, std::string sentence) {
  return {Refusal{status, std::move(sentence)}, nullptr, {}};
}

Answer text_of(const Refusal& refusal) {
  Answer answer = text_answer(refusal.status, "text/plain;charset=UTF-8", refusal.sentence + "\n");
  if (refusal.status == 401) answer.set("WWW-Authenticate", "Basic realm=\"ESO Archive\"");
  return answer;
}

// Letters, digits, '.', '+' and '-' only.
std::string harmless(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '+') c = '_';
  }
  return text;
}

// The parameters that a service of this form accepts; it ignores all others.
tap::Parameters known(const tap::Parameters& given, Form form) {
  static const std::map<Form, std::vector<std::string>> names{
      {Form::kEso, {"ID", "CIRCLE", "POLYGON", "POS", "BAND", "PREFIX"}},
      {Form::kCadc, {"ID", "CIRCLE", "POLYGON", "POS", "BAND"}},
      {Form::kCasda, {"ID", "POS", "BAND"}},
      {Form::kGavo, {"ID", "CIRCLE", "POLYGON", "POS", "BAND"}},
      {Form::kPos, {"ID", "POS", "BAND"}}};
  return given.only(names.at(form));
}

class CuttingService : public SodaService {
 public:
  CuttingService(std::shared_ptr<const Holdings> holdings, const std::string& base_url)
      : holdings_(std::move(holdings)),
        cadc_jobs_(base_url + kCadcAsync, runner(Form::kCadc)),
        casda_jobs_(base_url + kCasdaAsync, runner(Form::kCasda)) {
    for (const Holding& holding : holdings_->all()) tokens_.emplace(soda_token(holding.dp_id), holding.dp_id);
  }

  std::optional<Answer> answer(const httplib::Request& request, const Effect& effect) override {
    const std::string& path = request.path;
    if (path == kEsoSoda || path == "/dataPortal_new/soda/sync" || path == "/dataportal_new/soda/sync")
      return sync(Form::kEso, request, effect);
    if (path == kCadcSync) return sync(Form::kCadc, request, effect);
    if (path == kGavoSync) return sync(Form::kGavo, request, effect);
    if (path == kPosSync) return sync(Form::kPos, request, effect);
    if (path.rfind(kCadcAsync, 0) == 0) return async(cadc_jobs_, kCadcAsync, Form::kCadc, request);
    if (path.rfind(kCasdaAsync, 0) == 0) return async(casda_jobs_, kCasdaAsync, Form::kCasda, request);
    return std::nullopt;
  }

  std::string handle_knobs(const std::string& json) override {
    const auto given = nlohmann::json::parse(json, nullptr, false);
    if (!given.is_object()) return "not a JSON object";
    for (const auto& [name, value] : given.items()) {
      if (name == "growing" && value.is_boolean()) {
        growing_ = value.get<bool>();
        continue;
      }
      if (name != "job_delay_ms" || !value.is_number_unsigned())
        return "no knob \"" + name + "\", or not of its type";
      const std::chrono::milliseconds delay(value.get<std::uint32_t>());
      cadc_jobs_.set_delay(delay);
      casda_jobs_.set_delay(delay);
    }
    return {};
  }

  void stop() override {
    cadc_jobs_.stop();
    casda_jobs_.stop();
  }

 private:
  const File* find(Form form, const std::string& asked) const {
    const std::string prefix = kIdPrefix;
    std::string id = asked.rfind(prefix, 0) == 0 ? asked.substr(prefix.size()) : asked;
    if (form == Form::kCasda) {
      const auto token = tokens_.find(asked);
      if (token == tokens_.end()) return nullptr;
      id = token->second;
    }
    const File* file = holdings_->find_file(id);
    return file != nullptr && (form == Form::kEso || file->cutout.form == form) ? file : nullptr;
  }

  static bool may_cut(const httplib::Request& request) { return !request.has_header(kForbiddenHeader); }

  Result cut(Form form, const tap::Parameters& given, bool rights, bool changed) {
    if (form == Form::kCadc && given.get("RUNID") != kRunId)
      return refused(400, "UsageError: RUNID is not the one given");
    auto parsed = parse_soda(known(given, form));
    if (const auto* wrong = std::get_if<std::string>(&parsed)) return refused(400, *wrong);
    const auto& request = std::get<SodaRequest>(parsed);
    const File* file = find(form, request.id);
    if (file == nullptr) return refused(404, "UsageError: there is no dataset " + request.id);
    if (!rights)
      return refused(401, "AuthenticationError: " + file->id + " is proprietary; log in to read it");
    if (request.shape && file->cutout.circle.empty())
      return refused(400, "UsageError: regions cannot be cut out of " + file->id);
    if (request.band && file->cutout.band.empty())
      return refused(400, "UsageError: " + file->id + " has no BAND");
    const Cutout cutout =
        cut_out(changed ? file->changed : file->content,
                {file->id, request.shape, request.band, next_date(), growing_ ? ++grown_ : 0});
    if (!cutout.applies) return refused(400, "UsageError: " + file->id + " has no coordinates");
    std::string name = "cutout_" + file->id;
    if (!request.prefix.empty()) name += "_" + harmless(request.prefix);
    return {std::nullopt, cutout.content, name + ".fits"};
  }

  Answer sync(Form form, const httplib::Request& request, const Effect& effect) {
    const tap::Parameters given(request);
    if (form == Form::kCadc && given.get("VIEW") != "cutout")
      return text_of({400, "UsageError: view=cutout has been lost from the access URL"});
    const Result result = cut(form, given, may_cut(request), effect.changed_content);
    if (result.refusal) return text_of(*result.refusal);
    Answer answer;
    if (!result.content) {
      answer.status = 204;
      return answer;
    }
    answer.set("Content-Type", kFits);
    answer.set("Content-Disposition", "attachment; filename=\"" + result.file_name + "\"");
    stream_content(answer, result.content, 0, result.content->size());
    return answer;
  }

  Answer async(tap::JobList& jobs, const char* list, Form form, const httplib::Request& request) {
    const std::string rest = request.path.substr(std::string_view(list).size());
    const bool creation = request.method == "POST" && rest.empty();
    const File* file = creation ? find(form, tap::Parameters(request).get("ID").value_or("")) : nullptr;
    if (file != nullptr && !may_cut(request))
      return text_of({401, "AuthenticationError: " + file->id + " is proprietary; log in to read it"});
    return jobs.handle(rest, request);
  }

  tap::JobList::Run runner(Form form) {
    return [this, form](const tap::Parameters& given, const std::stop_token& stop,
                        tap::Job::Clock::time_point, std::FILE* out) -> tap::Job::Outcome {
      static const tap::Format fits{{}, kFits, kFits, {}, nullptr};
      static const tap::Format text{{}, "text/plain", "text/plain;charset=UTF-8", {}, nullptr};
      const Result result = cut(form, given, true, false);  // access was checked when the job was created
      if (result.refusal) return {result.refusal->sentence, false, nullptr};
      if (!result.content) {
        std::fputs("Error: no pixel of the dataset is inside\n", out);
        return {{}, false, &text};
      }
      const bool whole = write_all(*result.content, stop, out);
      return whole ? tap::Job::Outcome{{}, false, &fits}
                   : tap::Job::Outcome{"The job was aborted", true, nullptr};
    };
  }

  static bool write_all(const Content& content, const std::stop_token& stop, std::FILE* out) {
    std::vector<char> piece(256U << 10U);
    for (std::uint64_t done = 0; done < content.size();) {
      if (stop.stop_requested()) return false;
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), content.size() - done));
      content.read(done, std::as_writable_bytes(std::span(piece.data(), n)));
      if (std::fwrite(piece.data(), 1, n, out) != n) return false;
      done += n;
    }
    return true;
  }

  // Now, but at least a second after the last one: as at the archive, no two cutouts are equal.
  std::string next_date() {
    const std::lock_guard lock(mutex_);
    last_second_ = std::max<std::int64_t>(std::time(nullptr), last_second_ + 1);
    return iso_date(kUnixEpochMjd + static_cast<double>(last_second_) / 86400, 0);
  }

  std::shared_ptr<const Holdings> holdings_;
  std::map<std::string, std::string> tokens_;  // archive ids
  std::mutex mutex_;
  std::int64_t last_second_ = 0;  // guarded by mutex_
  std::atomic<bool> growing_ = false;
  std::atomic<int> grown_ = 0;
  tap::JobList cadc_jobs_;  // last, so that no job outlives what it uses
  tap::JobList casda_jobs_;
};

}  // namespace

std::unique_ptr<SodaService> SodaService::make(std::shared_ptr<const Holdings> holdings,
                                               const std::string& base_url) {
  return std::make_unique<CuttingService>(std::move(holdings), base_url);
}

}  // namespace esofs::sim
