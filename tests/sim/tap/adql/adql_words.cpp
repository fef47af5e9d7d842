#include <cctype>

#include "tests/sim/tap/adql/adql_syntax.h"

namespace esofs::sim::tap {
namespace {

bool name_begins(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool name_goes_on(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<Word> run() {
    std::vector<Word> words;
    while (true) {
      skip_blanks();
      words.push_back(next());
      if (words.back().kind == Word::Kind::kEnd) return words;
    }
  }

 private:
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  void skip_blanks() {
    while (here_ < text_.size()) {
      if (at(here_) == '\n') {
        ++line_;
        line_begin_ = ++here_;
      } else if (std::isspace(static_cast<unsigned char>(at(here_))) != 0) {
        ++here_;
      } else if (at(here_) == '-' && at(here_ + 1) == '-') {
        while (here_ < text_.size() && at(here_) != '\n') ++here_;
      } else {
        return;
      }
    }
  }

  Word next() {
    Word word;
    word.line = line_;
    word.column = static_cast<int>(here_ - line_begin_) + 1;
    const char c = at(here_);
    if (here_ >= text_.size()) {
      word.kind = Word::Kind::kEnd;
    } else if (name_begins(c)) {
      word.kind = Word::Kind::kName;
      while (name_goes_on(at(here_))) word.text += at(here_++);
    } else if (c == '"' || c == '\'') {
      word.kind = c == '"' ? Word::Kind::kQuoted : Word::Kind::kString;
      word.text = quoted(c, word);
    } else if (digit(c) || (c == '.' && digit(at(here_ + 1)))) {
      number(word);
    } else {
      symbol(word);
    }
    word.last_column = static_cast<int>(here_ - line_begin_) + 1;
    return word;
  }

  // A doubled quotation mark is one mark of the text.
  std::string quoted(char mark, const Word& word) {
    std::string out;
    ++here_;
    while (here_ < text_.size()) {
      if (at(here_) == mark && at(here_ + 1) != mark) {
        ++here_;
        return out;
      }
      if (at(here_) == mark) ++here_;
      if (at(here_) == '\n') {
        ++line_;
        line_begin_ = here_ + 1;
      }
      out += at(here_++);
    }
    throw AdqlError("Incorrect character encountered at l." + std::to_string(word.line) + ", c." +
                    std::to_string(word.column) + ": end of the query inside " + mark + "…" + mark + " !");
  }

  void number(Word& word) {
    word.kind = Word::Kind::kInteger;
    while (digit(at(here_))) word.text += at(here_++);
    if (at(here_) == '.') {
      word.kind = Word::Kind::kReal;
      word.text += at(here_++);
      while (digit(at(here_))) word.text += at(here_++);
    }
    const std::size_t sign = at(here_ + 1) == '+' || at(here_ + 1) == '-' ? 1 : 0;
    if ((at(here_) == 'e' || at(here_) == 'E') && digit(at(here_ + 1 + sign))) {
      word.kind = Word::Kind::kReal;
      word.text += text_.substr(here_, 1 + sign);
      here_ += 1 + sign;
      while (digit(at(here_))) word.text += at(here_++);
    }
  }

  void symbol(Word& word) {
    word.kind = Word::Kind::kSymbol;
    for (const std::string_view two : {"<>", "!=", "<=", ">=", "||"}) {
      if (text_.substr(here_, 2) == two) word.text = two;
    }
    if (word.text.empty()) {
      if (std::string_view("+-*/(),.<>=;").find(at(here_)) == std::string_view::npos) {
        throw AdqlError("Incorrect character encountered at l." + std::to_string(word.line) + ", c." +
                        std::to_string(word.column) + ": '" + at(here_) + "' !");
      }
      word.text = std::string(1, at(here_));
    }
    here_ += word.text.size();
  }

  std::string_view text_;
  std::size_t here_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Word> split_words(std::string_view text) { return Splitter(text).run(); }

}  // namespace esofs::sim::tap
