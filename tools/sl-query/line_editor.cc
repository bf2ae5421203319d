#include "tools/sl-query/line_editor.h"

#include <histedit.h>

#include <clocale>
#include <cstdio>

#include "query/utf8.h"
#include "tools/sl-query/completion.h"

namespace sl::tools::query {
namespace {

constexpr int kHistoryLines = 1000;

LineEditor* owner(EditLine* el) {
  void* self = nullptr;
  el_get(el, EL_CLIENTDATA, &self);
  return static_cast<LineEditor*>(self);
}

}  // namespace

LineEditor::LineEditor(std::string history_file) : history_file_(std::move(history_file)) {
  // libedit counts a character's bytes by the locale.
  std::setlocale(LC_CTYPE, "");
  editor_ = el_init("sl-query", stdin, stdout, stderr);
  history_ = history_init();
  HistEvent event;
  history(history_, &event, H_SETSIZE, kHistoryLines);
  history(history_, &event, H_SETUNIQUE, 1);
  if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());
  if (!editor_) return;
  el_set(editor_, EL_CLIENTDATA, this);
  el_set(editor_, EL_PROMPT, &LineEditor::prompt_of);
  el_set(editor_, EL_HIST, history, history_);
  el_set(editor_, EL_EDITOR, "emacs");
  el_set(editor_, EL_ADDFN, "sl-complete", "Completes a name or keyword", &LineEditor::complete);
  el_set(editor_, EL_ADDFN, "sl-interrupt", "Gives the statement up", &LineEditor::interrupt);
  el_set(editor_, EL_BIND, "^I", "sl-complete", nullptr);
  // Ctrl-C is a key while a line is edited, and a signal while a query runs.
  el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor_, EL_BIND, "^C", "sl-interrupt", nullptr);
  el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(editor_, nullptr);  // the user's ~/.editrc
}

LineEditor::~LineEditor() {
  HistEvent event;
  if (!history_file_.empty()) history(history_, &event, H_SAVE, history_file_.c_str());
  history_end(history_);
  if (editor_) el_end(editor_);
}

LineEditor::Line LineEditor::read(std::string prompt, std::vector<std::string> names) {
  prompt_ = std::move(prompt);
  names_ = std::move(names);
  interrupted_ = false;
  int length = 0;
  const char* text = editor_ ? el_gets(editor_, &length) : nullptr;
  if (interrupted_ || !text || length <= 0) {
    std::fputs(interrupted_ ? "^C\n" : "\n", stdout);
    std::fflush(stdout);
    return {interrupted_ ? Line::Kind::kInterrupted : Line::Kind::kEnd, {}};
  }
  std::string line(text, static_cast<size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  HistEvent event;
  if (line.find_first_not_of(" \t") != std::string::npos) history(history_, &event, H_ENTER, line.c_str());
  return {Line::Kind::kText, std::move(line)};
}

void LineEditor::restore_terminal() {
  if (editor_) el_set(editor_, EL_PREP_TERM, 0);
}

char* LineEditor::prompt_of(EditLine* el) {
  return owner(el)->prompt_.data();
}

unsigned char LineEditor::complete(EditLine* el, int) {
  const auto* line = el_line(el);
  std::string before(line->buffer, line->cursor);
  auto found = complete_word(before, owner(el)->names_);
  if (found.words.empty()) return CC_REFRESH_BEEP;
  auto prefix = word_at_end(before);
  bool whole = found.words.size() == 1;
  if (whole || found.common.size() > prefix.size()) {
    el_deletestr(el, static_cast<int>(sl::query::utf8_length(prefix)));
    el_insertstr(el, (found.common + (whole ? " " : "")).c_str());
    return CC_REFRESH;
  }
  std::fputc('\n', stdout);
  for (const auto& word : found.words) std::fprintf(stdout, "%s  ", word.c_str());
  std::fputc('\n', stdout);
  return CC_REDISPLAY;
}

unsigned char LineEditor::interrupt(EditLine* el, int) {
  owner(el)->interrupted_ = true;
  return CC_EOF;
}

}  // namespace sl::tools::query
