# Completion of keactrl for bash.

_keactrl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W 'start stop reload status version' -- "$word")
        return
    fi
    case $before in
        -c | --ctrl-config) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        -s | --server) mapfile -t COMPREPLY < <(compgen -W 'all dhcp4 dhcp6 dhcp_ddns netconf' -- "$word") ;;
        *) mapfile -t COMPREPLY < <(compgen -W '-c -s --' -- "$word") ;;
    esac
}

complete -F _keactrl keactrl
