#include "tests/support/fake_archive.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <regex>
#include <utility>

#include "tests/support/patience.h"

namespace esofs::tests {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::milliseconds kLookAgain{2};  // at silent_for(), in a hold

template <class T>
T value_of(const client::Value& value) {
  const auto* is = std::get_if<T>(&value.is);
  return is == nullptr ? T() : *is;
}

}  // namespace

std::vector<std::byte> FakeArchive::bytes_at(std::uint64_t offset, std::size_t size, unsigned salt) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = byte_at(offset + i, salt);
  return bytes;
}

void FakeArchive::put_file(const std::string& url, std::uint64_t size, FileOptions options) {
  const std::lock_guard lock(mutex_);
  state_.files.insert_or_assign(url, File{size, std::move(options), nullptr});
}

void FakeArchive::put_bytes(const std::string& url, std::vector<std::byte> bytes, FileOptions options) {
  auto shared = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const std::lock_guard lock(mutex_);
  state_.files.insert_or_assign(url, File{shared->size(), std::move(options), shared});
}

void FakeArchive::remove_file(const std::string& url) {
  const std::lock_guard lock(mutex_);
  state_.files.erase(url);
}

void FakeArchive::put_table(const std::string& adql, std::vector<client::Column> columns,
                            std::vector<client::Row> rows, TableOptions options) {
  auto shared = std::make_shared<const std::vector<client::Row>>(std::move(rows));
  put_table(
      adql, std::move(columns), shared->size(), [shared](std::uint64_t i) { return (*shared)[i]; },
      std::move(options));
}

void FakeArchive::put_table(const std::string& adql, std::vector<client::Column> columns, std::uint64_t rows,
                            std::function<client::Row(std::uint64_t)> row, TableOptions options) {
  const std::lock_guard lock(mutex_);
  state_.tables.insert_or_assign(adql, Table{std::move(columns), rows, std::move(row), std::move(options)});
}

std::vector<client::Column> FakeArchive::named(const std::vector<std::string>& names) {
  std::vector<client::Column> columns;
  for (const auto& name : names) {
    auto& column = columns.emplace_back();
    column.name = name;
    column.datatype = "char";
    column.arraysize = "*";
  }
  return columns;
}

void FakeArchive::put_links(const std::string& url, client::Links links) {
  const std::lock_guard lock(mutex_);
  state_.links.insert_or_assign(url, std::move(links));
}

client::Links FakeArchive::links_to(const std::string& file_url, std::optional<std::uint64_t> length) {
  client::Links links;
  auto& link = links.rows.emplace_back();
  link.access_url = file_url;
  link.semantics = "#this";
  link.content_type = "application/fits";
  link.content_length = length;
  links.document = "<VOTABLE/>";
  return links;
}

void FakeArchive::fail_next(Op op, const Error& error, int times, const std::string& what) {
  const std::lock_guard lock(mutex_);
  state_.failures.push_back({op, what, times, error});
}

void FakeArchive::clear_failures() {
  const std::lock_guard lock(mutex_);
  state_.failures.clear();
  state_.late_failures.clear();
}

void FakeArchive::fail_after(const std::string& what, std::uint64_t count, const Error& error, int times) {
  const std::lock_guard lock(mutex_);
  state_.late_failures.insert_or_assign(what, LateFailure{count, error, times});
}

void FakeArchive::end_after(const std::string& what, std::uint64_t count, int times) {
  const std::lock_guard lock(mutex_);
  state_.late_failures.insert_or_assign(what, LateFailure{count, Error(EIO, "never told"), times, true});
}

void FakeArchive::restart_after(const std::string& adql, std::uint64_t rows) {
  const std::lock_guard lock(mutex_);
  state_.restarts[adql] = rows;
}

void FakeArchive::hold(const std::string& what, std::uint64_t after) {
  const std::lock_guard lock(mutex_);
  state_.holds[what] = after;
}

void FakeArchive::release() {
  {
    const std::lock_guard lock(mutex_);
    state_.holds.clear();
    ++state_.releases;
  }
  changed_.notify_all();
}

void FakeArchive::release_until(const std::string& what, std::uint64_t after) {
  {
    const std::lock_guard lock(mutex_);
    state_.holds = {{what, after}};
    ++state_.releases;
  }
  changed_.notify_all();
}

bool FakeArchive::wait_held(int operations) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return state_.held >= operations; });
}

std::uint64_t FakeArchive::fetched_bytes(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [key, bytes] : state_.bytes) sum += url.empty() || key == url ? bytes : 0;
  return sum;
}

std::vector<client::FetchRequest> FakeArchive::fetches() const {
  const std::lock_guard lock(mutex_);
  return state_.fetches;
}

std::vector<client::QueryRequest> FakeArchive::queries() const {
  const std::lock_guard lock(mutex_);
  return state_.queries;
}

