// The answers of queries as files: queries/<name>/table/result.{vot,csv,tsv,json,fits,txt}, and whatever else is the answer to a
// query.
//
// The .vot is the server's bytes; the other forms are made from it when they are first opened, and kept beside it. Until then
// their size is an estimate. If the disk did not take the .vot, they are made from the rows at each opening, in memory.
//
//   errors   of opening: those of the query; EAGAIN if it is not answered within query_wait; ENODATA, with the reason, for
//            the .vot if it was not kept, and for all forms of such an answer of many rows; ENOSPC if there is no room for another form
//   threads  thread-safe
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/tables/table_format.h"
#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// nullopt: .vot.
using AnswerForm = std::optional<client::TableFormat>;

// ".vot", ".csv" …: all forms, the server's own first.
const std::vector<std::pair<std::string, AnswerForm>>& answer_forms();
// The stem and the form of "NAME.csv"; nullopt if it ends in no form.
std::optional<std::pair<std::string, AnswerForm>> split_answer_name(std::string_view name);

// The answer of one query in one form. Attributes: user.esofs.{truncated,rows,service,url,error}.
class AnswerFile : public Node {
 public:
  AnswerFile(Context& context, AnswerForm form) : context_(context), form_(form) {}
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override;
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;
  std::optional<std::string> xattr(const std::string& name) override;
  std::vector<std::string> xattr_names() override;

 protected:
  // The query; adql "" if there is none yet.
  virtual Result<cache::QuerySpec> spec() const = 0;
  // Called when the file has been opened; may be empty. It may outlive the node.
  virtual std::function<void()> when_opened() const { return {}; }

  Context& context_;

 private:
  std::shared_ptr<const cache::Listing> known() const;

  const AnswerForm form_;
};

// queries/<name>/table.
NodePtr make_table_node(Context& context, QueryDirectoryPtr directory);

}  // namespace esofs::fs
