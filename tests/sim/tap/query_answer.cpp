#include "tests/sim/tap/query_answer.h"

#include <algorithm>
#include <charconv>

namespace esofs::sim::tap {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

std::string format_list() {
  std::string text;
  for (const auto& format : formats())
    for (const auto& name : format.names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

struct Request {
  std::string query;
  const Format* format = nullptr;
  std::int64_t maxrec = kDefaultMaxrec;
};

std::optional<Failure> read_maxrec(const Parameters& parameters, std::int64_t& maxrec) {
  const auto text = parameters.get("MAXREC");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size())
    return Failure{400, "Unexpected value for the parameter \"maxrec\": \"" + *text +
                            "\"! It should be an integer value."};
  if (number >= 0) maxrec = std::min(number, kHardMaxrec);
  return std::nullopt;
}

std::optional<Failure> check_language(const Parameters& parameters) {
  const auto lang = parameters.get("LANG");
  if (!lang || lang->empty())
    return Failure{400, "The parameter \"lang\" must be provided if request=doQuery!"};
  for (const std::string_view known : {"ADQL", "ADQL-2.0", "ADQL-2.1"})
    if (same_word(*lang, known)) return std::nullopt;
  return Failure{
      400,
      "LANG=" + *lang +
          " is not supported by this TAP service! The only query language supported is: ADQL, ADQL-2.0."};
}

std::variant<Request, Failure> read_request(const Parameters& parameters) {
  for (const char* single : {"REQUEST", "LANG", "QUERY", "FORMAT", "RESPONSEFORMAT", "MAXREC"}) {
    if (parameters.all(single).size() > 1)
      return Failure{400, "The parameter \"" + lower(single) + "\" is given more than once!"};
  }
  const auto what = parameters.get("REQUEST");
  if (what && !same_word(*what, "doQuery"))
    return Failure{400, "The parameter \"REQUEST\" must be equal to \"doQuery\", not to \"" + *what + "\"!"};
  if (parameters.get("UPLOAD"))
    return Failure{400, "The UPLOAD parameter is not supported by this TAP service!"};
  Request request;
  request.query = parameters.get("QUERY").value_or("");
  if (request.query.empty())
    return Failure{400, "The parameter \"query\" must be provided if request=doQuery!"};
  if (auto wrong = check_language(parameters)) return *wrong;
  const auto named = parameters.get("RESPONSEFORMAT");
  const std::string format = named ? *named : parameters.get("FORMAT").value_or("votable");
  request.format = find_format(format);
  if (request.format == nullptr) {
    return Failure{400, "Unknown value for the parameter \"format\": \"" + format +
                            "\". It should be a String value among: " + format_list() + "."};
  }
  if (auto wrong = read_maxrec(parameters, request.maxrec)) return *wrong;
  return request;
}

}  // namespace

std::variant<std::unique_ptr<QueryAnswer>, Failure> QueryAnswer::start(const Parameters& parameters,
                                                                       const Schema& schema,
                                                                       const Dialect& dialect,
                                                                       Database& database,
                                                                       const Options& options) {
  auto request = read_request(parameters);
  if (const auto* wrong = std::get_if<Failure>(&request)) return *wrong;
  auto& asked = std::get<Request>(request);
  const auto translation = translate(asked.query, schema, dialect);
  if (const auto* wrong = std::get_if<std::string>(&translation)) return Failure{400, *wrong};
  auto cursor = database.run(std::get<Translation>(translation));
  if (const auto* wrong = std::get_if<std::string>(&cursor)) return Failure{400, *wrong};
  std::unique_ptr<QueryAnswer> answer(new QueryAnswer());
  answer->format_ = asked.format;
  answer->query_ = std::move(asked.query);
  answer->rows_left_ = asked.maxrec;
  answer->mark_overflow_ = options.mark_overflow;
  answer->cursor_ = std::move(std::get<std::unique_ptr<Cursor>>(cursor));
  answer->writer_ = asked.format->make();
  if (auto failed = answer->first_step(options)) return *failed;
  return answer;
}

std::optional<Failure> QueryAnswer::first_step(const Options& options) {
  if (rows_left_ == 0) {  // metadata only: the query does not run, and DALI calls that an overflow
    step_ = Cursor::Step::kRow;
    return std::nullopt;
  }
  cursor_->limit(options.deadline, options.stop);
  step_ = cursor_->step();
  if (step_ == Cursor::Step::kRow || step_ == Cursor::Step::kEnd) return std::nullopt;
  return failure_of(step_, *cursor_);
}

Failure QueryAnswer::failure_of(Cursor::Step step, const Cursor& cursor) {
  if (step == Cursor::Step::kTimedOut) return {500, "The request timed out", true};
  return {400, cursor.error()};
}

bool QueryAnswer::fill(std::string& out) {
  if (!begun_) writer_->begin(cursor_->columns(), query_, out);
  begun_ = true;
  const std::size_t enough = out.size() + kPieceBytes;
  while (step_ == Cursor::Step::kRow && rows_left_ > 0) {
    writer_->row(*cursor_, out);
    --rows_left_;
    step_ = cursor_->step();
    if (out.size() >= enough) return true;
  }
  if (step_ == Cursor::Step::kRow) {
    finish(mark_overflow_ ? Ending::kOverflow : Ending::kComplete, out);
  } else if (step_ == Cursor::Step::kEnd) {
    finish(Ending::kComplete, out);
  } else {
    failure_ = failure_of(step_, *cursor_);
    finish(Ending::kFailed, out);
  }
  return false;
}

void QueryAnswer::finish(Ending ending, std::string& out) {
  writer_->end(ending, failure_ ? failure_->message : std::string(), out);
}

}  // namespace esofs::sim::tap
