#include "tests/sim/tap/tap_service.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/sim/tap/jobs.h"
#include "tests/sim/tap/query_answer.h"
#include "tests/sim/tap/replies.h"
#include "tests/sim/tap/schema/catalogues.h"
#include "tests/sim/tap/schema/schema.h"
#include "tests/sim/tap/vosi.h"

namespace esofs::sim {
namespace {

using namespace tap;  // NOLINT(google-build-using-namespace): all parts of the service are in it

constexpr std::string_view kBadGateway =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    "Gateway</h1></center>\r\n"
    "</body>\r\n</html>\r\n";

// Marks the parameters of a job whose maker may not see hidden rows.
constexpr const char* kAnonymous = "SIM_ANONYMOUS";

class QueryingService : public TapService {
 public:
  QueryingService(Kind kind, std::string public_url, std::shared_ptr<const Holdings> holdings)
      : kind_(kind),
        url_(std::move(public_url)),
        holdings_(std::move(holdings)),
        schema_(kind == Kind::kObs ? make_obs_schema() : make_cat_schema()),
        database_(schema_, rows(false)),
        bare_database_(schema_, rows(true)),
        jobs_(url_ + "/async", [this](const Parameters& parameters, const std::stop_token& stop,
                                      Job::Clock::time_point deadline,
                                      std::FILE* out) { return run_job(parameters, stop, deadline, out); }) {}

  Answer handle(const std::string& path, const httplib::Request& request, bool sees_all) override {
    if (path == "/sync") return sync(request, sees_all);
    if (path == "/async" || path.starts_with("/async/")) {
      if (request.method != "POST" || sees_all) return jobs_.handle(path.substr(6), request);
      httplib::Request anonymous = request;
      anonymous.params.emplace(kAnonymous, "");
      return jobs_.handle(path.substr(6), anonymous);
    }
    const VosiFacts facts{url_, kind_ == Kind::kObs, knobs().bare_names};
    if (path == "/capabilities") return reply_text("text/xml;charset=UTF-8", capabilities(facts));
    if (path == "/availability") return reply_text("text/xml;charset=UTF-8", availability());
    if (path == "/examples") return reply_text("application/xhtml+xml;charset=UTF-8", examples(facts));
    if (path == "/tables") return reply_text("application/xml", tableset(schema_, facts));
    if (path.starts_with("/tables/")) {
      const Table* table = schema_.find(path.substr(8));
      if (table != nullptr) return reply_text("application/xml", table_document(schema_, *table, facts));
    }
    return reply_error(404, "Unknown TAP resource: \"" + path + "\"!");
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      stopped_.notify_all();
    }
    jobs_.stop();
  }

  void hide(const std::vector<std::string>& prefixes) override {
    auto all = rows(false);
    auto seen = [all, prefixes](const std::string& table, const TableData::Visit& visit) {
      all(table, [&](const TableRow& row) {
        const auto id = row.find("dp_id");
        const auto* text = id == row.end() ? nullptr : std::get_if<std::string>(&id->second);
        const auto hides = [text](const std::string& prefix) { return text->starts_with(prefix); };
        if (text == nullptr || std::none_of(prefixes.begin(), prefixes.end(), hides)) visit(row);
      });
    };
    const std::lock_guard lock(mutex_);
    hiding_ = prefixes.empty() ? nullptr : std::make_shared<Database>(schema_, std::move(seen));
    earlier_.push_back(hiding_);
  }

  void set(const TapKnobs& knobs) override {
    {
      const std::lock_guard lock(mutex_);
      knobs_ = knobs;
    }
    jobs_.set_delay(knobs.job_delay);
  }

  TapKnobs knobs() const override {
    const std::lock_guard lock(mutex_);
    return knobs_;
  }

  std::string handle_knobs(const std::string& json) override {
    const auto given = nlohmann::json::parse(json, nullptr, false);
    if (!given.is_object()) return "not a JSON object";
    TapKnobs changed = knobs();
    for (const auto& [name, value] : given.items()) {
      if (!change(changed, name, value)) return "no knob \"" + name + "\", or not of its type";
    }
    set(changed);
    return {};
  }

 private:
  static bool change(TapKnobs& knobs, const std::string& name, const nlohmann::json& value) {
    const auto set_flag = [&](bool& flag) { return value.is_boolean() && (flag = value.get<bool>(), true); };
    if (name == "sync_timeout_as_502") return set_flag(knobs.sync_timeout_as_502);
    if (name == "overflow") return set_flag(knobs.overflow);
    if (name == "bare_names") return set_flag(knobs.bare_names);
    if (name == "sync_limit_ms" && value.is_null()) {
      knobs.sync_limit.reset();
      return true;
    }
    if (!value.is_number_unsigned()) return false;
    const std::chrono::milliseconds time(value.get<std::uint32_t>());
    if (name == "job_delay_ms")
      knobs.job_delay = time;
    else if (name == "sync_delay_ms")
      knobs.sync_delay = time;
    else if (name == "sync_limit_ms")
      knobs.sync_limit = time;
    else if (name == "error_status")
      knobs.error_status = value.get<int>();
    else
      return false;
    return true;
  }

