#include "cache/store/lmdb_store.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "cache/store/records.h"
#include "client/base/hash.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kLongestPlainKey = 500;  // bytes; LMDB takes 511
constexpr std::size_t kKeptOfLongKey = 485;    // with 16 bytes of hash: 501, longer than any plain key
constexpr std::size_t kPooledReaders = 64;

// FNV-1a from a seed of its own for each half. A collision costs a miss, not a wrong answer: the key is compared.
void append_hash(std::string& to, std::string_view text) {
  for (const std::uint64_t seed : {kFnvStart, std::uint64_t{0x9ae16a3b2f90404fU}}) {
    const std::uint64_t hash = fnv1a(text, seed);
    for (int shift = 56; shift >= 0; shift -= 8)
      to += static_cast<char>((hash >> static_cast<unsigned>(shift)) & 0xffU);
  }
}

bool is_long(std::string_view key) { return key.size() > kLongestPlainKey; }

std::string lmdb_key(std::string_view key) {
  if (!is_long(key)) return std::string(key);
  std::string made(key.substr(0, kKeptOfLongKey));
  append_hash(made, key);
  return made;
}

std::string with_key(std::string_view key, std::string_view value) {
  std::string whole;
  whole.reserve(4 + key.size() + value.size());
  const auto size = static_cast<std::uint32_t>(key.size());
  for (unsigned shift = 0; shift < 32; shift += 8) whole += static_cast<char>((size >> shift) & 0xffU);
  whole.append(key).append(value);
  return whole;
}

// Takes the whole key from the front of a long key's value; nullopt if it is damaged.
std::optional<std::string_view> take_key(std::string_view& value) {
  if (value.size() < 4) return std::nullopt;
  std::uint32_t size = 0;
  for (unsigned i = 0; i < 4; ++i)
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(value[i])) << (8 * i);
  value.remove_prefix(4);
  if (value.size() < size) return std::nullopt;
  const std::string_view key = value.substr(0, size);
  value.remove_prefix(size);
  return key;
}

// put(k, v) writes what LMDB is given for a key and its value.
template <class Put>
int put_as_lmdb_has_it(std::string_view key, std::string_view value, const Put& put) {
  if (!is_long(key)) return put(value_of(key), value_of(value));
  const std::string name = lmdb_key(key);
  const std::string long_value = with_key(key, value);
  return put(value_of(name), value_of(long_value));
}

int put_record(MDB_txn* txn, MDB_dbi dbi, std::string_view key, std::string_view value) {
  return put_as_lmdb_has_it(key, value,
                            [txn, dbi](MDB_val k, MDB_val v) { return mdb_put(txn, dbi, &k, &v, 0); });
}

int put_record(MDB_cursor* cursor, std::string_view key, std::string_view value) {
  return put_as_lmdb_has_it(key, value,
                            [cursor](MDB_val k, MDB_val v) { return mdb_cursor_put(cursor, &k, &v, 0); });
}

