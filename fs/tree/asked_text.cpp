#include "fs/tree/asked_text.h"

#include <algorithm>
#include <cerrno>

#include "client/base/text.h"
#include "fs/tree/context.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

constexpr std::uint64_t kEstimate = 4096;
constexpr std::size_t kLongestLine = 1024;

// Acts upon each line that is written.
class LineWriter : public FileWriter {
 public:
  explicit LineWriter(AskedText::Act act) : act_(std::move(act)) {}

  Cancel write(std::uint64_t, std::span<const std::byte> bytes, Done<std::size_t> done) override {
    std::string line;
    bool too_long = false;
    {
      auto typed = typed_.lock();
      too_long = typed->size() + bytes.size() > kLongestLine;
      if (!too_long)
        std::transform(bytes.begin(), bytes.end(), std::back_inserter(*typed),
                       [](std::byte b) { return static_cast<char>(b); });
      if (too_long) typed->clear();
      if (typed->ends_with('\n')) line = std::exchange(*typed, {});
    }
    if (too_long) {
      done(Error(EINVAL, "one short line is all that can be written here"));
      return {};
    }
    if (line.empty()) {
      done(bytes.size());
      return {};
    }
    return act_(std::string(trimmed(line)),
                AskedBy(done.cause(), [size = bytes.size(), done = done.take()](const Result<void>& acted) {
                  done(acted ? Result<std::size_t>(size) : Result<std::size_t>(acted.error()));
                }));
  }
  Cancel flush(Done<void> done) override {
    const std::string line = std::exchange(*typed_.lock(), {});
    if (line.empty()) {
      done(Result<void>());
      return {};
    }
    return act_(std::string(trimmed(line)), std::move(done));
  }

 private:
  const AskedText::Act act_;
  Guarded<std::string> typed_;
};

FileHandle opened(std::string text, const AskedText::Act& act) {
  return {std::make_shared<OpenText>(std::move(text)), act ? std::make_shared<LineWriter>(act) : nullptr};
}

}  // namespace

Attributes AskedText::attributes() {
  const std::uint64_t size = *size_->lock();
  const mode_t mode = act_ ? 0644 : 0444;
  return {NodeType::kFile, mode, size != 0 ? size : kEstimate, size != 0, mtime_, 0, 0};
}

// The text that the next open brings may be longer than that of the last one.
Attributes AskedText::attributes_at_lookup() {
  Attributes shown = attributes();
  shown.size += kEstimate;
  shown.exact = false;
  return shown;
}

Cancel AskedText::open(std::optional<uid_t>, bool truncate, Done<FileHandle> done) {
  if (truncate) {
    done(opened("", act_));
    return {};
  }
  return ask_(AskedBy(done.cause(), [size = size_, act = act_, done = done.take()](Result<std::string> text) {
    if (!text) return done(text.error());
    *size->lock() = text->size();
    done(opened(*std::move(text), act));
  }));
}

// truncate, touch, chmod: `>` and cp do them; nothing to keep.
Result<void> AskedText::change(const Change& change) {
  if (act_) return {};
  return Node::change(change);
}

}  // namespace esofs::fs
