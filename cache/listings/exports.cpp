#include "cache/listings/exports.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/tables/table_export.h"

namespace esofs::cache {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kPart = ".part";

stdfs::path export_path(stdfs::path votable, client::TableFormat format) {
  return votable.replace_extension(client::extension(format));
}

// Of this process: another one may be making the same export.
stdfs::path partial_path(const stdfs::path& target) {
  return target.string() + '.' + std::to_string(::getpid()) + std::string(kPart);
}

bool there(const stdfs::path& path) {
  std::error_code failed;
  return stdfs::exists(path, failed) && !failed;
}

// The exports of `votable` that are in its directory, unfinished ones included.
template <class Visit>
void visit_exports(const stdfs::path& votable, const Visit& visit) {
  const std::string prefix = votable.stem().string() + '.';
  std::error_code failed;
  for (stdfs::directory_iterator file(votable.parent_path(), failed), end; !failed && file != end;
       file.increment(failed)) {
    const std::string name = file->path().filename().string();
    if (name.starts_with(prefix) && name != votable.filename().string() && !name.ends_with(".vot.part"))
      visit(file->path());
  }
}

// What a process that died was writing: "<id>.csv.<pid>.part".
bool abandoned(const stdfs::path& path) {
  if (path.extension() != kPart) return false;
  const std::string pid = path.stem().extension().string();
  if (pid.size() < 2 || pid.find_first_not_of("0123456789", 1) != std::string::npos) return false;
  return !there("/proc/" + pid.substr(1));
}

}  // namespace

std::optional<stdfs::path> Exports::made(const Listing& listing, client::TableFormat format) {
  auto votable = listing.result_file();
  if (!votable) return std::nullopt;
  auto path = export_path(*std::move(votable), format);
  return there(path) ? std::optional<stdfs::path>(std::move(path)) : std::nullopt;
}

Cancel Exports::make(std::shared_ptr<const Listing> listing, client::TableFormat format,
                     Done<stdfs::path> done) {
  const auto votable = listing->result_file();
  if (!votable) {
    done(listing->result_kept() ? Error(ENODATA, "the answer of this query is not here any more")
                                : listing->not_kept());
    return {};
  }
  const stdfs::path target = export_path(*votable, format);
  if (there(target)) {
    done(target);
    return {};
  }
  if (auto failure = failures_.lock()->recall(target, now_())) {
    done(*failure);
    return {};
  }
  const Cause cause = done.cause();
  auto joined = flights_.join(target, std::move(done));
  if (!joined.first) return joined.cancel;
  // The job holds the listing, so that nobody deletes the VOTable under it.
  lane_.submit(
      [self = shared_from_this(), listing = std::move(listing), format, target](Lane::Turn& turn) {
        auto written = self->write(*listing, format, target, turn);
        if (!written && written.error().code() != EINTR)
          self->failures_.lock()->remember(target, written.error(), self->now_());
        self->flights_.land(target, written);
      },
      {}, cause);
  return joined.cancel;
}

Result<stdfs::path> Exports::write(const Listing& listing, client::TableFormat format,
                                   const stdfs::path& target, Lane::Turn& turn) try {
  const auto votable = listing.result_file();
  if (!votable) return Error(ENODATA, "the answer of this query is not here any more");
  if (there(target)) return target;
  if (turn.stop().stop_requested()) return Error(EIO, "esofs is ending");
  std::error_code ignored;
  visit_exports(*votable, [&ignored](const stdfs::path& path) {
    if (abandoned(path)) stdfs::remove(path, ignored);
  });

  const stdfs::path part = partial_path(target);
  client::ExportSource source;
  source.votable = *votable;
  source.most_rows = listing.rows();
  const auto written = [&] {
    const Turn::Waiting waiting(turn);  // no request is made: queries may have this place meanwhile
    return client::export_table(source, format, part, turn.stop());
  }();
  if (!written) {
    stdfs::remove(part, ignored);
    const std::string step = "making " + std::string(client::extension(format).substr(1)) + " of the answer";
    if (written.error().code() == EINTR) return Error(EIO, "esofs is ending").at(step);
    spdlog::warn("{}: {}", step, written.error().what());
    return written.error().at(step);
  }
  if (*written != listing.rows()) {
    stdfs::remove(part, ignored);
    return Error(EIO, "the kept answer has " + std::to_string(*written) + " rows, the listing " +
                          std::to_string(listing.rows()));
  }
  std::error_code failed;
  stdfs::rename(part, target, failed);
  if (failed) {
    stdfs::remove(part, ignored);
    return Error(failed.value(), "keeping " + target.string() + ": " + failed.message());
  }
  if (!there(*votable)) stdfs::remove(target, ignored);
  return target;
} catch (const std::exception& bug) {  // the flight must land, or its askers hang
  return Error(EIO, bug.what());
}

void remove_exports(const stdfs::path& votable) {
  std::error_code ignored;
  visit_exports(votable, [&ignored](const stdfs::path& path) { stdfs::remove(path, ignored); });
}

}  // namespace esofs::cache
