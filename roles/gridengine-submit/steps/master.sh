# Where qmaster is. On the frontend qmaster itself writes the file, with its
# full name.

file=/var/lib/gridengine/default/common/act_qmaster
if [ "$(sed 's/\..*//' "$file" 2>/dev/null)" != "$EC_FRONTEND" ]; then
    echo "$EC_FRONTEND" >"$file.new"
    mv "$file.new" "$file"
fi
chown sgeadmin:sgeadmin "$file"
