# Tells slurmdbd the QOS, accounts and users of the spec: one look at what it
# has, one batch of changes. What the spec no longer has goes, if it came from
# here; what an administrator added stays.

[ "$EC_PARAM_ACCOUNTING" = true ] || exit 0

wanted=/etc/slurm/ecluster/policies
applied=/var/lib/ecluster/slurm.policies
work=$EC_DIR/policies

[ -e "$applied" ] || : >"$applied"
if ! [ -s "$wanted" ] && ! [ -s "$applied" ]; then exit 0; fi

rm -rf "$work"
mkdir "$work"
list() { sacctmgr --noheader --parsable2 list "$@"; }
list qos format=name | sed 's/^/have|qos|/' >"$work/have"
list associations where cluster="$EC_PARAM_CLUSTER_NAME" format=account,user,parentname | sed 's/^/have|assoc|/' >>"$work/have"

{
    tr '|' '\t' <"$work/have"
    sed 's/^/old\t/' "$applied"
    sed 's/^/new\t/' "$wanted"
} | awk -F '\t' -v work="$work" -v cluster="$EC_PARAM_CLUSTER_NAME" -v login="$EC_LOGIN_USER" '
    # sacctmgr takes the quotes off again where a text may have blanks only.
    function settings(from,    i, at, out) {
        for (i = from; i <= NF; i++) {
            at = index($i, "=")
            out = out " " ($i ~ / / ? substr($i, 1, at) "\"" substr($i, at + 1) "\"" : $i)
        }
        return out
    }
    function change(command) { print command >(work "/change") }
    function remove(command) { print command >(work "/remove") }
    function has(kind, a, b) { return (kind, a, b) in have }

    $1 == "have" {
        have[$2, $3, $4] = 1
        if ($2 == "qos") all[++nall] = $3
        else if ($4 == "") parent[$3] = $5
        next
    }
    $1 == "old" { old[++nold] = $2 FS $3 FS $4; next }
    { wanted[$2, $3, $2 == "user" ? $4 : ""] = 1 }
    $2 == "qos" {
        if (!has("qos", $3)) { change("add qos " $3); all[++nall] = $3 }
        if (NF > 3) later[++nlater] = "modify qos " $3 " set" settings(4)
    }
    $2 == "account" {
        if (!has("assoc", $3)) later[++nlater] = "add account " $3 " parent=" $4 " cluster=" cluster
        else if (parent[$3] != $4) later[++nlater] = "modify account " $3 " set parent=" $4 " where cluster=" cluster
        if (NF > 4) later[++nlater] = "modify account " $3 " set" settings(5) " where cluster=" cluster
    }
    $2 == "user" {
        if (!has("assoc", $4, $3)) later[++nlater] = "add user " $3 " account=" $4 " cluster=" cluster
        if (!($3 in first)) {
            first[$3] = $4
            later[++nlater] = "modify user " $3 " set defaultaccount=" $4 " where cluster=" cluster
        }
    }
    END {
        # Whoever has no list of their own may use every QOS.
        for (i = 1; i <= nold; i++) {
            split(old[i], o, FS)
            if (o[1] == "qos" && !(("qos", o[2], "") in wanted)) going[o[2]] = 1
        }
        for (i = 1; i <= nall; i++) if (!(all[i] in going)) names = names "," all[i]
        change("modify cluster " cluster " set qos=" substr(names, 2))
        for (i = 1; i <= nlater; i++) change(later[i])

        for (i = nold; i > 0; i--) {
            split(old[i], o, FS)
            if (o[1] == "user" && !(("user", o[2], o[3]) in wanted) && has("assoc", o[3], o[2])) {
                if (o[2] == login && !(login in first)) change("modify user " login " set defaultaccount=users where cluster=" cluster)
                remove("delete user " o[2] " account=" o[3] " cluster=" cluster)
            }
            if (o[1] == "account" && !(("account", o[2], "") in wanted) && has("assoc", o[2])) remove("delete account " o[2] " cluster=" cluster)
            if (o[1] == "qos" && o[2] != "normal" && o[2] in going && has("qos", o[2])) remove("delete qos " o[2])
        }
    }
'

# tell FILE hands commands to sacctmgr, and shows what it said.
tell() {
    sacctmgr --immediate <"$1" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
}
tell "$work/change" ||
    die "slurmdbd refused a QOS or an account of the spec: $(grep -v '^sacctmgr:' "$work/said" | grep -m 1 -iE 'error|unknown|invalid|bad|problem|no such|must|not ' || tail -n 1 "$work/said")"

cp "$wanted" "$applied.new"
if [ -e "$work/remove" ] && ! tell "$work/remove"; then
    notice warning "some QOS, accounts or users that the spec no longer has are still in use and stay; the next change of the spec tries again (see the log)"
    grep -vxFf "$wanted" "$applied" >>"$applied.new" || :
fi
mv "$applied.new" "$applied"
