# Each user of this cluster may store so much. Quotas belong to the whole file
# system that the folder lies on.

kib() {
    case $1 in
        *M) echo $((${1%M} * 1024)) ;;
        *G) echo $((${1%G} * 1024 * 1024)) ;;
        *T) echo $((${1%T} * 1024 * 1024 * 1024)) ;;
        *) die "quota = \"$1\" of $EC_PARAM_PATH is no size; write a whole number of M, G or T, as in \"10G\"" ;;
    esac
}
limit=$(kib "$EC_PARAM_QUOTA")

where=$(findmnt -n -o TARGET -T "$EC_PARAM_PATH")
kind=$(findmnt -n -o FSTYPE -T "$EC_PARAM_PATH")
options=$(findmnt -n -o OPTIONS -T "$EC_PARAM_PATH")
made=''

case $kind in
    ext4 | xfs) ;;
    *) die "$EC_PARAM_PATH on $EC_NODE is on $kind, which has no quotas: give it disks of its own, disks = [\"auto\"], or remove quota" ;;
esac
case ,$options, in
    *,usrquota,* | *,quota,* | *,uquota,* | *,usrjquota=*) ;;
    *)
        [ "$kind" = ext4 ] ||
            die "$where on $EC_NODE is mounted without quotas, and xfs can't turn them on later: give $EC_PARAM_PATH disks of its own, disks = [\"auto\"], or remove quota"
        mount -o remount,usrquota "$where" || die "can't turn quotas on for $where on $EC_NODE"
        made=1
        ;;
esac

on() { quotaon -pu "$where" 2>/dev/null | grep -qE 'is on|accounting on|enforced'; }
if ! on; then
    if [ "$kind" = ext4 ]; then
        modprobe -q quota_v2 2>/dev/null || :
        [ -e "$where/aquota.user" ] || quotacheck -cum "$where" ||
            die "can't count what users have on $where of $EC_NODE"
    fi
    quotaon -u "$where" || die "the kernel of $EC_NODE can't turn quotas on for $where; remove quota, or use another image"
    made=1
fi

# A boot turns them on again, where fstab mounts the file system.
fstab=$(awk -v path="$where" '$1 !~ /^#/ && $2 == path && $4 !~ /quota/ { $4 = $4 ",usrquota" } { print }' /etc/fstab)
file_put /etc/fstab 0644 root:root <<END
$fstab
END

# The limits that are set already, as "name KiB".
have=$(repquota -u "$where" 2>/dev/null | awk 'NF >= 8 && $2 ~ /^[+-][+-]$/ { print $1, $5 }')
users=$(awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd)
for user in $users; do
    case "
$have
" in *"
$user $limit
"*) continue ;; esac
    setquota -u "$user" "$limit" "$limit" 0 0 "$where" || die "can't limit what $user stores on $where of $EC_NODE"
    made=1
done
[ -n "$made$CHANGED" ] || unchanged
