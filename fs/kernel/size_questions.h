// SizeQuestions: asks the archive for the exact sizes that stat(2) has to show: of all files (-o sizes=exact), or of those that an
// overlayfs of Linux uses.
//
//   errors   of learn(): EAGAIN if the size does not come within lookup_wait; else those of an open
//   threads  thread-safe; nothing waits on the caller's thread (client/base/ask.h)
//   source   fs/SEMANTICS.md, "Sizes before the first open"
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/base/ask.h"
#include "client/base/cause.h"
#include "client/model/model.h"
#include "fs/kernel/inode_table.h"
#include "fs/kernel/size_ahead.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

class SizeQuestions {
 public:
  // Both outlive it.
  SizeQuestions(Context& context, InodeTable& inodes)
      : context_(context), inodes_(inodes), ahead_(context.config().sizes_ahead) {}

  // Whether stat(2) of this inode asks for an exact size.
  bool wanted(std::uint64_t ino) const;
  // Whether a question for an extended attribute shows that an overlayfs uses the inode, which is remembered. True if the kernel has
  // an estimate of its size.
  bool asked_by_overlay(std::uint64_t ino, const std::string& attribute);

  // A directory is read from its beginning; its next file.
  void begin(std::uint64_t directory) { ahead_.begin(directory); }
  void listed(std::uint64_t directory, std::uint64_t ino) { ahead_.listed(directory, ino); }

  // Makes the size exact that node->attributes() give, as an open for `user` would, and asks ahead for files that are likely to be
  // looked at next. Success with an estimate: the archive refuses the file.
  Cancel learn(std::uint64_t ino, const NodePtr& node, std::optional<uid_t> user, Done<void> done);

 private:
  Cancel ask_table(std::uint64_t ino, const NodePtr& node, std::optional<uid_t> user, Done<bool> done) const;
  std::vector<client::Dataset> datasets_near(std::uint64_t ino, std::optional<uid_t> user) const;
  void learn_ahead(std::uint64_t ino, std::optional<uid_t> user, const Cause& cause);

  Context& context_;
  InodeTable& inodes_;
  SizeAhead ahead_;
  // Questions ahead that are under way; shared with their answers.
  std::shared_ptr<std::atomic<std::size_t>> under_way_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace esofs::fs