int FakeArchive::count(Op op, const std::string& what) const {
  const std::lock_guard lock(mutex_);
  int sum = 0;
  for (const auto& [key, times] : state_.counts) {
    if (key.first == op && (what.empty() || key.second == what)) sum += times;
  }
  return sum;
}

Result<void> FakeArchive::begin(Op op, const std::string& what, Lane::Turn& turn) {
  {
    const std::lock_guard lock(mutex_);
    ++state_.counts[{op, what}];
  }
  auto passed = pass(what, 0, turn);
  if (!passed) return passed;
  const std::lock_guard lock(mutex_);
  for (auto& failure : state_.failures) {
    const bool meant = failure.op == op && (failure.what.empty() || failure.what == what);
    if (!meant || failure.times == 0) continue;
    --failure.times;
    return failure.error;
  }
  return {};
}

Result<void> FakeArchive::pass(const std::string& what, std::uint64_t position, Lane::Turn& turn) {
  if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
  std::unique_lock lock(mutex_);
  const auto held_here = [&](const std::string& key) {
    auto hold = state_.holds.find(key);
    return hold != state_.holds.end() && hold->second == position;
  };
  if (!held_here("") && !held_here(what)) return {};
  const auto releases = state_.releases;
  ++state_.held;
  lock.unlock();
  const Turn::Waiting waiting(turn);
  changed_.notify_all();
  bool given_up = false;
  const auto released = [&] { return state_.releases != releases; };
  lock.lock();
  while (!given_up && !changed_.wait_for(lock, turn.stop(), kLookAgain, released) &&
         !turn.stop().stop_requested()) {
    const auto silence = state_.silence;
    lock.unlock();
    given_up = turn.gives_up(silence);
    lock.lock();
  }
  --state_.held;
  lock.unlock();
  if (given_up) return Error(ETIMEDOUT, "silent: " + what);
  if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
  return {};
}

std::uint64_t FakeArchive::next_hold(const std::string& what, std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t next = kNever;
  for (const auto& key : {std::string(), what}) {
    auto hold = state_.holds.find(key);
    if (hold != state_.holds.end() && hold->second > position) next = std::min(next, hold->second);
  }
  return next;
}

std::optional<FakeArchive::LateFailure> FakeArchive::take_late_failure(const std::string& what) {
  const std::lock_guard lock(mutex_);
  const auto failure = state_.late_failures.find(what);
  if (failure == state_.late_failures.end()) return std::nullopt;
  const LateFailure taken = failure->second;
  if (taken.times > 0 && --failure->second.times == 0) state_.late_failures.erase(failure);
  return taken;
}

Result<client::QuerySummary> FakeArchive::query(const client::QueryRequest& request, client::TableSink& sink,
                                                Lane::Turn& turn) {
  {
    const std::lock_guard lock(mutex_);
    state_.queries.push_back(request);
  }
  client::QuerySummary summary;
  if (request.mode == client::QueryMode::kAsync) {
    summary.job_url = request.job_url.empty() ? "http://archive/tap/async/1" : request.job_url;
    sink.job_started(summary.job_url);
  }
  auto begun = begin(Op::kQuery, request.adql, turn);
  if (!begun) return begun.error();
  Table table;
  std::optional<std::uint64_t> restart;
  {
    const std::lock_guard lock(mutex_);
    auto found = state_.tables.find(request.adql);
    if (found == state_.tables.end()) return Error(EINVAL, "no such table: " + request.adql);
    table = found->second;
    auto node = state_.restarts.extract(request.adql);
    if (!node.empty()) restart = node.mapped();
  }
  if (restart) {
    Table part = table;
    part.rows = std::min(part.rows, *restart);
    auto sent = send_rows(request, part, sink, turn);
    if (!sent) return sent.error();
    sink.restart();
  }
  auto rows = send_rows(request, table, sink, turn);
  if (!rows) return rows.error();
  summary.service = request.service.empty() ? "obs" : request.service;
  summary.url = "http://archive/tap";
  summary.rows = *rows;
  summary.truncated = table.options.truncated || table.rows > *rows;
  return summary;
}

Result<std::uint64_t> FakeArchive::send_rows(const client::QueryRequest& request, const Table& table,
                                             client::TableSink& sink, Lane::Turn& turn) {
  auto sent = sink.bytes(std::as_bytes(std::span(table.options.document)));
  if (!sent) return sent.error();
  sent = sink.columns(table.columns);
  if (!sent) return sent.error();
  const auto failure = take_late_failure(request.adql);
  const auto rows = request.maxrec == 0 ? table.rows : std::min(table.rows, request.maxrec);
  for (std::uint64_t i = 0; i < rows; ++i) {
    if (failure && failure->count <= i) return failure->error;
    if (i > 0 && !(sent = pass(request.adql, i, turn))) return sent.error();
    sent = sink.row(table.row(i));
    if (!sent) return sent.error();
  }
  if (failure) return failure->error;
  return rows;
}

