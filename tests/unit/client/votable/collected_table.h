// A TableSink that keeps everything, and the text of a small VOTable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/archive.h"

namespace esofs::tests {

struct CollectedTable : client::TableSink {
  Result<void> bytes(std::span<const std::byte> piece) override {
    document.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }
  Result<void> columns(const std::vector<client::Column>& given) override {
    ++columns_calls;
    names.clear();
    for (const auto& column : given) names.push_back(column.name);
    return {};
  }
  Result<void> row(std::span<const client::Value> row) override {
    if (fail_at_row && rows.size() == *fail_at_row) return Error(ENOSPC, "disk full");
    rows.emplace_back(row.begin(), row.end());
    return {};
  }
  void job_started(const std::string& job_url) override { jobs.push_back(job_url); }
  void restart() override {
    ++restarts;
    document.clear();
    names.clear();
    rows.clear();
  }

  // First cells of the rows.
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(std::get<std::string>(row.at(0).is));
    return ids;
  }

  std::optional<std::size_t> fail_at_row;
  std::string document;
  std::vector<std::string> names;
  std::vector<client::Row> rows;
  std::vector<std::string> jobs;
  int columns_calls = 0;
  int restarts = 0;
};

// A VOTable of one column dp_id; before and after: what stands around the TABLE, e.g. INFO elements.
inline std::string votable(const std::vector<std::string>& ids,
                           const std::string& before = R"(<INFO name="QUERY_STATUS" value="OK"/>)",
                           const std::string& after = "") {
  std::string text =
      R"(<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">)"
      R"(<RESOURCE type="results">)" +
      before + R"(<TABLE><FIELD name="dp_id" datatype="char" arraysize="*"/><DATA><TABLEDATA>)";
  for (const auto& id : ids) text += "<TR><TD>" + id + "</TD></TR>";
  return text + "</TABLEDATA></DATA></TABLE>" + after + "</RESOURCE></VOTABLE>";
}

inline std::string error_votable(const std::string& sentence) {
  return R"(<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">)"
         R"(<RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">)" +
         sentence + "</INFO></RESOURCE></VOTABLE>";
}

}  // namespace esofs::tests
