#include "client/votable/fits.h"

#include <fcntl.h>
#include <fitsio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace esofs::client {
namespace {

struct CloseFits {
  void operator()(fitsfile* file) const {
    int status = 0;
    fits_close_file(file, &status);
  }
};
using FitsFile = std::unique_ptr<fitsfile, CloseFits>;

// A cell of more elements than this is damage: CFITSIO would be asked for memory before anything is read.
constexpr LONGLONG kMostFitsElements = 1LL << 26;

Error fits_error(int status, const std::string& step) {
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  fits_clear_errmsg();
  return Error(EBADMSG, step + ": " + text.data());
}

// Reads cells of one column; the buffers are reused from row to row.
class FitsColumn {
 public:
  FitsColumn(const CellType& type, int number) : type_(type), number_(number) {}

  // Returns a CFITSIO status.
  int open(fitsfile* file) {
    int status = 0;
    fits_get_coltypell(file, number_, &code_, &repeat_, &width_, &status);
    return status;
  }

  int read(fitsfile* file, LONGLONG row, Value& value) {
    int status = 0;
    LONGLONG count = repeat_;
    if (code_ < 0) {  // a variable-length array
      LONGLONG offset = 0;
      fits_read_descriptll(file, number_, row, &count, &offset, &status);
    }
    if (status != 0) return status;
    if (count < 0 || count > kMostFitsElements) return BAD_DIMEN;
    set_null(value);
    if (count == 0) return 0;
    if (type_.text()) return read_text(file, row, count, value);
    return read_numbers(file, row, count, value);
  }

 private:
  int read_text(fitsfile* file, LONGLONG row, LONGLONG characters, Value& value) {
    const auto size = static_cast<std::size_t>(characters);
    int status = 0;
    int any_null = 0;
    std::string text(std::max<std::size_t>(size, 512) + 1, '\0');  // CFITSIO writes numbers as text, too
    std::array<char, 1> null{};
    char* rows = text.data();
    fits_read_col(file, TSTRING, number_, row, 1, 1, null.data(), static_cast<void*>(&rows), &any_null,
                  &status);
    if (status != 0) return status;
    std::string_view read(text.c_str());
    if (type_.string_length != 0) {
      read_cell_text(type_, read, value);
      return 0;
    }
    while (read.ends_with(' ')) read.remove_suffix(1);
    set_string(type_, read, value);
    return 0;
  }

  template <class Element, class Make>
  int read_as(fitsfile* file, int fits_type, LONGLONG row, LONGLONG count, Value& value, const Make& make) {
    const auto size = static_cast<std::size_t>(count);
    int status = 0;
    int any_null = 0;
    std::vector<Element> elements(size);
    nulls_.assign(size * 2, 0);  // CFITSIO uses a flag for each part of a complex number inside
    fits_read_colnull(file, fits_type, number_, row, 1, count, elements.data(), nulls_.data(), &any_null,
                      &status);
    if (status != 0) return status;
    if (!type_.array) {
      make(elements[0], nulls_[0] != 0, value);
      return 0;
    }
    auto& array = array_of(value);
    array.resize(size);
    for (std::size_t i = 0; i < size; ++i) make(elements[i], nulls_[i] != 0, array[i]);
    return 0;
  }

  // CFITSIO's null check takes infinities for null and subnormal numbers for zero: only NaN is the null of a float. Integers
  // have nulls of their own, which it knows.
  template <class Element>
  int read_floats(fitsfile* file, int fits_type, LONGLONG row, LONGLONG count, Value& value) {
    const auto store_one = [this](Element element, bool null, Value& into) {
      store(element, null || is_null(element), into);
    };
    if (!stored_as_floats()) return read_as<Element>(file, fits_type, row, count, value, store_one);
    std::vector<Element> elements(static_cast<std::size_t>(count));
    int status = 0;
    fits_read_col(file, fits_type, number_, row, 1, count, nullptr, elements.data(), nullptr, &status);
    if (status != 0) return status;
    if (!type_.array) {
      store_one(elements[0], false, value);
      return 0;
    }
    auto& array = array_of(value);
    array.resize(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) store_one(elements[i], false, array[i]);
    return 0;
  }

  bool stored_as_floats() const {
    const int code = std::abs(code_);
    return code == TFLOAT || code == TDOUBLE || code == TCOMPLEX || code == TDBLCOMPLEX;
  }
  template <class Float>
  bool is_null(Float number) const {
    return std::isnan(number) || type_.is_null(number);
  }
  template <class Float>
  bool is_null(std::complex<Float> number) const {
    return std::isnan(number.real()) || std::isnan(number.imag());
  }

