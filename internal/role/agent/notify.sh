# shellcheck shell=sh
# What a changed file asks for: EC_NOTIFY is restart:UNIT or reload:UNIT.
unit "${EC_NOTIFY%%:*}" "${EC_NOTIFY#*:}"
