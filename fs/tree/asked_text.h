// AskedText: a small text that the archive is asked for at each open, and that may be written a line at a time.
//
// A line is acted upon when its end is written, else at close(2), so that both write(2) and close(2) report what
// became of it. Opening with O_TRUNC asks nothing.
//
//   shapes   a line of at most 1 KiB; what is written is never read back: the next open asks
//   errors   of ask and act; EINVAL for a line that is too long; EROFS if there is no act
//   threads  thread-safe; ask and act answer as client/base/ask.h says
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "client/base/guarded.h"
#include "fs/tree/node.h"

namespace esofs::fs {

class AskedText : public Node {
 public:
  using Ask = std::function<Cancel(Done<std::string>)>;
  // line: without white space around it.
  using Act = std::function<Cancel(const std::string& line, Done<void>)>;

  AskedText(std::string identity, std::string path, std::int64_t mtime, Ask ask, Act act = {})
      : identity_(std::move(identity)),
        path_(std::move(path)),
        mtime_(mtime),
        ask_(std::move(ask)),
        act_(std::move(act)) {}

  std::string identity() const override { return identity_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override;
  Attributes attributes_at_lookup() override;
  bool writable() const override { return static_cast<bool>(act_); }
  bool own_content() const override { return true; }
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;
  Result<void> change(const Change& change) override;

 private:
  const std::string identity_;
  const std::string path_;
  const std::int64_t mtime_;
  const Ask ask_;
  const Act act_;
  // Of the last open; 0: none. Shared with the answer under way, which may outlive this node.
  std::shared_ptr<Guarded<std::uint64_t>> size_ = std::make_shared<Guarded<std::uint64_t>>(0U);
};

}  // namespace esofs::fs