int erase_record(MDB_txn* txn, MDB_dbi dbi, std::string_view key) {
  const std::string name = lmdb_key(key);
  MDB_val k = value_of(name);
  const int code = mdb_del(txn, dbi, &k, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

// value: nullopt if there is none.
int get_record(MDB_txn* txn, MDB_dbi dbi, std::string_view key, std::optional<std::string>& value) {
  value.reset();
  const std::string name = lmdb_key(key);
  MDB_val k = value_of(name);
  MDB_val v{};
  const int code = mdb_get(txn, dbi, &k, &v);
  if (code == MDB_NOTFOUND) return 0;
  if (code != 0) return code;
  std::string_view found = text_of(v);
  if (is_long(key) && take_key(found) != key) return 0;
  value.emplace(found);
  return 0;
}

constexpr std::uint64_t kNoNumber = 0;
constexpr std::string_view kNextNumber = "next";  // the key of the number to give next

int read_number(MDB_txn* txn, MDB_dbi dbi, std::string_view key, std::uint64_t& number) {
  std::optional<std::string> value;
  const int code = get_record(txn, dbi, key, value);
  const auto record = value ? decode<NumberRecord>(*value) : std::nullopt;
  number = record ? record->number : kNoNumber;
  return code;
}

// numbers: kNoNumber for a key that has none.
int read_numbers(MDB_txn* txn, MDB_dbi dbi, const std::vector<std::string>& keys,
                 std::vector<std::uint64_t>& numbers) {
  numbers.assign(keys.size(), kNoNumber);
  int code = 0;
  for (std::size_t i = 0; i < keys.size() && code == 0; ++i)
    code = read_number(txn, dbi, keys[i], numbers[i]);
  return code;
}

int give_numbers(MDB_txn* txn, MDB_dbi dbi, const std::vector<std::string>& keys, std::uint64_t first,
                 std::vector<std::uint64_t>& numbers) {
  int code = read_numbers(txn, dbi, keys, numbers);
  std::uint64_t next = kNoNumber;
  if (code == 0) code = read_number(txn, dbi, kNextNumber, next);
  if (next == kNoNumber) next = first;
  for (std::size_t i = 0; i < keys.size() && code == 0; ++i) {
    if (numbers[i] != kNoNumber) continue;
    numbers[i] = next++;
    code = put_record(txn, dbi, keys[i], encode(NumberRecord{numbers[i]}));
  }
  return code == 0 ? put_record(txn, dbi, kNextNumber, encode(NumberRecord{next})) : code;
}

Error empty_key() { return {EINVAL, "metadata store: an empty key"}; }

}  // namespace

LmdbStore::LmdbStore(LmdbEnv env, std::unique_ptr<DamageMark> damage, const Handles& shelves, UniqueFd user,
                     std::filesystem::path user_path)
    : user_(std::move(user)),
      user_path_(std::move(user_path)),
      damage_(std::move(damage)),
      env_(std::move(env)),
      shelves_(shelves) {}

LmdbStore::~LmdbStore() {
  readers_.lock()->clear();
  env_.reset();
  ::unlink(user_path_.c_str());
}

// Each process has a file of its own beside the store.
bool LmdbStore::shared() const {
  const std::string own = user_path_.filename().string();
  const std::string prefix = own.substr(0, own.rfind('-') + 1);
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(user_path_.parent_path(), failed)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with(prefix) && name != own) return true;
  }
  return false;
}

int LmdbStore::change_map(std::size_t size) {
  const int code = mdb_env_set_mapsize(env_.get(), size);
  damage_->watch(env_.get());
  return code;
}

int LmdbStore::adopt_map() {
  const std::unique_lock lock(map_mutex_);
  return change_map(0);
}

int LmdbStore::grow_map(std::size_t full_size) {
  const std::unique_lock lock(map_mutex_);
  MDB_envinfo info{};
  mdb_env_info(env_.get(), &info);
  if (info.me_mapsize > full_size) return 0;
  spdlog::info("metadata store: the map of {} MiB is full, doubling it", full_size >> 20U);
  return change_map(full_size * 2);
}

template <class Work>
int LmdbStore::reading(const Work& work) {
  for (int attempt = 0;; ++attempt) {
    std::shared_lock lock(map_mutex_);
    LmdbTxn txn;
    if (auto pooled = readers_.lock(); !pooled->empty()) {
      txn = std::move(pooled->back());
      pooled->pop_back();
    }
    int code = txn ? mdb_txn_renew(txn.get()) : begin_txn(env_.get(), MDB_RDONLY, txn);
    if (code != 0) {
      txn.reset();
      lock.unlock();
      if (attempt > 2) return code;
      if (code == MDB_MAP_RESIZED) {
        code = adopt_map();
      } else if (code == MDB_READERS_FULL) {
        readers_.lock()->clear();
        code = mdb_reader_check(env_.get(), nullptr);
      }
      if (code != 0) return code;
      continue;
    }
    code = work(txn.get());
    mdb_txn_reset(txn.get());
    if (auto pooled = readers_.lock(); pooled->size() < kPooledReaders) pooled->push_back(std::move(txn));
    return code;
  }
}

