# fish completion for the streamlog tools: the tool itself says what may come next, as lines value<TAB>description.
# Where it has nothing to say, file names are offered.
function __sl_answers
    set -l tokens (commandline -opc)
    set -l current (commandline -ct)
    set -l answers (timeout 2 $tokens[1] __complete -- $tokens[2..-1] "$current" 2>/dev/null </dev/null)
    if test (count $answers) -gt 0
        printf '%s\n' $answers
    else
        __fish_complete_path "$current"
    end
end
for tool in sl-topic sl-group sl-query sl-produce sl-consume streamlogd
    complete -c $tool -f -a '(__sl_answers)'
end
