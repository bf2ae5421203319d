// A terminal's line with editing, history and completion, by libedit. Reading blocks: it belongs into the pool.
#pragma once
#include <memory>
#include <string>
#include <vector>

struct editline;
struct history;

namespace sl::tools::query {

class LineEditor {
 public:
  struct Line {
    enum class Kind : uint8_t { kText, kInterrupted, kEnd };  // a line, Ctrl-C, Ctrl-D
    Kind kind = Kind::kEnd;
    std::string text;  // without the line's end
  };

  // `history_file` may be empty: then the history ends with the program.
  explicit LineEditor(std::string history_file);
  LineEditor(const LineEditor&) = delete;
  ~LineEditor();

  // `names` are what the tabulator completes besides keywords.
  Line read(std::string prompt, std::vector<std::string> names);
  // The terminal as it was before; from another thread, where the program must end while read() waits.
  void restore_terminal();

 private:
  static char* prompt_of(editline* el);
  static unsigned char complete(editline* el, int);
  static unsigned char interrupt(editline* el, int);

  std::string history_file_;
  std::string prompt_;
  std::vector<std::string> names_;
  bool interrupted_ = false;
  editline* editor_ = nullptr;
  history* history_ = nullptr;
};

}  // namespace sl::tools::query
