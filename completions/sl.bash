# bash completion for the streamlog tools                                              -*- shell-script -*-
# The tool itself says what may come next, as lines value<TAB>description; this only hands the words over. The hard
# thing is that readline cuts words at `=` and `:`, so what stands before the last of them is taken off the answers.
_sl_complete() {
    local cur words cword line out lead=''
    if declare -F _get_comp_words_by_ref > /dev/null; then
        _get_comp_words_by_ref -n =: cur words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
    fi
    out=$(timeout 2 "${words[0]}" __complete -- "${words[@]:1:cword}" 2> /dev/null < /dev/null) || return 0
    if [[ $cur == *[=:]* ]]; then lead=${cur%"${cur##*[=:]}"}; fi
    COMPREPLY=()
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        [[ -n $line ]] || continue
        line=${line#"$lead"}
        printf -v line %q "$line"
        COMPREPLY+=("$line")
    done <<< "$out"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2> /dev/null; fi
    return 0
}
complete -o default -F _sl_complete sl-topic sl-group sl-query sl-produce sl-consume streamlogd