  int read_bits(fitsfile* file, LONGLONG row, LONGLONG count, Value& value) {
    int status = 0;
    nulls_.assign(static_cast<std::size_t>(count), 0);
    fits_read_col_bit(file, number_, row, 1, count, nulls_.data(), &status);
    if (status != 0) return status;
    if (!type_.array) {
      value.is = std::int64_t{nulls_[0] != 0};
      return 0;
    }
    auto& array = array_of(value);
    array.resize(nulls_.size());
    for (std::size_t i = 0; i < nulls_.size(); ++i) array[i].is = std::int64_t{nulls_[i] != 0};
    return 0;
  }

  int read_numbers(fitsfile* file, LONGLONG row, LONGLONG count, Value& value) {
    switch (type_.primitive) {
      case Primitive::kBoolean:
        return read_as<char>(file, TLOGICAL, row, count, value, [](char element, bool null, Value& into) {
          set_null(into);
          if (!null) into.is = element != 0;
        });
      case Primitive::kBit:
        if (std::abs(code_) == TBIT) return read_bits(file, row, count, value);
        return read_as<char>(file, TLOGICAL, row, count, value, [](char element, bool null, Value& into) {
          set_null(into);
          if (!null) into.is = std::int64_t{element != 0};
        });
      case Primitive::kFloat:
        return read_floats<float>(file, TFLOAT, row, count, value);
      case Primitive::kDouble:
        return read_floats<double>(file, TDOUBLE, row, count, value);
      case Primitive::kFloatComplex:
        return read_floats<std::complex<float>>(file, TCOMPLEX, row, count, value);
      case Primitive::kDoubleComplex:
        return read_floats<std::complex<double>>(file, TDBLCOMPLEX, row, count, value);
      default:
        return read_as<LONGLONG>(file, TLONGLONG, row, count, value,
                                 [this](LONGLONG element, bool null, Value& into) {
                                   set_null(into);
                                   if (!null && element != type_.null_integer)
                                     into.is = std::int64_t{element};
                                 });
    }
  }

  template <class Number>
  static void store(Number element, bool null, Value& into) {
    set_null(into);
    if (!null) into.is = element;
  }

  const CellType& type_;
  const int number_;
  int code_ = 0;
  LONGLONG repeat_ = 0;
  LONGLONG width_ = 0;
  std::vector<char> nulls_;
};

// The table HDU that the VOTable means; a CFITSIO status.
int go_to_table(fitsfile* file, int hdu) {
  int status = 0;
  int type = 0;
  if (hdu >= 0) {
    fits_movabs_hdu(file, hdu + 1, &type, &status);
    return status;
  }
  do {
    fits_movrel_hdu(file, 1, &type, &status);
  } while (status == 0 && type == IMAGE_HDU);
  return status;
}

}  // namespace

FitsRows::FitsRows(const std::vector<CellType>& types, int hdu, Sink sink)
    : types_(types), hdu_(hdu), sink_(std::move(sink)) {}

FitsRows::~FitsRows() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> FitsRows::open() {
  std::error_code failed;
  const auto directory = std::filesystem::temp_directory_path(failed);
  std::string path = (failed ? std::filesystem::path("/tmp") : directory) / "esofs-fits-XXXXXX";
  file_ = UniqueFd(::mkostemp(path.data(), O_CLOEXEC));
  if (!file_) return Error(errno, "a temporary file for an inline FITS table");
  path_ = std::move(path);
  return {};
}

Result<void> FitsRows::push(std::span<const std::byte> bytes) {
  if (!file_)
    if (auto opened = open(); !opened) return opened;
  while (!bytes.empty()) {
    const auto written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error(errno, "writing an inline FITS table to " + path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> FitsRows::finish() {
  if (!file_) return {};  // an empty stream: no rows
  int status = 0;
  fitsfile* opened = nullptr;
  fits_open_diskfile(&opened, path_.c_str(), READONLY, &status);
  const FitsFile file(opened);
  if (status != 0) return fits_error(status, "inline FITS");
  status = go_to_table(file.get(), hdu_);
  LONGLONG rows = 0;
  int columns = 0;
  fits_get_num_rowsll(file.get(), &rows, &status);
  fits_get_num_cols(file.get(), &columns, &status);
  if (status != 0) return fits_error(status, "the table of an inline FITS file");
  if (static_cast<std::size_t>(columns) < types_.size())
    return Error(EBADMSG, "the inline FITS table has fewer columns than the TABLE has FIELDs");

  std::vector<FitsColumn> readers;
  Row row(types_.size());
  for (std::size_t i = 0; i < types_.size(); ++i) {
    status = readers.emplace_back(types_[i], static_cast<int>(i) + 1).open(file.get());
    if (status != 0) return fits_error(status, "column " + std::to_string(i + 1) + " of inline FITS");
  }
  for (LONGLONG number = 1; number <= rows; ++number) {
    for (std::size_t i = 0; i < readers.size(); ++i) {
      status = readers[i].read(file.get(), number, row[i]);
      if (status != 0) return fits_error(status, "row " + std::to_string(number) + " of inline FITS");
    }
    if (auto taken = sink_(row, 0); !taken) return taken;
  }
  return {};
}

}  // namespace esofs::client