Result<client::Links> FakeArchive::links(const std::string& url, Lane::Turn& turn) {
  auto begun = begin(Op::kLinks, url, turn);
  if (!begun) return begun.error();
  const std::lock_guard lock(mutex_);
  auto found = state_.links.find(url);
  if (found == state_.links.end()) return Error(ENOENT, "NotFoundFault: " + url);
  return found->second;
}

void FakeArchive::put_associations(const std::string& url, client::Associations found) {
  const std::lock_guard lock(mutex_);
  state_.associations.insert_or_assign(url, std::move(found));
}

void FakeArchive::calibration_service(bool there) {
  const std::lock_guard lock(mutex_);
  state_.calibration_service = there;
}

Result<client::Associations> FakeArchive::associations(const std::string& url, const std::string& id,
                                                       Lane::Turn& turn) {
  auto begun = begin(Op::kAssociations, url, turn);
  if (!begun) return begun.error();
  const std::lock_guard lock(mutex_);
  auto found = state_.associations.find(url);
  if (found == state_.associations.end()) return Error(ENOENT, "no calibrations of " + id + " at " + url);
  return found->second;
}

std::string FakeArchive::associations_url(const client::Dataset& dataset,
                                          client::CalibrationMode mode) const {
  const std::lock_guard lock(mutex_);
  return state_.calibration_service ? calibrations_url(dataset.id, mode) : "";
}

Result<FakeArchive::Located> FakeArchive::locate(const client::Dataset& dataset, Lane::Turn& turn) {
  auto begun = begin(Op::kLocate, dataset.access_url, turn);
  if (!begun) return begun.error();
  bool has_links = dataset.access == client::AccessKind::kDataLink;
  if (dataset.access == client::AccessKind::kUnknown) {
    const std::lock_guard lock(mutex_);
    has_links = state_.links.count(dataset.access_url) > 0;
  }
  if (!has_links) return Located{{dataset.access_url, {}, "", ""}, {}};
  auto found = links(dataset.access_url, turn);
  if (!found) return found.error();
  for (const auto& link : found->rows) {
    if (link.semantics != "#this") continue;
    client::FileSource source{link.access_url, link.content_length, link.content_type, link.eso_origfile};
    return Located{std::move(source), std::move(*found)};
  }
  return Error(ENOENT, "no #this in " + dataset.access_url);
}

Result<FakeArchive::Together> FakeArchive::locate_together(const std::vector<client::Dataset>& datasets,
                                                           Lane::Turn& turn) {
  auto begun = begin(Op::kLocate, "together", turn);
  if (!begun) return begun.error();
  const std::lock_guard lock(mutex_);
  Together found;
  for (const auto& dataset : datasets) {
    const auto& without = state_.left_out;
    const bool told = std::find(without.begin(), without.end(), dataset.id) == without.end();
    found.push_back(told ? std::optional(client::FileSource{"http://archive/file/" + dataset.id, 7, "", ""})
                         : std::nullopt);
  }
  return found;
}

Result<client::FileHead> FakeArchive::fetch(const client::FetchRequest& request, client::FetchSink& sink,
                                            Lane::Turn& turn) {
  {
    const std::lock_guard lock(mutex_);
    state_.fetches.push_back(request);
    state_.fetch_causes.push_back(turn.cause());
  }
  auto begun = begin(Op::kFetch, request.url, turn);
  if (!begun) return begun.error();
  File file;
  {
    const std::lock_guard lock(mutex_);
    auto found = state_.files.find(request.url);
    if (found == state_.files.end()) return Error(ENOENT, "HTTP 404 from " + request.url);
    file = found->second;
  }
  const auto& options = file.options;
  const bool logged_in = request.rights.kind == client::Rights::Kind::kLoggedIn ||
                         request.rights.kind == client::Rights::Kind::kNobodyFirst;
  const std::string asker = logged_in ? user() : request.rights.identity;
  const bool owned = asker == options.owner || (!asker.empty() && asker == options.co_owner);
  if (!options.owner.empty() && (!owned || user() != asker))
    return Error(EACCES, "HTTP 401 from " + request.url);
  client::FileHead head;
  head.tag = options.tag;
  head.date = options.date;
  const bool same =
      request.validator == options.validator || client::same_stamps(request.tag, request.date, head);
  if (!request.validator.empty() && !same) {
    if (options.validator.empty()) sink.version_unknown();
    return Error(ESTALE, "changed: " + request.url);
  }
  if (request.total && *request.total != file.size) return Error(ESTALE, "changed size: " + request.url);

  if (request.range && options.refuses_ranges) {
    sink.no_range();
    return Error(EIO, "HTTP 416 from " + request.url);
  }
  client::ByteRange range{0, file.size};
  if (request.range && options.ranges && file.size > 0) {
    const auto wanted = request.range->size;
    range.first = request.tail ? file.size - std::min(file.size, wanted) : request.range->first;
    if (range.first >= file.size) return Error(EIO, "HTTP 416 from " + request.url);
    range.size = std::min(wanted, file.size - range.first);
    if (options.most_part > 0 && !request.tail) range.size = std::min(range.size, options.most_part);
    head.partial = true;
  }
  if (!options.owner.empty()) head.identity = asker;
  head.first = range.first;
  if (options.announce_length || head.partial) head.total = file.size;
  head.validator = options.validator;
  head.name = options.name;
  head.content_type = options.content_type;
  auto sent = sink.head(head);
  if (sent) sent = send_body(request.url, file, range, sink, turn);
  return sent ? Result<client::FileHead>(head) : sent.error();
}

