# Replaces each line `%options PATH` of a scdoc page by what the tool declares for that command. The declaration (file
# `cli`) is tab-separated: path, names, value name, default, description, group, environment variable; a line without
# names is the command itself.

function escaped(text) {
  gsub(/\\/, "\\\\\\\\", text)
  gsub(/[*_+~<>#|[]/, "\\\\&", text)
  return text
}

function ended(text) {
  if (text !~ /[.!?]$/) text = text "."
  return text
}

# scdoc's definition list: a bold line, then an indented one.
function entry(names, value, fallback, description, variable,    line, n, i, part) {
  n = split(names, part, /, */)
  line = ""
  for (i = 1; i <= n; i++) line = line (i > 1 ? ", " : "") "*" escaped(part[i]) "*"
  if (value != "" && names ~ /^-/) line = line " _" escaped(value) "_"
  print line
  description = ended(escaped(description))
  if (fallback != "") description = description " Default: " escaped(fallback) "."
  if (variable != "") description = description " Environment: *" escaped(variable) "*."
  print "\t" description
  print ""
}

BEGIN {
  FS = "\t"
  while ((getline line < cli) > 0) {
    split(line, field, "\t")
    if (field[2] == "") continue
    count[field[1]]++
    row[field[1], count[field[1]]] = line
  }
  close(cli)
}

/^%options / {
  path = substr($0, 10)
  if (!(path in count)) { print "no such command in the declaration: " path > "/dev/stderr"; exit 1 }
  last_group = ""
  for (k = 1; k <= count[path]; k++) {
    split(row[path, k], field, "\t")
    # Every command takes --help; the page says so once.
    if (path ~ / / && field[2] ~ /--help$/) continue
    if (field[6] != last_group && field[6] != "" && field[6] != "Options") print "_" escaped(field[6]) "_\n"
    last_group = field[6]
    entry(field[2], field[3], field[4], field[5], field[7])
  }
  next
}

# Of two lines, `# What it does (what it takes)` and `#key = default`.
/^%settings/ {
  while ((getline line < settings) > 0) {
    if (line ~ /^# /) {
      description = substr(line, 3)
      match(description, / \([^()]*\)$/)
      takes = substr(description, RSTART + 2, RLENGTH - 3)
      description = substr(description, 1, RSTART - 1)
    } else if (line ~ /^#/) {
      split(substr(line, 2), part, " = ")
      print "*" escaped(part[1]) "* (" escaped(takes) ")"
      fallback = part[2] == "" || part[2] == "\"\"" ? "" : " Default: " escaped(part[2]) "."
      print "\t" ended(escaped(description)) fallback "\n"
    }
  }
  next
}
{ print }
