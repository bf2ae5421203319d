"""The table: what was measured, what it is held against (in the same run), and what the project means to reach."""
import shutil
import sys


class Table:
    def __init__(self):
        self.widths = [38, 30, 40, 22]
        self.missed = []

    def head(self, text):
        print(f"\n{text}")
        self._line(["", "measured", "beside it, in the same run", "aim"])
        sys.stdout.flush()

    def row(self, what, measured, beside="", aim="", holds=None):
        """`holds`: whether the aim is met, where there is one."""
        mark = "" if holds is None else (" ✓" if holds else " ✗")
        if holds is False:
            self.missed.append(what)
        self._line([what, measured, beside, aim + mark])
        sys.stdout.flush()

    def skip(self, what, why):
        self._line([what, f"skipped: {why}", "", ""])

    def _line(self, cells):
        print("  " + " ".join(cell.ljust(width) for cell, width in zip(cells, self.widths)).rstrip())

    def end(self):
        print()
        if self.missed:
            print("Not reached in this run: " + ", ".join(self.missed) + ".")


def have(program):
    return shutil.which(program) is not None
