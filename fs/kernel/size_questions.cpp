#include "fs/kernel/size_questions.h"

#include <cerrno>
#include <utility>

#include "cache/sizes/announced_sizes.h"
#include "client/base/in_turn.h"

namespace esofs::fs {
namespace {

// As an open does; the handle is dropped at once.
Cancel learn_by_open(const NodePtr& node, std::optional<uid_t> user, Done<void> done) {
  return node->open(user, false,
                    AskedBy(done.cause(), [node, done = done.take()](const Result<FileHandle>& handle) {
                      done(handle ? Result<void>() : Result<void>(handle.error()));
                    }));
}

// Nobody reads what the archive refuses, so that an estimate of its size misleads nobody.
bool refused_by_archive(const Error& error) { return error.code() == EACCES || error.code() == ENOENT; }

}  // namespace

bool SizeQuestions::wanted(std::uint64_t ino) const {
  switch (context_.config().exact_sizes) {
    case ExactSizes::kNever:
      return false;
    case ExactSizes::kAlways:
      return true;
    case ExactSizes::kOfOverlays:
      return inodes_.is_overlaid(ino);
  }
  return false;
}

// Linux asks this of each file that overlayfs looks up in a lower layer, before anything else.
bool SizeQuestions::asked_by_overlay(std::uint64_t ino, const std::string& attribute) {
  if (context_.config().exact_sizes != ExactSizes::kOfOverlays) return false;
  const bool overlay = attribute.starts_with("trusted.overlay.") || attribute.starts_with("user.overlay.");
  return overlay && inodes_.overlaid(ino);
}

Cancel SizeQuestions::learn(std::uint64_t ino, const NodePtr& node, std::optional<uid_t> user,
                            Done<void> done) {
  if (node->attributes().exact || node->own_content()) {
    learn_ahead(ino, user, done.cause());
    done(Result<void>());
    return {};
  }
  const auto ask = [this, ino, node, user](Done<void> learnt) {
    return in_turn<bool, void>(
        [this, ino, user, &node](Done<bool> told) { return ask_table(ino, node, user, std::move(told)); },
        [this, ino, node, user](bool, Done<void> opened) -> Cancel {
          learn_ahead(ino, user, opened.cause());
          if (!node->attributes().exact) return learn_by_open(node, user, std::move(opened));
          opened(Result<void>());
          return {};
        },
        std::move(learnt));
  };
  return with_deadline<void>(
      context_.timer(), context_.config().lookup_wait,
      Error(EAGAIN, node->path() + ": the archive has not said yet how large it is; look again"), ask,
      AskedBy(done.cause(), [done = done.take()](const Result<void>& learnt) {
        done(!learnt && refused_by_archive(learnt.error()) ? Result<void>() : learnt);
      }));
}

// The archive's table of sizes, if it has one; half of the time is left to ask for the file itself.
Cancel SizeQuestions::ask_table(std::uint64_t ino, const NodePtr& node, std::optional<uid_t> user,
                                Done<bool> done) const {
  cache::AnnouncedSizes* sizes = context_.config().announced_sizes;
  const client::Dataset* dataset = node->dataset_of_file();
  if (sizes == nullptr || dataset == nullptr) {
    done(false);
    return {};
  }
  return with_deadline<bool>(
      context_.timer(), context_.config().lookup_wait / 2, Error(EAGAIN, "the table of sizes is slow"),
      [&](Done<bool> told) {
        return sizes->ask(
            sizes->worth_asking(*dataset) ? datasets_near(ino, user) : std::vector<client::Dataset>{*dataset},
            std::move(told));
      },
      AskedBy(done.cause(), [done = done.take()](const Result<bool>& told) {
        if (!told && told.error().code() == EINTR) return done(told.error());
        done(told && *told);
      }));
}

std::vector<client::Dataset> SizeQuestions::datasets_near(std::uint64_t ino,
                                                          std::optional<uid_t> user) const {
  std::vector<client::Dataset> datasets;
  for (const std::uint64_t near : ahead_.neighbours(ino, cache::AnnouncedSizes::kMostTogether)) {
    const NodePtr node = inodes_.find(near, user);
    const client::Dataset* dataset = node ? node->dataset_of_file() : nullptr;
    if (dataset != nullptr) datasets.push_back(*dataset);
  }
  return datasets;
}

void SizeQuestions::learn_ahead(std::uint64_t ino, std::optional<uid_t> user, const Cause& cause) {
  cache::AnnouncedSizes* sizes = context_.config().announced_sizes;
  for (const std::uint64_t next : ahead_.looked_at(ino)) {
    const NodePtr node = inodes_.find(next, user);
    if (!node || !node->dataset_file() || node->attributes().exact) continue;
    const client::Dataset* dataset = node->dataset_of_file();
    if (sizes != nullptr && dataset != nullptr && sizes->worth_asking(*dataset)) {
      sizes->ask(datasets_near(next, user), AskedBy(cause.ahead(), [](const Result<bool>&) {}));
      continue;
    }
    if (under_way_->fetch_add(1) >= context_.config().sizes_ahead) {
      --*under_way_;
      return;
    }
    // An answer that nobody waits for is kept; a failure is met again by whoever asks.
    learn_by_open(node, user,
                  AskedBy(cause.ahead(), [under_way = under_way_](const Result<void>&) { --*under_way; }));
  }
}

}  // namespace esofs::fs
