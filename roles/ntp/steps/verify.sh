# chronyd runs and has found the time.

# shellcheck source=/dev/null
. "$EC_FILES/clock.sh"
clock_is_ours || exit 0

running=$(systemctl is-active chrony.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "chrony was not running on $EC_NODE; it was started"
    unit start chrony.service
fi
wait_for 20 "chronyd (see journalctl -u chrony on $EC_NODE)" chronyc -n tracking
if chronyc -n tracking | grep -q '^Leap status *: Not synchronised'; then
    notice info "chrony has no time for $EC_NODE yet: \"chronyc sources\" there shows whom it asks"
fi
