#include "tests/unit/sim/soda/fits_pixels.h"

#include <wcslib/wcshdr.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace esofs::sim {
namespace {

void check(int status, const char* step) {
  if (status != 0) throw std::runtime_error(std::string(step) + ": CFITSIO status " + std::to_string(status));
}

std::string header_of(fitsfile* fits, int& cards) {
  char* text = nullptr;
  int status = 0;
  fits_hdr2str(fits, 0, nullptr, 0, &text, &cards, &status);
  check(status, "header");
  std::string out(text);
  fits_free_memory(text, &status);
  return out;
}

WcsHandle wcs_of(fitsfile* fits) {
  int cards = 0;
  std::string header = header_of(fits, cards);
  int rejected = 0;
  int count = 0;
  wcsprm* all = nullptr;
  if (wcspih(header.data(), cards, WCSHDR_all, 0, &rejected, &count, &all) != 0 || count == 0) return nullptr;
  if (count > 1) throw std::runtime_error("one version of the coordinates only");
  WcsHandle handle(all);
  if (wcsset(all) != 0) throw std::runtime_error("WCSLIB does not take the coordinates");
  return handle;
}

ImageHdu read_image(fitsfile* fits) {
  ImageHdu hdu;
  int status = 0;
  int axes = 0;
  fits_get_img_dim(fits, &axes, &status);
  hdu.axes.resize(static_cast<std::size_t>(axes));
  if (axes == 0) return hdu;
  fits_get_img_size(fits, axes, hdu.axes.data(), &status);
  long count = 1;
  for (const long axis : hdu.axes) count *= axis;
  hdu.pixels.resize(static_cast<std::size_t>(count));
  fits_read_img(fits, TDOUBLE, 1, count, nullptr, hdu.pixels.data(), nullptr, &status);
  check(status, "pixels");
  std::array<char, FLEN_VALUE> name{};
  fits_read_key_str(fits, "EXTNAME", name.data(), nullptr, &status);
  if (status == 0) hdu.name = name.data();
  hdu.wcs = wcs_of(fits);
  return hdu;
}

TableHdu read_table(fitsfile* fits) {
  TableHdu hdu;
  int status = 0;
  int columns = 0;
  fits_get_num_rows(fits, &hdu.rows, &status);
  fits_get_num_cols(fits, &columns, &status);
  for (int i = 1; i <= columns; ++i) {
    TableColumn& column = hdu.columns.emplace_back();
    std::array<char, FLEN_VALUE> name{};
    fits_read_key_str(fits, ("TTYPE" + std::to_string(i)).c_str(), name.data(), nullptr, &status);
    column.name = name.data();
    fits_get_coltype(fits, i, nullptr, &column.repeat, nullptr, &status);
    column.values.resize(static_cast<std::size_t>(hdu.rows * column.repeat));
    fits_read_col(fits, TDOUBLE, i, 1, 1, hdu.rows * column.repeat, nullptr, column.values.data(), nullptr,
                  &status);
  }
  check(status, "table");
  return hdu;
}

void read_hdus(fitsfile* fits, FitsFile& file) {
  int status = 0;
  int cards = 0;
  file.primary = header_of(fits, cards);
  for (int number = 1; fits_movabs_hdu(fits, number, nullptr, &status) == 0; ++number) {
    int type = 0;
    int data_ok = 0;
    int hdu_ok = 0;
    fits_get_hdu_type(fits, &type, &status);
    fits_verify_chksum(fits, &data_ok, &hdu_ok, &status);
    check(status, "checksum");
    file.good_checksums += data_ok == 1 && hdu_ok == 1 ? 1 : 0;
    file.bad_checksums += data_ok < 0 || hdu_ok < 0 ? 1 : 0;
    if (type != IMAGE_HDU) {
      file.tables.push_back(read_table(fits));
    } else if (ImageHdu image = read_image(fits); !image.pixels.empty()) {
      file.images.push_back(std::move(image));
    }
  }
  if (status != END_OF_FILE) check(status, "next HDU");
}

}  // namespace

void FreeWcs::operator()(wcsprm* wcs) const {
  wcsfree(wcs);
  std::free(wcs);  // NOLINT: as wcspih made it
}

std::vector<double> ImageHdu::coordinates(std::size_t i) const {
  std::vector<double> out;
  for (const long axis : axes) {
    out.push_back(static_cast<double>(i % static_cast<std::size_t>(axis)) + 1);
    i /= static_cast<std::size_t>(axis);
  }
  return out;
}

std::vector<double> ImageHdu::world(std::size_t i) const {
  const std::vector<double> pixel = coordinates(i);
  std::vector<double> between(pixel.size());
  std::vector<double> out(pixel.size());
  double phi = 0;
  double theta = 0;
  int status = 0;
  if (wcsp2s(wcs.get(), 1, wcs->naxis, pixel.data(), between.data(), &phi, &theta, out.data(), &status) != 0)
    throw std::runtime_error("a pixel without world coordinates");
  return out;
}

std::ptrdiff_t ImageHdu::pixel_at(const std::vector<double>& where) const {
  std::vector<double> between(where.size());
  std::vector<double> pixel(where.size());
  double phi = 0;
  double theta = 0;
  int status = 0;
  if (wcss2p(wcs.get(), 1, wcs->naxis, where.data(), &phi, &theta, between.data(), pixel.data(), &status) !=
      0)
    return -1;
  std::ptrdiff_t index = 0;
  std::ptrdiff_t stride = 1;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const double whole = std::round(pixel[i]);
    if (std::abs(pixel[i] - whole) > 1e-5 || whole < 1 || whole > static_cast<double>(axes[i])) return -1;
    index += (static_cast<std::ptrdiff_t>(whole) - 1) * stride;
    stride *= axes[i];
  }
  return index;
}

const TableColumn& TableHdu::column(const std::string& name) const {
  for (const TableColumn& column : columns) {
    if (column.name == name) return column;
  }
  throw std::out_of_range(name);
}

FitsFile read_fits_bytes(std::string bytes) {
  void* memory = bytes.data();
  std::size_t size = bytes.size();
  int status = 0;
  fitsfile* fits = nullptr;
  fits_open_memfile(&fits, "bytes.fits", READONLY, &memory, &size, 0, nullptr, &status);
  check(status, "open");
  FitsFile file;
  try {
    read_hdus(fits, file);
  } catch (...) {
    fits_close_file(fits, &status);
    throw;
  }
  fits_close_file(fits, &status);
  check(status, "close");
  return file;
}

}  // namespace esofs::sim
