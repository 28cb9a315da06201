# Prometheus, what nodes announce themselves to, and the page. Its package comes
# here and not with those of all nodes, which need none of it.

[ "$EC_IS_FRONTEND" = true ] || exit 0

units=/etc/systemd/system
config=/etc/prometheus/ecluster
nodes=/var/lib/prometheus/ecluster

duration() {
    echo "$2" | grep -qxE '[1-9][0-9]*(s|m|h|d|w|y)' ||
        die "$1 = \"$2\" is no length of time for Prometheus: write a number and s, m, h, d, w or y, as in \"$3\""
}
duration interval "$EC_PARAM_INTERVAL" 15s
duration retention "$EC_PARAM_RETENTION" 15d

pkg installed prometheus || pkg install prometheus
install -d -m 0755 "$config"
install -d -m 0755 -o prometheus -g prometheus "$nodes"

put() { file_put "$2" "$3" "${4:-root:root}" <"$1"; }
put "$EC_SECRETS/monitoring_key" "$config/key" 0640 root:prometheus
put "$EC_FILES/register.sh" /usr/local/lib/ecluster/monitoring-register 0755
put "$EC_FILES/tidy.sh" /usr/local/lib/ecluster/monitoring-tidy 0755
put "$EC_FILES/tidy.service" "$units/ecluster-monitoring-tidy.service" 0644
put "$EC_FILES/tidy.timer" "$units/ecluster-monitoring-tidy.timer" 0644
put "$EC_FILES/register.service" "$units/ecluster-register@.service" 0644
put "$EC_FILES/register.socket" "$units/ecluster-register.socket" 0644
put "$EC_FILES/cluster.html" "$config/cluster.html" 0644

CHANGED=''
put "$EC_FILES/rules.yml" "$config/rules.yml" 0644
file_put "$config/prometheus.yml" 0644 root:root <<END
# Written by ecluster.
global:
  scrape_interval: $EC_PARAM_INTERVAL
  evaluation_interval: $EC_PARAM_INTERVAL
rule_files: ["$config/rules.yml"]
scrape_configs:
  - job_name: node
    file_sd_configs:
      - files: ["$nodes/*.json"]
  - job_name: prometheus
    static_configs:
      - targets: ["127.0.0.1:9090"]
END
reload=$CHANGED
promtool check config "$config/prometheus.yml"

CHANGED=''
file_put "$config/arguments" 0644 root:root <<END
ARGS="--config.file=$config/prometheus.yml --web.listen-address=127.0.0.1:9090 --web.console.templates=$config --storage.tsdb.retention.time=$EC_PARAM_RETENTION"
END
file_put "$units/prometheus.service.d/ecluster.conf" 0644 root:root <<END
# Written by ecluster: for this machine only; SSH carries it further.
[Service]
EnvironmentFile=$config/arguments
END
if [ -n "$CHANGED" ]; then
    unit enable prometheus.service
    unit restart prometheus.service
elif ! unit active prometheus.service; then
    unit start prometheus.service
elif [ -n "$reload" ]; then
    unit reload prometheus.service
fi
unit start ecluster-monitoring-tidy.timer
