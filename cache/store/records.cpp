#include "cache/store/records.h"

#include <complex>
#include <type_traits>
#include <utility>
#include <variant>

#include "cache/store/codec.h"

namespace esofs::cache {

template <>
struct FieldsOf<client::Column> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.name), codec(r.id), codec(r.datatype), codec(r.arraysize), codec(r.unit), codec(r.ucd),
        codec(r.utype);
    codec(r.xtype), codec(r.ref), codec(r.width), codec(r.precision), codec(r.null_value),
        codec(r.description);
  }
};

template <>
struct FieldsOf<client::AccessKind> {
  static void visit(Encoder& codec, const client::AccessKind& kind) {
    codec.byte(static_cast<std::uint8_t>(kind));
  }
  static void visit(Decoder& codec, client::AccessKind& kind) {
    const std::uint8_t value = codec.byte();
    if (value > static_cast<std::uint8_t>(client::AccessKind::kUnknown)) return codec.fail();
    kind = static_cast<client::AccessKind>(value);
  }
};

template <>
struct FieldsOf<client::Dataset> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.id), codec(r.access_url);
    FieldsOf<client::AccessKind>::visit(codec, r.access);
    codec(r.extension), codec(r.estimate_bytes), codec(r.mtime), codec(r.modified), codec(r.release_date);
  }
};

template <>
struct FieldsOf<client::Link> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.id), codec(r.access_url), codec(r.service_def), codec(r.error_message), codec(r.semantics);
    codec(r.description), codec(r.content_type), codec(r.content_length), codec(r.eso_origfile);
    codec(r.eso_category), codec(r.eso_datalink);
  }
};

template <>
struct FieldsOf<client::ServiceParam> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.column), codec(r.value), codec(r.min), codec(r.max), codec(r.options);
  }
};

template <>
struct FieldsOf<client::ServiceDescriptor> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.id), codec(r.name), codec(r.utype), codec(r.params), codec(r.inputs);
  }
};

template <>
struct FieldsOf<client::Links> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.rows), codec(r.services), codec(r.document);
  }
};

template <>
struct FieldsOf<client::ProductFile> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.id), codec(r.access_url), codec(r.category), codec(r.extension), codec(r.original_name);
    codec(r.estimate_bytes);
  }
};

template <>
struct FieldsOf<client::FileSource> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.url), codec(r.length), codec(r.content_type), codec(r.original_name);
  }
};

namespace {

// The first byte of a Value. On disk: never renumber.
enum class Tag : std::uint8_t {
  kNull = 0,
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,
  kFloat = 4,
  kDouble = 5,
  kComplexFloat = 6,
  kComplexDouble = 7,
  kText = 8,
  kArray = 9
};

constexpr int kMostDepth = 16;  // of arrays in arrays; the archive's have two

void write_tag(Encoder& codec, Tag tag) { codec.byte(static_cast<std::uint8_t>(tag)); }

void write_value(Encoder& codec, const client::Value& value) {
  std::visit(
      [&codec](const auto& is) {
        using T = std::decay_t<decltype(is)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          write_tag(codec, Tag::kNull);
        } else if constexpr (std::is_same_v<T, bool>) {
          write_tag(codec, is ? Tag::kTrue : Tag::kFalse);
        } else if constexpr (std::is_same_v<T, client::ValueArray>) {
          write_tag(codec, Tag::kArray);
          codec.number(is.size());
          for (const auto& item : is) write_value(codec, item);
        } else if constexpr (std::is_same_v<T, std::complex<float>> ||
                             std::is_same_v<T, std::complex<double>>) {
          write_tag(codec, std::is_same_v<T, std::complex<float>> ? Tag::kComplexFloat : Tag::kComplexDouble);
          codec(is.real()), codec(is.imag());
        } else {
          constexpr Tag kTag = std::is_same_v<T, std::int64_t> ? Tag::kInteger
                               : std::is_same_v<T, float>      ? Tag::kFloat
                               : std::is_same_v<T, double>     ? Tag::kDouble
                                                               : Tag::kText;
          write_tag(codec, kTag);
          codec(is);
        }
      },
      value.is);
}

