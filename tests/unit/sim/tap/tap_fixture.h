// TapTest: a TapService on a few rows of its own, called without a network.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/tap/tap_service.h"

namespace esofs::sim {

class FewHoldings : public Holdings {
 public:
  std::map<std::string, std::vector<TableRow>> tables;
  std::uint64_t many = 0;  // rows of dbo.raw, made when they are read

  const std::vector<Holding>& all() const override { return none_; }
  const Holding* find(const std::string& /*dp_id*/) const override { return nullptr; }
  const File* find_file(const std::string& /*id*/) const override { return nullptr; }
  void rows(const std::string& table, const std::function<void(const TableRow&)>& visit) const override {
    const auto found = tables.find(table);
    if (found != tables.end())
      for (const auto& row : found->second) visit(row);
    for (std::uint64_t i = 0; table == "dbo.raw" && i < many; ++i)
      visit({{"dp_id", "RAW." + std::to_string(i)}, {"access_estsize", static_cast<std::int64_t>(i)}});
  }

 private:
  std::vector<Holding> none_;
};

inline const std::string kTapUrl = "https://archive.eso.org/tap_obs";

class TapTest : public ::testing::Test {
 protected:
  TapTest() {
    auto& rows = holdings_->tables["ivoa.ObsCore"];
    rows.push_back({{"dp_id", "ADP.2014-07-11T10:00:32.830"},
                    {"instrument_name", "FORS2"},
                    {"s_ra", 10.0},
                    {"s_dec", -30.0},
                    {"em_min", 8.570499999999999E-7},
                    {"access_estsize", std::int64_t{8458}},
                    {"obs_release_date", "2026-08-19T13:28:29Z"},
                    {"s_region", "POLYGON J2000 9.9 -30.1 10.1 -30.1 10.1 -29.9 9.9 -29.9"}});
    rows.push_back({{"dp_id", "ADP.2014-07-11T10:00:32.850"},
                    {"instrument_name", "FORS2"},
                    {"target_name", "a<b & \"c\", d"},
                    {"s_ra", 200.5},
                    {"s_dec", 45.0},
                    {"s_region", "POSITION J2000 200.5 45"}});
    rows.push_back({{"dp_id", "ADP.2014-07-11T10:00:32.863"}, {"instrument_name", "FORS2"}});
    rows.push_back({{"dp_id", "ADP.2016-06-21T08:15:12.100"},
                    {"instrument_name", "MUSE"},
                    {"s_ra", 10.5},
                    {"s_dec", -30.0},
                    {"s_region",
                     "UNION J2000 ( POLYGON 10.4 -30.1 10.6 -30.1 10.6 -29.9 10.4 -29.9 "
                     "POLYGON 11.4 -30.1 11.6 -30.1 11.6 -29.9 11.4 -29.9 )"}});
    auto& files = holdings_->tables["phase3v2.product_files"];
    files.push_back({{"product_id", "ADP.2014-07-11T10:00:32.830"}, {"archive_id", "ADP.A"}});
    files.push_back({{"product_id", "ADP.2014-07-11T10:00:32.830"}, {"archive_id", "ADP.B"}});
  }

  Answer get(const std::string& path, const httplib::Params& params = {}) { return ask("GET", path, params); }
  Answer post(const std::string& path, const httplib::Params& params) { return ask("POST", path, params); }
  Answer ask(const std::string& method, const std::string& path, const httplib::Params& params) {
    httplib::Request request;
    request.method = method;
    request.path = "/tap_obs" + path;
    request.params = params;
    if (method == "POST") request.set_header("Content-Type", "application/x-www-form-urlencoded");
    return service_->handle(path, request);
  }

  Answer query(const std::string& adql, const std::string& format = "csv", const httplib::Params& more = {}) {
    httplib::Params params = more;
    params.insert({{"REQUEST", "doQuery"}, {"LANG", "ADQL"}, {"FORMAT", format}, {"QUERY", adql}});
    return post("/sync", params);
  }
  // The lines of a CSV answer below its head, joined by blanks.
  std::string rows(const std::string& adql) {
    const std::string text = body(query(adql));
    std::string out;
    for (char c : text.substr(text.find('\n') + 1)) out += c == '\n' ? ' ' : c;
    if (!out.empty()) out.pop_back();
    return out;
  }

  static std::string body(const Answer& answer) {
    std::string out = answer.body;
    if (answer.stream) {
      answer.stream([&out](std::string_view piece) {
        out += piece;
        return true;
      });
    }
    return out;
  }
  static std::string header(const Answer& answer, const std::string& name) {
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? "" : found->second;
  }

  std::shared_ptr<FewHoldings> holdings_ = std::make_shared<FewHoldings>();
  std::unique_ptr<TapService> service_ = TapService::make(TapService::Kind::kObs, kTapUrl, holdings_);
};

}  // namespace esofs::sim