template <class Work>
int LmdbStore::writing(const Work& work) {
  for (int attempt = 0;; ++attempt) {
    std::shared_lock lock(map_mutex_);
    MDB_envinfo info{};
    mdb_env_info(env_.get(), &info);
    LmdbTxn txn;
    int code = begin_txn(env_.get(), 0, txn);
    if (code == 0) code = work(txn.get());
    if (code == 0) code = commit_txn(std::move(txn));
    txn.reset();
    lock.unlock();
    if (code == MDB_MAP_RESIZED && attempt < 3) {
      code = adopt_map();
    } else if (code == MDB_MAP_FULL && attempt < 40) {
      code = grow_map(info.me_mapsize);
      if (code != 0) return MDB_MAP_FULL;
    } else {
      return code;
    }
    if (code != 0) return code;
  }
}

Error LmdbStore::failure(int code, std::string_view step) const {
  // MDB_PANIC: a write has failed, and the file is as it was before.
  if (code != MDB_PANIC && lmdb_unreadable(code)) damage_->set();
  return lmdb_error(code, step);
}

Result<std::optional<std::string>> LmdbStore::get(Shelf shelf, std::string_view key) {
  if (key.empty()) return empty_key();
  std::optional<std::string> value;
  const int code = reading([&](MDB_txn* txn) { return get_record(txn, handle(shelf), key, value); });
  if (code != 0) return failure(code, "reading");
  return value;
}

Result<void> LmdbStore::put(Shelf shelf, std::string_view key, std::string_view value) {
  if (key.empty()) return empty_key();
  const int code = writing([&](MDB_txn* txn) { return put_record(txn, handle(shelf), key, value); });
  if (code != 0) return failure(code, "writing");
  return {};
}

Result<void> LmdbStore::erase(Shelf shelf, std::string_view key) {
  if (key.empty()) return empty_key();
  const int code = writing([&](MDB_txn* txn) { return erase_record(txn, handle(shelf), key); });
  if (code != 0) return failure(code, "erasing");
  return {};
}

Result<void> LmdbStore::put_all(const std::vector<Record>& records) {
  for (const auto& record : records) {
    if (record.key.empty()) return empty_key();
  }
  const int code = writing([&](MDB_txn* txn) {
    // One cursor a shelf: next to where it stands it writes without a search.
    std::array<LmdbCursor, kShelves> cursors;
    for (const auto& record : records) {
      auto& cursor = cursors[static_cast<std::size_t>(record.shelf)];
      int put = cursor ? 0 : open_cursor(txn, handle(record.shelf), cursor);
      if (put == 0) put = put_record(cursor.get(), record.key, record.value);
      if (put != 0) return put;
    }
    return 0;
  });
  if (code != 0) return failure(code, "writing many records");
  return {};
}

// Copies of some records that follow each other.
class LmdbStore::Chunk {
 public:
  // Continues at the LMDB key `at`, or after it if `after` is set. Few records at first: most scans look at one or two.
  int fill(MDB_txn* txn, MDB_dbi dbi, const std::string& at, bool after) {
    bytes_.clear();
    records_.clear();
    last_ = false;
    LmdbCursor cursor;
    if (const int code = open_cursor(txn, dbi, cursor); code != 0) return code;
    MDB_val key = value_of(at);
    MDB_val value{};
    int code = mdb_cursor_get(cursor.get(), &key, &value, at.empty() ? MDB_FIRST : MDB_SET_RANGE);
    if (code == 0 && after && text_of(key) == at) code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT);
    while (code == 0) {
      records_.push_back({bytes_.size(), key.mv_size, value.mv_size});
      bytes_.append(text_of(key)).append(text_of(value));
      if (records_.size() >= most_ || bytes_.size() >= kMostBytes) break;
      code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT);
    }
    most_ = std::min<std::size_t>(most_ * 8, 1024);
    last_ = code == MDB_NOTFOUND;
    return last_ ? 0 : code;
  }

  bool last() const { return last_; }
  std::string last_key() const { return std::string(key(records_.back())); }

  // False if visit() has returned false.
  bool visit(const Visit& visitor) const {
    return std::all_of(records_.begin(), records_.end(), [&](const Record& record) {
      const std::string_view name = key(record);
      std::string_view value(bytes_.data() + record.at + record.key_size, record.value_size);
      if (!is_long(name)) return visitor(name, value);
      const auto whole = take_key(value);
      return !whole || visitor(*whole, value);
    });
  }

 private:
  static constexpr std::size_t kMostBytes = 1U << 20U;
  struct Record {
    std::size_t at;
    std::size_t key_size;
    std::size_t value_size;
  };
  std::string_view key(const Record& record) const { return {bytes_.data() + record.at, record.key_size}; }

  std::size_t most_ = 4;
  std::string bytes_;
  std::vector<Record> records_;
  bool last_ = false;
};

