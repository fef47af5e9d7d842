// Views: the plain forms of packed files, opened. A stream (.Z, .gz, .bz2) is decoded as it is read (UnpackedFile), a tile-compressed
// file where it is read (TiledFile); one that is small, of an unusual form or not to be had in ranges is unpacked as a whole
// (ViewFile). All who open one version share one content.
//
//   errors   those of reading the delivered file; EIO if it cannot be unpacked
//   threads  thread-safe; answers as client/base/ask.h says
//   source   cache/READING.md
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "cache/answers/flights.h"
#include "cache/content/content.h"
#include "cache/content/known_files.h"
#include "cache/content/opening.h"
#include "cache/content/plain/tiled_file.h"
#include "cache/content/plain/unpacked_file.h"
#include "cache/content/plain/view.h"
#include "client/model/model.h"

namespace esofs::cache {

class Views : public std::enable_shared_from_this<Views> {
 public:
  // Opens a file as delivered.
  using Reopen = std::function<void(const client::Dataset& dataset, Done<Delivered> done)>;

  // scratch: where temporary files go, if it has room.
  Views(std::shared_ptr<ContentParts> parts, std::shared_ptr<KnownFiles> known, std::filesystem::path scratch,
        Reopen reopen)
      : parts_(std::move(parts)),
        known_(std::move(known)),
        scratch_(std::move(scratch)),
        reopen_(std::move(reopen)) {}

  // The plain form of `delivered`, which is packed. sized: with an exact size; else a stream is given at once.
  Cancel open(const FileId& id, const client::Dataset& dataset, const Delivered& delivered, bool sized,
              Done<ContentPtr> done);

 private:
  std::shared_ptr<UnpackedFile> stream(const FileId& id, const Delivered& delivered);
  std::shared_ptr<TiledFile> tiled(const FileId& id, const Delivered& delivered);
  void learn(const FileId& id, const ContentKey& packed, std::optional<std::uint64_t> size);

  ContentPtr known_view(const client::Dataset& dataset, const FileId& id, const FileRecord& record);
  ContentPtr view_content(const client::Dataset& dataset, const FileId& id, const FileRecord& record,
                          const MadeView& made);
  void begin(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
             const AttemptPtr& attempt);
  void begin_tiled(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                   const std::shared_ptr<TiledFile>& file, const AttemptPtr& attempt);
  void begin_whole(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                   const AttemptPtr& attempt);
  void begin_again(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                   const Attempt& stopped);
  void make(const Delivered& delivered, AttemptPtr attempt, Done<MadeView> done);
  void remake(const client::Dataset& dataset, const ContentKey& key, const Done<MadeView>& done);

  const std::shared_ptr<ContentParts> parts_;
  const std::shared_ptr<KnownFiles> known_;
  const std::filesystem::path scratch_;
  const Reopen reopen_;
  Flights<ContentPtr> views_;  // by content key
};

}  // namespace esofs::cache
