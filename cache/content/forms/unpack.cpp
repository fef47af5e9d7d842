#include "cache/content/forms/unpack.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>  // mkdtemp
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "cache/content/forms/fits_file.h"
#include "client/base/text.h"

namespace esofs::cache {
namespace {

Error system_error(const std::string& doing) {
  const int code = errno;
  return {code, doing + ": " + std::system_category().message(code)};
}

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

constexpr std::uint64_t kLeft = 16ULL << 20U;         // bytes of a file system that are left to others
constexpr std::uint64_t kMostInMemory = 1ULL << 30U;  // of a file in memory (memfd, tmpfs)
constexpr const char* kMemory = "/dev/shm";

bool begins_like_fits(int fd) {
  std::array<std::byte, 9> begin{};
  const ssize_t n = ::pread(fd, begin.data(), begin.size(), 0);
  return n == static_cast<ssize_t>(begin.size()) && begins_with(begin, "SIMPLE  =");
}

// ENOSPC if a file of `size` bytes may not grow by `more`.
Result<void> room_for(int fd, std::uint64_t size, std::uint64_t more) {
  struct statfs state {};
  if (::fstatfs(fd, &state) != 0) return {};
  const bool in_memory = state.f_blocks == 0 || state.f_type == TMPFS_MAGIC;
  const bool bounded = state.f_blocks != 0;
  const bool room =
      (!in_memory || size + more <= kMostInMemory) &&
      (!bounded || static_cast<std::uint64_t>(state.f_bavail) * static_cast<std::uint64_t>(state.f_bsize) >=
                       more + kLeft);
  if (room) return {};
  return Error(ENOSPC, "no room to unpack a file: " + std::system_category().message(ENOSPC));
}

// --- tile compression ---

// A folder for the one file that CFITSIO makes by its name.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& place) : path_((place / "unpack-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// A new FITS file that has lost its name already: a program that is killed leaves nothing behind.
struct ScratchFits {
  Fits fits;
  UniqueFd fd;
};

// Unpacked, the data of an HDU like the current one may have another sum than before it was packed: floating point is
// quantised, and the heap of a table has a new layout.
bool may_differ(fitsfile* plain) {
  int status = 0;
  int kind = 0;
  int bits = 0;
  fits_get_hdu_type(plain, &kind, &status);
  if (kind == IMAGE_HDU) fits_get_img_type(plain, &bits, &status);
  return kind != IMAGE_HDU || bits < 0;
}

bool is_packed_table(fitsfile* file) {
  int kind = 0;
  int table = 0;
  int status = 0;
  fits_get_hdu_type(file, &kind, &status);
  if (kind != BINARY_TBL) return false;
  fits_read_key(file, TLOGICAL, "ZTABLE", &table, nullptr, &status);
  if (status != 0) fits_clear_errmsg();
  return status == 0 && table != 0;
}

bool is_packed(fitsfile* file) {
  int status = 0;
  return is_packed_table(file) || fits_is_compressed_image(file, &status) != 0;
}

// The current HDU of `from` as plain FITS at the end of `to`; what funpack does (fp_unpack_hdu in CFITSIO's fp_util).
// certain: the packed data has its check sum.
void unpack_hdu(fitsfile* from, fitsfile* to, bool certain, int* status) {
  if (is_packed_table(from)) {
    fits_uncompress_table(from, to, status);
  } else if (fits_is_compressed_image(from, status) != 0) {
    fits_img_decompress(from, to, status);
  } else {
    fits_copy_hdu(from, to, 0, status);
    return;
  }
  if (*status == 0) renew_sums(to, certain || may_differ(to), status);
}

// Whether the image of HDU 2 was the primary HDU of the file that was packed: unpacked it takes the place of the empty one.
bool image_was_primary(fitsfile* from) {
  int status = 0;
  int simple = 0;
  fits_movabs_hdu(from, 2, nullptr, &status);
  fits_read_key(from, TLOGICAL, "ZSIMPLE", &simple, nullptr, &status);
  if (status != 0) fits_clear_errmsg();
  return status == 0;
}

bool packed_as_64_bits(fitsfile* from) {
  int status = 0;
  int bits = 0;
  fits_read_key(from, TINT, "ZBITPIX", &bits, nullptr, &status);
  if (status != 0) fits_clear_errmsg();
  return status == 0 && bits == 64;
}

// CFITSIO does not tell why a file could not be made or written.
Error unpack_error(int status) {
  const Error error = fits_error(status);
  return status == WRITE_ERROR || status == FILE_NOT_CREATED ? Error(ENOSPC, error.what()) : error;
}

// The bytes of the image that the current HDU of `from` holds, compressed or not; 0 for a table.
std::uint64_t image_bytes(fitsfile* from) {
  int status = 0;
  int bits = 0;
  int axes = 0;
  std::array<LONGLONG, 9> sizes{};
  fits_get_img_paramll(from, static_cast<int>(sizes.size()), &bits, &axes, sizes.data(), &status);
  if (status != 0) fits_clear_errmsg();
  if (status != 0 || axes <= 0) return 0;
  double bytes = std::abs(bits) / 8.0;
  for (int i = 0; i < std::min<int>(axes, static_cast<int>(sizes.size())); ++i)
    bytes *= static_cast<double>(sizes[static_cast<std::size_t>(i)]);
  return static_cast<std::uint64_t>(std::clamp(bytes, 0.0, 1e18));
}

// REQUIRES: cfitsio_lock() held.
Result<ScratchFits> make_scratch_fits(const std::filesystem::path& place) {
  const ScratchFolder folder(place);
  if (folder.path().empty()) return Error(ENOSPC, "no place to unpack a file in: " + place.string());
  const std::string path = folder.path() + "/plain";
  int status = 0;
  fitsfile* made = nullptr;
  if (fits_create_diskfile(&made, path.c_str(), &status) != 0) return unpack_error(status);
  ScratchFits scratch{Fits(made), UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!scratch.fd) return system_error("opening an unpacked file");
  return scratch;
}

struct Plain {
  UniqueFd fd;
  int hdus = 0;  // that it must have
};

Result<Plain> unpack_hdus(int packed, const std::filesystem::path& place, const std::stop_token& stop) {
  const auto lock = cfitsio_lock();
  auto from = open_fits(packed);
  if (!from) return from.error();
  const auto hdus = count_hdus(from->get(), packed);
  if (!hdus) return hdus.error();
  struct stat packed_file {};
  if (::fstat(packed, &packed_file) != 0) return system_error("looking at a packed file");
  const auto packed_bytes = static_cast<std::uint64_t>(packed_file.st_size);
  auto to = make_scratch_fits(place);
  if (!to) return to.error();
  int status = 0;
  std::uint64_t written = 0;
  for (int hdu = 1; hdu <= *hdus && status == 0; ++hdu) {
    if (stop.stop_requested()) return Error(EINTR, "stopped");
    fits_movabs_hdu(from->get(), hdu, nullptr, &status);
    if (status != 0) break;
    if (is_packed(from->get())) {
      if (auto right = check_plain_form(from->get(), packed_bytes); !right)
        return right.error().at("HDU " + std::to_string(hdu));
    }
    if (packed_as_64_bits(from->get()))
      return Error(EIO,
                   "HDU " + std::to_string(hdu) +
                       " is a tile-compressed image of 64-bit integers (ZBITPIX = 64), which CFITSIO cannot "
                       "unpack; the file as delivered is there");
    const auto certain = verify_data(from->get());
    if (!certain) return certain.error();
    const std::uint64_t more = image_bytes(from->get());
    if (auto room = room_for(to->fd.get(), written, more); !room) return room.error();
    written += more;
    unpack_hdu(from->get(), to->fits.get(), *certain, &status);
  }
  if (status != 0) return unpack_error(status);
  fits_close_file(to->fits.release(), &status);
  if (status != 0) return unpack_error(status);
  return Plain{std::move(to->fd), image_was_primary(from->get()) ? *hdus - 1 : *hdus};
}

}  // namespace

Packing packing_of(const std::string& name) {
  if (ends_with_any_case(name, ".fits.Z")) return Packing::kCompress;
  if (ends_with_any_case(name, ".fits.gz")) return Packing::kGzip;
  if (ends_with_any_case(name, ".fits.fz")) return Packing::kFpack;
  if (ends_with_any_case(name, ".fits.bz2")) return Packing::kBzip2;
  return Packing::kNone;
}

Packing packing_of(const std::string& name, std::span<const std::byte> head) {
  if (begins_with(head, "\x1f\x9d")) return Packing::kCompress;
  if (begins_with(head, "\x1f\x8b")) return Packing::kGzip;
  if (begins_with(head, "BZh")) return Packing::kBzip2;
  return packing_of(name) == Packing::kFpack ? Packing::kFpack : Packing::kNone;
}

std::vector<std::filesystem::path> scratch_places(const std::filesystem::path& directory) {
  std::error_code ignored;
  return {directory, std::filesystem::temp_directory_path(ignored), kMemory};
}

bool no_room(const Error& error) {
  switch (error.code()) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
    case EACCES:
    case ENOENT:
    case ENOTDIR:
      return true;
    default:
      return false;
  }
}

Result<void> write_scratch(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  if (auto room = room_for(fd, offset, bytes.size()); !room) return room;
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("writing a file to unpack");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<UniqueFd> scratch_file(const std::filesystem::path& place) {
  UniqueFd fd(::open(place.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR)) {
    std::string name = (place / "unpack-XXXXXX").string();
    fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (fd) ::unlink(name.c_str());
  }
  if (!fd && place == kMemory) fd = UniqueFd(::memfd_create("esofs-unpack", MFD_CLOEXEC));
  if (!fd) return system_error("making a scratch file in " + place.string());
  return fd;
}

Result<UniqueFd> funpacked(int packed, const std::filesystem::path& scratch, const std::stop_token& stop) {
  auto plain = unpack_hdus(packed, scratch, stop);
  if (!plain) return plain.error();
  const auto hdus = count_hdus(plain->fd.get());
  if (!hdus) return hdus.error().at("unpacking");
  if (*hdus != plain->hdus)
    return Error(EIO, "unpacking gave " + std::to_string(*hdus) + " HDUs of " + std::to_string(plain->hdus));
  if (!begins_like_fits(plain->fd.get())) return Error(EIO, "what was unpacked is not FITS");
  return std::move(plain->fd);
}

}  // namespace esofs::cache