Result<void> FakeArchive::send_body(const std::string& url, const File& file, client::ByteRange range,
                                    client::FetchSink& sink, Lane::Turn& turn) {
  const auto failure = take_late_failure(url);
  std::uint64_t done = 0;
  while (done < range.size) {
    if (done > 0) {
      auto passed = pass(url, done, turn);
      if (!passed) return passed;
    }
    auto end = std::min({range.size, done + file.options.piece, next_hold(url, done)});
    if (failure) end = std::min(end, failure->count);
    if (end <= done) return failure->clean ? Result<void>() : failure->error;
    const auto size = static_cast<std::size_t>(end - done);
    const auto offset = range.first + done;
    const auto computed = file.bytes ? std::vector<std::byte>() : bytes_at(offset, size, file.options.salt);
    const auto piece = file.bytes ? std::span(*file.bytes).subspan(static_cast<std::size_t>(offset), size)
                                  : std::span(computed);
    {
      const std::lock_guard lock(mutex_);
      state_.bytes[url] += size;
    }
    auto sent = sink.body(piece);
    if (!sent) return sent;
    done = end;
  }
  return failure ? Result<void>(failure->error) : Result<void>();
}

bool FakeArchive::valid_id(const std::string& id) const {
  static const std::regex form(R"([A-Z][A-Z0-9]{1,7}\.\d{4}-\d\d-\d\dT\d\d[:_]\d\d[:_]\d\d\.\d{3})");
  return std::regex_match(id, form);
}

client::Dataset FakeArchive::dataset(const std::string& id) const {
  client::Dataset dataset;
  dataset.id = id;
  std::replace(dataset.id.begin(), dataset.id.end(), '_', ':');
  dataset.access_url = "http://archive/links?ID=" + dataset.id;
  dataset.access = client::AccessKind::kDataLink;
  return dataset;
}

std::string FakeArchive::links_url(const client::Dataset& dataset) const {
  if (dataset.access == client::AccessKind::kDataLink) return dataset.access_url;
  return valid_id(dataset.id) ? this->dataset(dataset.id).access_url : "";
}

client::QueryRequest FakeArchive::row_query(const std::string& id) const {
  client::QueryRequest request;
  request.service = "obs";
  request.adql = "SELECT * FROM ivoa.ObsCore WHERE dp_id='" + id + "'";
  request.maxrec = 1;
  return request;
}

std::function<std::optional<client::Dataset>(std::span<const client::Value>)> FakeArchive::dataset_reader(
    const std::vector<client::Column>& columns) const {
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < columns.size(); ++i) at.emplace(columns[i].name, i);
  if (at.count("dp_id") == 0) return nullptr;
  return [at](std::span<const client::Value> row) -> std::optional<client::Dataset> {
    const auto cell = [&](const char* name) {
      auto found = at.find(name);
      return found == at.end() ? client::Value{} : row[found->second];
    };
    client::Dataset dataset;
    dataset.id = value_of<std::string>(cell("dp_id"));
    if (dataset.id.empty()) return std::nullopt;
    dataset.access_url = value_of<std::string>(cell("access_url"));
    const bool links = value_of<std::string>(cell("access_format")).find("datalink") != std::string::npos;
    dataset.access = links ? client::AccessKind::kDataLink : client::AccessKind::kFile;
    dataset.estimate_bytes =
        static_cast<std::uint64_t>(value_of<std::int64_t>(cell("access_estsize"))) * 1000;
    dataset.mtime = dataset.modified = value_of<std::int64_t>(cell("last_mod_date"));
    if (const auto extension = value_of<std::string>(cell("extension")); !extension.empty())
      dataset.extension = extension;
    dataset.release_date = value_of<std::string>(cell("obs_release_date"));
    return dataset;
  };
}

}  // namespace esofs::tests
