/** @file The scripts of `ocellus completion`: each hands the words up to the cursor to `ocellus complete`. */

const $ = '$';

const bash = String.raw`# bash completion for ocellus
_ocellus() {
  local line files=
  local -a words=("${$}{COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1
    elif [[ -n $line ]]; then COMPREPLY+=("${$}{line%%$'\t'*}")
    fi
  done < <("${$}{COMP_WORDS[0]}" complete -- "${$}{words[@]}" 2>/dev/null)
  # Where there is no word, bash offers files.
  [[ $files ]] || compopt +o default 2>/dev/null
}
complete -o default -F _ocellus ocellus
`;

const zsh = String.raw`#compdef ocellus
_ocellus() {
  local line files=
  local -a found
  for line in "${$}{(@f)$("${$}{(Q)words[1]}" complete -- "${$}{(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then files=1
    elif [[ -n $line ]]; then found+=("${$}{${$}{${$}{line//:/\\:}/$'\t'/:}%:}")
    fi
  done
  (( $#found )) && _describe ocellus found
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _ocellus ]]; then _ocellus; else compdef _ocellus ocellus; fi
`;

const fish = `# fish completion for ocellus
function __ocellus_complete
  set -l tokens (commandline -opc) (commandline -ct)
  for line in ($tokens[1] complete -- $tokens[2..] 2>/dev/null)
    if test "$line" = ':files'
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c ocellus -f -a '(__ocellus_complete)'
`;

export const completionScripts = { bash, zsh, fish };