Result<void> LmdbStore::scan(Shelf shelf, std::string_view from, const Visit& visit) {
  std::string at = lmdb_key(from);
  Chunk chunk;
  for (bool after = false;; after = true) {
    const int code = reading([&](MDB_txn* txn) { return chunk.fill(txn, handle(shelf), at, after); });
    if (code != 0) return failure(code, "scanning");
    if (!chunk.visit(visit) || chunk.last()) return {};
    at = chunk.last_key();
  }
}

Result<std::vector<std::uint64_t>> LmdbStore::number(Shelf shelf, const std::vector<std::string>& keys,
                                                     std::uint64_t first) {
  const MDB_dbi dbi = handle(shelf);
  std::vector<std::uint64_t> numbers;
  // Most of the time all of them are known, and then nothing has to be written.
  int code = reading([&](MDB_txn* txn) { return read_numbers(txn, dbi, keys, numbers); });
  if (code == 0 && std::find(numbers.begin(), numbers.end(), kNoNumber) != numbers.end())
    code = writing([&](MDB_txn* txn) { return give_numbers(txn, dbi, keys, first, numbers); });
  if (code != 0) return failure(code, "numbering");
  return numbers;
}

class LmdbStore::BufferedBatch final : public MetadataStore::Batch {
 public:
  explicit BufferedBatch(LmdbStore& store) : store_(store) {}

  Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override {
    return change(shelf, key, std::string(value));
  }
  Result<void> erase(Shelf shelf, std::string_view key) override { return change(shelf, key, std::nullopt); }

  Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override {
    const auto& changes = changes_[static_cast<std::size_t>(shelf)];
    if (const auto found = changes.find(key); found != changes.end()) return found->second;
    return store_.get(shelf, key);
  }

  Result<void> commit() override {
    const int code = store_.writing([this](MDB_txn* txn) { return write(txn); });
    if (code != 0) return store_.failure(code, "writing a batch");
    for (auto& changes : changes_) changes.clear();
    return {};
  }

 private:
  Result<void> change(Shelf shelf, std::string_view key, std::optional<std::string> value) {
    if (key.empty()) return empty_key();
    auto& changes = changes_[static_cast<std::size_t>(shelf)];
    changes.insert_or_assign(changes.end(), std::string(key), std::move(value));  // most come in their order
    return {};
  }

  int write(MDB_txn* txn) const {
    for (std::size_t i = 0; i < kShelves; ++i) {
      for (const auto& [key, value] : changes_[i]) {
        const MDB_dbi dbi = store_.shelves_[i];
        const int code = value ? put_record(txn, dbi, key, *value) : erase_record(txn, dbi, key);
        if (code != 0) return code;
      }
    }
    return 0;
  }

  LmdbStore& store_;
  // In key order, which is the order that LMDB writes fastest. nullopt: erased.
  std::array<std::map<std::string, std::optional<std::string>, std::less<>>, kShelves> changes_;
};

Result<std::unique_ptr<MetadataStore::Batch>> LmdbStore::batch() {
  return std::unique_ptr<Batch>(std::make_unique<BufferedBatch>(*this));
}

}  // namespace esofs::cache
