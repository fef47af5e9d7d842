#include "cache/content/forms/fits_memory.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace esofs::cache {
namespace {

constexpr std::size_t kFirstBytes = 2880;
constexpr std::size_t kMemoryStep = 64U << 10U;

}  // namespace

// CFITSIO takes what is there at first for bytes of the file.
FitsMemory::FitsMemory(std::size_t expected, int* status)
    : memory_(std::calloc(1, kFirstBytes)), size_(kFirstBytes) {  // NOLINT(cppcoreguidelines-no-malloc)
  if (memory_ == nullptr) size_ = 0;
  fitsfile* made = nullptr;
  fits_create_memfile(&made, &memory_, &size_, std::max(expected, kMemoryStep), std::realloc, status);
  file_.reset(made);
}

FitsMemory::FitsMemory(std::string bytes, int* status)
    : bytes_(std::move(bytes)), memory_(bytes_.data()), size_(bytes_.size()) {
  fitsfile* opened = nullptr;
  fits_open_memfile(&opened, "memory.fits", READONLY, &memory_, &size_, 0, nullptr, status);
  file_.reset(opened);
}

FitsMemory::~FitsMemory() {
  file_.reset();
  if (bytes_.empty()) std::free(memory_);  // NOLINT(cppcoreguidelines-no-malloc)
}

std::string_view FitsMemory::part(LONGLONG begin, std::size_t size, int* status) {
  fits_flush_buffer(get(), 0, status);
  if (*status != 0 || begin < 0 || static_cast<std::size_t>(begin) > size_ ||
      size_ - static_cast<std::size_t>(begin) < size) {
    if (*status == 0) *status = READ_ERROR;
    return {};
  }
  return {static_cast<const char*>(memory_) + begin, size};
}

std::string_view FitsMemory::header(int* status) {
  LONGLONG begin = 0;
  LONGLONG data = 0;
  fits_get_hduaddrll(get(), &begin, &data, nullptr, status);
  if (*status != 0) return {};
  return part(begin, static_cast<std::size_t>(data - begin), status);
}

std::string_view FitsMemory::data(std::size_t size, int* status) {
  LONGLONG data = 0;
  fits_get_hduaddrll(get(), nullptr, &data, nullptr, status);
  if (*status != 0) return {};
  return part(data, size, status);
}

}  // namespace esofs::cache