  Database::Rows rows(bool bare_names) const {
    return [this, bare_names](const std::string& table, const TableData::Visit& visit) {
      if (table.starts_with("TAP_SCHEMA.")) {
        for (const auto& row : schema_rows(schema_, table, bare_names)) visit(row);
      } else if (kind_ == Kind::kCat) {
        catalogue_rows(table, visit);
      } else {
        holdings_->rows(table, visit);
      }
    };
  }

  std::variant<std::unique_ptr<QueryAnswer>, Failure> start(const Parameters& parameters,
                                                            Job::Clock::time_point deadline,
                                                            const std::stop_token& stop, bool sees_all) {
    const TapKnobs now = knobs();
    std::shared_ptr<Database> hiding;
    {
      const std::lock_guard lock(mutex_);
      if (!sees_all) hiding = hiding_;
    }
    if (hiding)
      return QueryAnswer::start(parameters, schema_, Dialect{kind_ == Kind::kCat}, *hiding,
                                {now.overflow, deadline, stop});
    const Dialect dialect{kind_ == Kind::kCat};
    return QueryAnswer::start(parameters, schema_, dialect, now.bare_names ? bare_database_ : database_,
                              {now.overflow, deadline, stop});
  }

  Answer sync(const httplib::Request& request, bool sees_all) {
    const TapKnobs now = knobs();
    auto deadline = Job::Clock::time_point::max();
    if (now.sync_limit) deadline = Job::Clock::now() + *now.sync_limit;
    const bool too_slow = now.sync_limit && now.sync_delay >= *now.sync_limit;
    pause(too_slow ? *now.sync_limit : now.sync_delay);
    if (too_slow) return refuse({500, "The request timed out", true});
    auto started = start(Parameters(request), deadline, {}, sees_all);
    if (const auto* failure = std::get_if<Failure>(&started)) return refuse(*failure);
    std::shared_ptr<QueryAnswer> answer = std::move(std::get<std::unique_ptr<QueryAnswer>>(started));
    const std::string type = answer->format().content_type;
    return reply_stream(type, [answer](std::string& out) { return answer->fill(out); });
  }

  void pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, time, [this] { return stopping_; });
  }

  Answer refuse(const Failure& failure) const {
    const TapKnobs now = knobs();
    if (!failure.timed_out) return reply_error(now.error_status, failure.message);
    if (!now.sync_timeout_as_502) return reply_error(200, failure.message);
    return text_answer(502, "text/html", std::string(kBadGateway));
  }

  Job::Outcome run_job(const Parameters& parameters, const std::stop_token& stop,
                       Job::Clock::time_point deadline, std::FILE* out) {
    auto started = start(parameters, deadline, stop, !parameters.get(kAnonymous));
    if (const auto* failure = std::get_if<Failure>(&started))
      return {failure->message, failure->timed_out, nullptr};
    QueryAnswer& answer = *std::get<std::unique_ptr<QueryAnswer>>(started);
    std::string piece;
    for (bool more = true; more;) {
      piece.clear();
      more = answer.fill(piece);
      if (stop.stop_requested()) return {"The job was aborted", true, nullptr};
      if (std::fwrite(piece.data(), 1, piece.size(), out) != piece.size())
        return {"The result could not be written", false, nullptr};
    }
    if (const auto failure = answer.failure()) return {failure->message, failure->timed_out, nullptr};
    return {"", false, &answer.format()};
  }

  const Kind kind_;
  const std::string url_;
  const std::shared_ptr<const Holdings> holdings_;
  const Schema schema_;
  Database database_;
  Database bare_database_;  // database_ with bare names in TAP_SCHEMA
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;                           // guarded by mutex_
  TapKnobs knobs_;                                  // guarded by mutex_
  std::shared_ptr<Database> hiding_;                // guarded by mutex_; null: nothing is hidden
  std::vector<std::shared_ptr<Database>> earlier_;  // answers that still stream use them; guarded by mutex_
  JobList jobs_;                                    // last: its threads end before what they use
};

}  // namespace

std::unique_ptr<TapService> TapService::make(Kind kind, std::string public_url,
                                             std::shared_ptr<const Holdings> holdings) {
  return std::make_unique<QueryingService>(kind, std::move(public_url), std::move(holdings));
}

}  // namespace esofs::sim
