# Whom chrony asks, and its start. It answers nobody: without "allow" it opens
# no port but that of chronyc, on the loopback address.

# shellcheck source=/dev/null
. "$EC_FILES/clock.sh"
if ! clock_is_ours; then
    notice info "the clock of $EC_NODE is that of its host, so the role ntp has nothing to set"
    unchanged
    exit 0
fi

machine=$(cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/chassis_asset_tag 2>/dev/null || true)
pool=debian
[ "$EC_OS_ID" = debian ] || pool=$EC_OS_ID

sources=
if [ -n "$EC_PARAM_SERVERS" ]; then
    for server in $EC_PARAM_SERVERS; do
        case $server in
            *[!A-Za-z0-9.:-]*) die "\"$server\" is no name or address of a time server: write one like \"ntp.example.org\"" ;;
        esac
        sources="${sources}server $server iburst
"
    done
else
    case $machine in
        *"Amazon EC2"*) sources="server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4" ;;
        *Google*) sources="server metadata.google.internal prefer iburst" ;;
        *7783-7084-3265-9085-8269-3286-77*) # Azure; the clock of the host comes as a device
            if [ -e /dev/ptp_hyperv ]; then
                sources="refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
            fi
            ;;
    esac
fi

file_put /etc/chrony/chrony.conf 0644 root:root <<END
# Written by ecluster.
${sources:-pool 2.$pool.pool.ntp.org iburst}

keyfile /etc/chrony/chrony.keys
driftfile /var/lib/chrony/chrony.drift
ntsdumpdir /var/lib/chrony
logdir /var/log/chrony
maxupdateskew 100.0
rtcsync
# A clock that is wrong at boot is set at once; later it is only slewed.
makestep 1 3
confdir /etc/chrony/conf.d
END

unit enable chrony.service
unit restart chrony.service
