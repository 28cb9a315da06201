# shellcheck shell=sh
# clock_is_ours: may this machine set its clock? A container has that of its
# host. Bit 25 is CAP_SYS_TIME; in a user namespace even that moves no clock.
clock_is_ours() {
    effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    [ $((0x$effective & 0x2000000)) -ne 0 ] &&
        grep -q '^ *0 *0 *4294967295$' /proc/self/uid_map
}