template <class T>
T read_plain(Decoder& codec) {
  T value{};
  codec(value);
  return value;
}

template <class T>
std::complex<T> read_complex(Decoder& codec) {
  const T real = read_plain<T>(codec);
  return {real, read_plain<T>(codec)};
}

client::Value read_value(Decoder& codec, int depth) {
  switch (static_cast<Tag>(codec.byte())) {
    case Tag::kNull:
      return {};
    case Tag::kFalse:
      return {false};
    case Tag::kTrue:
      return {true};
    case Tag::kInteger:
      return {read_plain<std::int64_t>(codec)};
    case Tag::kFloat:
      return {read_plain<float>(codec)};
    case Tag::kDouble:
      return {read_plain<double>(codec)};
    case Tag::kComplexFloat:
      return {read_complex<float>(codec)};
    case Tag::kComplexDouble:
      return {read_complex<double>(codec)};
    case Tag::kText:
      return {std::string(codec.text())};
    case Tag::kArray: {
      client::ValueArray array;
      if (depth >= kMostDepth) {
        codec.fail();
        return {};
      }
      for (std::size_t n = codec.count(); n > 0 && codec.ok(); --n)
        array.push_back(read_value(codec, depth + 1));
      return {std::move(array)};
    }
  }
  codec.fail();
  return {};
}

void write_row(Encoder& codec, std::span<const client::Value> row) {
  codec.number(row.size());
  for (const auto& value : row) write_value(codec, value);
}

client::Row read_row(Decoder& codec) {
  client::Row row;
  const std::size_t count = codec.count();
  row.reserve(std::min<std::size_t>(count, 1024));
  for (std::size_t n = count; n > 0 && codec.ok(); --n) row.push_back(read_value(codec, 0));
  return row;
}

}  // namespace

template <>
struct FieldsOf<GenerationRecord::State> {
  static void visit(Encoder& codec, const GenerationRecord::State& s) {
    codec.byte(static_cast<std::uint8_t>(s));
  }
  static void visit(Decoder& codec, GenerationRecord::State& state) {
    const std::uint8_t value = codec.byte();
    if (value > static_cast<std::uint8_t>(GenerationRecord::State::kDeleting)) return codec.fail();
    state = static_cast<GenerationRecord::State>(value);
  }
};

// The format number of each record: a change of its fields takes a new one.
template <>
struct FieldsOf<SnapshotRecord> {
  static constexpr std::uint8_t kFormat = 2;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.generation), codec(r.rows), codec(r.datasets), codec(r.names_datasets), codec(r.truncated);
    codec(r.fetched_at), codec(r.service), codec(r.service_url), codec(r.job_url), codec(r.result_bytes);
  }
};

template <>
struct FieldsOf<AttemptRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.job_url), codec(r.refresh_requested), codec(r.error), codec(r.error_at);
  }
};

template <>
struct FieldsOf<GenerationRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.query);
    FieldsOf<GenerationRecord::State>::visit(codec, r.state);
    codec(r.pid), codec(r.started_at);
  }
};

template <>
struct FieldsOf<EntryRecord> {
  static constexpr std::uint8_t kFormat = 2;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.name), codec(r.dataset);
  }
};

template <>
struct FieldsOf<ColumnsRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.columns);
  }
};

template <>
struct FieldsOf<NumberRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.number);
  }
};

template <>
struct FieldsOf<LinksRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.fetched_at), codec(r.value);
  }
};

template <>
struct FieldsOf<SourceRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.fetched_at), codec(r.value);
  }
};

template <>
struct FieldsOf<client::CalibrationFile> {
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.dataset), codec(r.name), codec(r.category), codec(r.fits);
  }
};

template <>
struct FieldsOf<AssociationsRecord> {
  static constexpr std::uint8_t kFormat = 2;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    auto& v = r.value;
    codec(r.fetched_at), codec(r.url), codec(v.mode), codec(v.complete), codec(v.certified);
    codec(v.messages), codec(v.files), codec(v.tree_url), codec(v.tree);
  }
};

template <>
struct FieldsOf<ProductFilesRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.fetched_at), codec(r.files);
  }
};

template <>
struct FieldsOf<PositionRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.fetched_at), codec(r.value.ra_deg), codec(r.value.dec_deg);
    codec(r.value.name), codec(r.value.type), codec(r.value.resolver);
  }
};

template <>
struct FieldsOf<NamedRowRecord> {
  static constexpr std::uint8_t kFormat = 1;
  static void visit(Encoder& codec, const NamedRowRecord& r) {
    codec(r.fetched_at), codec(r.columns);
    write_row(codec, r.row);
  }
  static void visit(Decoder& codec, NamedRowRecord& r) {
    codec(r.fetched_at), codec(r.columns);
    r.row = read_row(codec);
  }
};

template <>
struct FieldsOf<JobRecord> {
  static constexpr std::uint8_t kFormat = 1;
  template <class Codec, class Record>
  static void visit(Codec& codec, Record& r) {
    codec(r.url), codec(r.own), codec(r.created), codec(r.gone_at), codec(r.duration), codec(r.destruction);
  }
};

namespace {

constexpr std::uint8_t kRowFormat = 1;

template <class Record>
std::string encoded(const Record& record) {
  Encoder codec;
  codec.byte(FieldsOf<Record>::kFormat);
  codec(record);
  return codec.take();
}

}  // namespace

std::string encode(const SnapshotRecord& record) { return encoded(record); }
std::string encode(const AttemptRecord& record) { return encoded(record); }
std::string encode(const GenerationRecord& record) { return encoded(record); }
std::string encode(const EntryRecord& record) { return encoded(record); }
std::string encode(const ColumnsRecord& record) { return encoded(record); }
std::string encode(const NumberRecord& record) { return encoded(record); }
std::string encode(const LinksRecord& record) { return encoded(record); }
std::string encode(const SourceRecord& record) { return encoded(record); }
std::string encode(const NamedRowRecord& record) { return encoded(record); }
std::string encode(const ProductFilesRecord& record) { return encoded(record); }
std::string encode(const PositionRecord& record) { return encoded(record); }
std::string encode(const JobRecord& record) { return encoded(record); }

std::string encode(const AssociationsRecord& record) { return encoded(record); }

std::string encode_row(std::span<const client::Value> row) {
  constexpr std::size_t kMostOfNumber = 17;  // a complex double and its tag
  std::size_t room = kMostOfNumber;          // a row with arrays takes more
  for (const auto& value : row) {
    const auto* text = std::get_if<std::string>(&value.is);
    room += kMostOfNumber + (text != nullptr ? text->size() : 0);
  }
  Encoder codec;
  codec.reserve(room);
  codec.byte(kRowFormat);
  write_row(codec, row);
  return codec.take();
}

template <class Record>
std::optional<Record> decode(std::string_view bytes) {
  Decoder codec(bytes);
  if (codec.byte() != FieldsOf<Record>::kFormat) return std::nullopt;
  std::optional<Record> record(std::in_place);
  codec(*record);
  if (!codec.complete()) record.reset();
  return record;
}

template <>
std::optional<client::Row> decode<client::Row>(std::string_view bytes) {
  Decoder codec(bytes);
  if (codec.byte() != kRowFormat) return std::nullopt;
  client::Row row = read_row(codec);
  if (!codec.complete()) return std::nullopt;
  return row;
}

template std::optional<SnapshotRecord> decode(std::string_view);
template std::optional<AttemptRecord> decode(std::string_view);
template std::optional<GenerationRecord> decode(std::string_view);
template std::optional<EntryRecord> decode(std::string_view);
template std::optional<ColumnsRecord> decode(std::string_view);
template std::optional<NumberRecord> decode(std::string_view);
template std::optional<LinksRecord> decode(std::string_view);
template std::optional<SourceRecord> decode(std::string_view);
template std::optional<NamedRowRecord> decode(std::string_view);
template std::optional<AssociationsRecord> decode(std::string_view);
template std::optional<ProductFilesRecord> decode(std::string_view);
template std::optional<PositionRecord> decode(std::string_view);
template std::optional<JobRecord> decode(std::string_view);

}  // namespace esofs::cache
